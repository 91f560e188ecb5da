from shop.models import Order, OrderLine
from shop.repositories.orders import OrderRepository
from shop.repositories.products import ProductRepository
from shop.routers.pages import page_of  # expect: layer-violation
from shop.schemas import NewOrder
from shop.services.billing import charge


class OrderService:
    def __init__(self, orders: OrderRepository, products: ProductRepository):
        self.orders = orders
        self.products = products

    def place(self, new: NewOrder) -> Order:
        products = self.products.by_ids([line.product_id for line in new.lines])
        total = sum(products[line.product_id].price * line.amount for line in new.lines)
        lines = [OrderLine(product_id=line.product_id, amount=line.amount) for line in new.lines]
        charge(new.customer, total)
        return self.orders.add(Order(customer=new.customer, total=total, lines=lines))

    def get(self, order_id: int) -> Order | None:
        return self.orders.get(order_id)

    def history(self, customer: str, page: int) -> list[Order]:
        return page_of(self.orders.of_customer(customer), page)

    def weights(self, ids: list[int]) -> list[int]:
        return [len(self.orders.lines_of(order_id)) for order_id in ids]  # expect: n-plus-one

    def sizes(self, customer: str) -> list[int]:
        return [len(order.lines) for order in self.orders.of_customer(customer)]
