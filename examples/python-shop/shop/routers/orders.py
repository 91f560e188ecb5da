from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.database import get_session
from shop.dependencies import order_service
from shop.models import Order, OrderLine, Product
from shop.schemas import NewOrder
from shop.services.orders import OrderService

router = APIRouter(prefix="/orders")


@router.post("")
def place_order(new: NewOrder, orders: OrderService = Depends(order_service)):
    return orders.place(new)


@router.get("/count")
def count_orders(session: Session = Depends(get_session)):
    return session.scalar(select(func.count(Order.id)))  # expect: data-access-in-handler


@router.get("/{order_id}")
def read_order(order_id: int, orders: OrderService = Depends(order_service)):
    order = orders.get(order_id)
    if order is None:
        raise HTTPException(404)
    return order


@router.get("/of/{customer}")
def read_history(customer: str, page: int = 0, orders: OrderService = Depends(order_service)):
    return orders.history(customer, page)


@router.post("/{order_id}/lines")
def add_line(order_id: int, product_id: int, amount: int, session: Session = Depends(get_session)):
    order = session.get(Order, order_id)  # expect: data-access-in-handler
    product = session.get(Product, product_id)
    if order is None or product is None:
        raise HTTPException(404)
    if product.stock < amount:
        raise HTTPException(409)
    product.stock -= amount
    order.total += product.price * amount
    session.add(OrderLine(order_id=order.id, product_id=product.id, amount=amount))  # expect: business-logic-in-handler
    session.commit()
    return order
