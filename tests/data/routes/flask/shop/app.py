from flask import Flask, jsonify
from flask.views import MethodView, View

from shop.api import blueprint, register_extra
from shop.pages import pages
from shop.settings import Settings


class Plain(View):
    methods = ["GET", "POST"]

    def dispatch_request(self):
        return "plain"


class Item(MethodView):
    init_every_request = False

    def get(self, id):
        return {}

    def patch(self, id):
        return {}


class Group(MethodView):
    def get(self):
        return []

    def post(self):
        return {}


def register_api(app, name):
    app.add_url_rule(f"/{name}/<int:id>", view_func=Item.as_view(f"{name}-item"))
    app.add_url_rule(f"/{name}/", view_func=Group.as_view(f"{name}-group"))


def create_app(settings=Settings):
    app = Flask(__name__, static_folder=None)
    app.config.from_object(settings)
    app.register_blueprint(pages)
    app.register_blueprint(pages, url_prefix="/copy", name="copy")
    app.register_blueprint(blueprint)
    register_api(app, "things")
    register_extra(app)
    app.add_url_rule("/plain", view_func=Plain.as_view("plain"))

    @app.route("/health")
    @app.route("/healthz")
    def health():
        return jsonify(ok=True)

    @app.get("/cats/<any(black, white):colour>")
    def cat(colour):
        return colour

    return app
