from fastapi import APIRouter, Depends
from sqlalchemy import text
from sqlalchemy.orm import Session

from shop.database import get_session
from shop.dependencies import catalogue_service, product_repository
from shop.repositories.products import ProductRepository
from shop.schemas import NewProduct
from shop.services.catalogue import CatalogueService

router = APIRouter(prefix="/products")


@router.get("")
def list_products(order: str = "name", catalogue: CatalogueService = Depends(catalogue_service)):
    return catalogue.listing(order)


@router.get("/search")
def search_products(words: str, catalogue: CatalogueService = Depends(catalogue_service)):
    return catalogue.search(words)


@router.post("")
def add_product(new: NewProduct, catalogue: CatalogueService = Depends(catalogue_service)):
    return catalogue.add(new)


@router.get("/health")
def health(session: Session = Depends(get_session)):
    session.execute(text("SELECT 1"))
    return "ok"


@router.get("/{product_id}")
def read_product(product_id: int, products: ProductRepository = Depends(product_repository)):
    return products.get(product_id)  # expect: layer-skip
