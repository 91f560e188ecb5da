from pydantic import BaseModel


class NewLine(BaseModel):
    product_id: int
    amount: int


class NewOrder(BaseModel):
    customer: str
    lines: list[NewLine]


class NewProduct(BaseModel):
    name: str
    price: int
