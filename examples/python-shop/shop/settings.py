import os

DATABASE_URL = os.environ["DATABASE_URL"]
PAYMENT_KEY = os.environ["PAYMENT_KEY"]
SESSION_SECRET = "f1c6a0b34e9d72586b1e0c9a7d3f8425"  # expect: hardcoded-secret
SESSION_SECRET_NAME = "shop/session-secret"
PASSWORD_MIN_LENGTH = 12
