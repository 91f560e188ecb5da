import stripe

from shop.settings import PAYMENT_KEY


def charge(customer: str, amount: int) -> str:
    stripe.api_key = PAYMENT_KEY
    return stripe.PaymentIntent.create(amount=amount, currency="eur", customer=customer).id
