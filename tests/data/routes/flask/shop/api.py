from flask import Blueprint
from flask_restx import Api, Namespace, Resource

from shop import users

blueprint = Blueprint("api", __name__, url_prefix="/api")
api = Api(blueprint, doc="/docs")
dogs = Namespace("dogs", description="Dogs")
api.add_namespace(users.ns)
api.add_namespace(users.old, path="/old-users")
api.add_namespace(dogs)


class Base(Resource):
    def get(self, id):
        return {}


@dogs.route("/<int:id>", "/by-id/<int:id>")
class Dog(Base):
    def delete(self, id):
        return {}


class Walk(Resource):
    def put(self, id):
        return {}


dogs.add_resource(Walk, "/<int:id>/walk", endpoint="walk")
api.add_resource(Walk, "/walks/<int:id>", "/strolls/<int:id>")


def register_extra(app):
    extra = Api(app, prefix="/extra", doc=False)
    extra.add_resource(Walk, "/walk/<int:id>", endpoint="extra_walk")
