from collections.abc import Iterator

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from shop.settings import DATABASE_URL

engine = create_engine(DATABASE_URL)
make_session = sessionmaker(engine)


def get_session() -> Iterator[Session]:
    with make_session() as session:
        yield session
