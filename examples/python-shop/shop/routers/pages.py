from fastapi import APIRouter

router = APIRouter()
PAGE = 20


def page_of(items: list, page: int) -> list:
    return items[page * PAGE : (page + 1) * PAGE]


@router.get("/pages/size")
def page_size() -> int:
    return PAGE
