//! What makes routes, routers and mounts, as knowledge says it.

use serde::{Deserialize, Serialize};

use super::knowledge::ArgumentRef;

/// How functions become handlers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteFact {
    /// HTTP methods; empty: the last name of the API in upper case (`get` → `GET`), `*` for any.
    pub methods: Vec<String>,
    /// The argument that lists the methods (`methods=["GET", "POST"]`), which wins over `methods` where it is given.
    pub methods_from: Option<ArgumentRef>,
    /// Where the path stands.
    pub path: Option<ArgumentRef>,
    /// Of which call `path` is an argument.
    pub path_of: PathPlace,
    /// The argument that is what another call makes of the route's description; `path` and `methods_from` are arguments of that call:
    /// `app.openapi(createRoute({ method: "get", path: "/a" }), handler)`.
    pub described_by: Option<ArgumentRef>,
    /// Which arguments are handlers when this is a registration call; `None` when it is a decorator, attribute or method decorator.
    pub handlers: Option<Handlers>,
    /// Access paths (instances) of the handler's parameters by position, e.g. `express.Request()`.
    pub params: Vec<String>,
    /// Text parameters of the handler are request data (FastAPI, Flask URL captures, Django views' keyword arguments).
    pub params_are_sources: bool,
    /// A middleware registration (`app.use`) rather than a route: its functions get role middleware.
    pub middleware: bool,
    /// Where the two first arguments are texts, the first is the route's name and the second its path: `router.get("home", "/", show)`.
    pub named: bool,
    /// The arguments after the path are paths too, where they are texts: `@ns.route("/a", "/b")`.
    pub more_paths: bool,
    /// The API decorates a method of a class that is registered as a whole, and makes it a route below the class's path; below that of one
    /// item where this argument is true: `@action(detail=True)`. Without a path of its own, the name of the method is the path.
    pub detail: Option<ArgumentRef>,
    /// Handlers by the names of methods, where the class is registered under one path: those whose path goes on.
    pub item_members: Vec<String>,
    /// How it goes on: `{pk}/`.
    pub item_path: String,
    /// Attributes of the class that name the variable of `item_path` otherwise, the strongest first.
    pub item_names: Vec<String>,
    /// Not empty: the API is a base class, and the methods of these names in its subclasses are the handlers (Flask's `MethodView`,
    /// DRF's `ViewSet`). With empty `methods` the name of the member is the HTTP method.
    pub members: Vec<String>,
}

/// What makes a router: something that routes are registered on, and that may be mounted under a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterFact {
    /// The arguments that may be the prefix of all its routes.
    pub prefix: Vec<ArgumentRef>,
    /// The argument that, after a slash, is the prefix where none is given.
    pub name: Option<ArgumentRef>,
    /// The arguments that may be the router it is mounted into.
    pub within: Vec<ArgumentRef>,
    /// Nothing has to mount it: an application.
    pub root: bool,
    /// The API decorates a class, whose methods are the routes (a controller).
    pub decorates: bool,
    /// A variable named after this argument stands behind the prefix: `NestedSimpleRouter(parent, "orders", lookup="order")` has its routes
    /// below `orders/{order_pk}`.
    pub item: Option<ArgumentRef>,
    /// The argument that, when false, takes the slash at the end from paths: `SimpleRouter(trailing_slash=False)`.
    pub slash: Option<ArgumentRef>,
}

/// What a call does to routers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MountKind {
    /// Mounts the routers among its arguments into its receiver; without a receiver, into the router around it: `path("api/", include(urls))`.
    #[default]
    Into,
    /// Its receiver has a prefix from now on: `router.prefix("/x")`.
    Prefix,
    /// Gives a router that is its receiver under a prefix: `new Hono().basePath("/x")`.
    Derives,
    /// Puts a prefix before every route of the package: `app.setGlobalPrefix("api")`.
    Global,
}

/// How routers are mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountFact {
    pub kind: MountKind,
    /// The argument that is the router; without it, every argument that is one.
    pub router: Option<ArgumentRef>,
    /// The arguments that may be the prefix.
    pub prefix: Vec<ArgumentRef>,
    /// The prefix stands for the router's own, where it is given.
    pub replaces: bool,
    /// `global`: the argument that lists paths without the prefix.
    pub except: Option<ArgumentRef>,
    /// Where what is listed there is an object: the key of its path, and that of the one method it speaks of.
    pub except_path: Option<String>,
    pub except_method: Option<String>,
}

/// What a parameter of a handler takes of the request, by its decorator or its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    Body,
    Query,
    /// Headers, parts of the path, the address: nothing of the query or the body.
    Other,
}

/// What else says where routes stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Layout {
    /// Puts the version of each controller into its paths: `app.enableVersioning({ type: VersioningType.URI, defaultVersion: "1" })`.
    Versions {
        /// The argument that says where versions stand, and the last names of values with which they stand in no path.
        stands: ArgumentRef,
        unless: Vec<String>,
        /// What is written before the number, by argument and without one.
        prefix: ArgumentRef,
        word: String,
        /// The argument that is the version of what has none.
        default: ArgumentRef,
    },
    /// Gives a controller or a method its versions: `@Version("2")`.
    Version { argument: ArgumentRef },
    /// Puts prefixes before the controllers of modules, by keys of objects in lists: `RouterModule.register([{ path, module, children }])`.
    Modules { path: String, module: String, children: String },
    /// Decorates a class with the list of controllers it holds: `@Module({ controllers: [] })`.
    Holds { argument: ArgumentRef },
    /// What this gives is mounted without the prefix: a plugin made by `fastify-plugin`.
    Open,
    /// A plugin that mounts the plugins in the files of a folder, each below the folders it stands in. The arguments are those of the call
    /// that mounts it.
    Folder {
        folder: ArgumentRef,
        prefix: ArgumentRef,
        /// The exported text that stands for the folder's name.
        own: String,
    },
}

/// Of which call the path of a route is an argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathPlace {
    /// The registration or decorator itself: `app.get("/x", h)`.
    #[default]
    Own,
    /// The call that made the receiver: `router.route("/x").get(h)`.
    Receiver,
    /// The call in whose arguments the registration stands, `Router::new().route("/x", get(h))`, or that call's receiver,
    /// `web::resource("/x").route(web::get().to(h))`.
    Around,
}

/// Which arguments of a registration call are handlers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handlers {
    /// Every function-valued argument (also inside arrays); the last one is the handler, the ones before it are middleware.
    Functions,
    /// This argument; a class, function, or the object literal's key.
    Argument(ArgumentRef),
}

/// Handlers that a framework finds by the file's path: Next.js `app/**/route.ts` exports `GET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRoute {
    pub framework: u16,
    /// Globs over the path relative to the root.
    pub files: Vec<String>,
    /// Names of exported functions that are handlers; empty: every exported function.
    pub exports: Vec<String>,
    /// HTTP methods; empty: the export's name.
    pub methods: Vec<String>,
    /// Only in files (or functions) that open with this directive (`use server`).
    pub directive: Option<String>,
    /// Access paths of the handler's parameters by position.
    pub params: Vec<String>,
    /// The handler's parameters are request data themselves (server actions).
    pub params_are_sources: bool,
    /// The folder whose content is the site (`app`, `pages`); without it the path of the file says nothing of a URL.
    pub folder: Option<String>,
}
