from flask_restx import Namespace, Resource

ns = Namespace("users")
old = Namespace("old", path="/ignored")


@ns.route("/")
class Users(Resource):
    def get(self):
        return []

    def post(self):
        return {}


@old.route("/<string:name>")
class Old(Resource):
    @old.doc("find")
    def get(self, name):
        return {}
