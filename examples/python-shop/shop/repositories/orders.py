from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from shop.models import Order, OrderLine


class OrderRepository:
    def __init__(self, session: Session):
        self.session = session

    def get(self, order_id: int) -> Order | None:
        return self.session.get(Order, order_id)

    def of_customer(self, customer: str) -> list[Order]:
        query = select(Order).where(Order.customer == customer).options(selectinload(Order.lines))
        return list(self.session.scalars(query))

    def lines_of(self, order_id: int) -> list[OrderLine]:
        return list(self.session.scalars(select(OrderLine).where(OrderLine.order_id == order_id)))

    def add(self, order: Order) -> Order:
        self.session.add(order)
        self.session.commit()
        return order
