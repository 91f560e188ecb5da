from fastapi import FastAPI

from shop.routers import orders, pages, products

app = FastAPI()
app.include_router(orders.router)
app.include_router(products.router)
app.include_router(pages.router)
