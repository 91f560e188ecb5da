from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shop.models import Product

ORDERS = {"name": "name", "price": "price"}


class ProductRepository:
    def __init__(self, session: Session):
        self.session = session

    def by_ids(self, ids: list[int]) -> dict[int, Product]:
        found = self.session.scalars(select(Product).where(Product.id.in_(ids)))
        return {product.id: product for product in found}

    def get(self, product_id: int) -> Product | None:
        return self.session.get(Product, product_id)

    def search(self, words: str) -> list:
        return self.session.execute(text(f"SELECT * FROM products WHERE name ILIKE '%{words}%'")).all()  # expect: sql-injection

    def listing(self, order: str) -> list:
        column = ORDERS.get(order, "name")
        return self.session.execute(text(f"SELECT * FROM products ORDER BY {column}")).all()

    def cheaper_than(self, price: int) -> list:
        return self.session.execute(text("SELECT * FROM products WHERE price < :price"), {"price": price}).all()

    def add(self, product: Product) -> Product:
        self.session.add(product)
        self.session.commit()
        return product
