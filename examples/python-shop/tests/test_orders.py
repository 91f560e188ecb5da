from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from shop.models import Base, Product
from shop.repositories.products import ProductRepository


def test_products_by_ids():
    engine = create_engine("postgresql://shop:shop@localhost/test")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for id in [1, 2, 3]:
            session.add(Product(id=id, name="bread", price=300, stock=1))
        session.commit()
        assert set(ProductRepository(session).by_ids([1, 3])) == {1, 3}
