from flask import Blueprint

pages = Blueprint("pages", __name__, url_prefix="/pages")
inner = Blueprint("inner", __name__, url_prefix="/inner")


@pages.route("/", defaults={"number": 1})
@pages.route("/<int:number>", methods=["GET", "PUT"])
def page(number):
    return str(number)


@inner.post("/add")
def add():
    return ""


pages.register_blueprint(inner)
