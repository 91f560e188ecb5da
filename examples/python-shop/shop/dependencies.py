from fastapi import Depends
from sqlalchemy.orm import Session

from shop.database import get_session
from shop.repositories.orders import OrderRepository
from shop.repositories.products import ProductRepository
from shop.services.catalogue import CatalogueService
from shop.services.orders import OrderService


def order_service(session: Session = Depends(get_session)) -> OrderService:
    return OrderService(OrderRepository(session), ProductRepository(session))


def catalogue_service(session: Session = Depends(get_session)) -> CatalogueService:
    return CatalogueService(ProductRepository(session))


def product_repository(session: Session = Depends(get_session)) -> ProductRepository:
    return ProductRepository(session)
