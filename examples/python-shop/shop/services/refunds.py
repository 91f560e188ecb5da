import stripe  # expect: contract


def refund(payment: str) -> None:
    stripe.Refund.create(payment_intent=payment)
