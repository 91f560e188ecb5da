from shop.models import Product
from shop.repositories.products import ProductRepository
from shop.schemas import NewProduct


class CatalogueService:
    def __init__(self, products: ProductRepository):
        self.products = products

    def search(self, words: str) -> list:
        return self.products.search(words)

    def listing(self, order: str) -> list:
        return self.products.listing(order)

    def add(self, new: NewProduct) -> Product:
        return self.products.add(Product(name=new.name, price=new.price, stock=0))
