//! Framework knowledge: what the APIs of libraries mean, as data. Read from `rules/frameworks/*.toml` and `[[knowledge]]`.
//!
//! An API is named by its **access path**: how a program gets to it from the package it imports.
//!
//! ```text
//! sqlalchemy.orm.Session            the class                    (Python `from sqlalchemy.orm import Session`)
//! sqlalchemy.orm.Session()          an instance of it            (`Session(...)`, `db: Session`, a DI parameter)
//! sqlalchemy.orm.Session().execute  its method
//! sqlalchemy.orm.Session().execute().scalars   a method of what the method returns
//! express().get                     TypeScript; a default import is the package itself
//! @prisma/client.PrismaClient().user.findMany
//! sqlx.query().fetch_all            Rust; `::` is written `.`, `Type::new(…)` and other associated functions give `Type()`
//! typeorm.Repository().find         the type argument of `Repository<User>` is the *subject*, not part of the path
//! builtins.int()                    an instance of a builtin type (`number`, `i32`, `str` … under their own names)
//! ```
//!
//! `await`, `?`, `&`, parentheses and transparent wrappers (`Option`, `Result`, `Arc`, `Promise`, `Annotated` …) leave no trace in
//! the path. Patterns in the data may use `{a,b}` alternatives, `*` for exactly one name, `get*` for one that goes on with a capital letter, and `<table>` for one name that
//! is reported as the table. An alias may begin with `*.` for any package. Aliases are applied after every step, so patterns are written on canonical paths only.

use serde::{Deserialize, Serialize};

use super::contract::Ambient;
pub use super::lookup::{ApiMatch, Knowledge, PatternError, Taught, expand, segments};
use super::role::Role;
pub use super::routing::{FileRoute, Handlers, Input, Layout, MountFact, MountKind, PathPlace, RouteFact, RouterFact};
use super::source::Family;

/// What kind of library a framework file describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameworkKind {
    Web,
    Orm,
    Driver,
    QueryBuilder,
    Validation,
    Auth,
    TaskQueue,
    Logging,
    HttpClient,
    Language,
    Other,
}

/// One framework file.
#[derive(Clone, Debug, PartialEq)]
pub struct Framework {
    /// File stem: `sqlalchemy`.
    pub name: String,
    /// For people: `SQLAlchemy`.
    pub title: String,
    pub family: Family,
    pub kind: FrameworkKind,
    /// Import names (first segments of access paths) that show the framework is in use.
    pub packages: Vec<String>,
    /// When what its write APIs record becomes durable.
    pub writes: WriteMode,
    /// The setting that opens a transaction for each request (`ATOMIC_REQUESTS`).
    pub request_transaction: Option<String>,
    /// How a relation is loaded with the query, for people: `{path}` (names joined by two underscores), `{relation}`, `{model}`.
    pub load_with_query: Option<String>,
    /// The same where a row has one such object, if it is another way.
    pub load_one_with_query: Option<String>,
    /// Rows reached through a relation know the object they were reached from: reading it back loads nothing.
    pub rows_know_owner: bool,
    /// What a session has loaded by its key it gives again without asking.
    pub keeps_rows: bool,
    /// Its documentation has handlers ask its mapper themselves (Django's views).
    pub handlers_query: bool,
    /// What a handler returns is no answer (Express).
    pub drops_returns: bool,
    pub listing_views: Option<ListingViews>,
    /// Packages (of the framework's own or others of its kind) whose workers end a job that takes longer than a limit set by default.
    pub ends_jobs: Vec<String>,
}

/// View classes of a library that list the rows of a model, and how they are paged.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ListingViews {
    /// Classes that list, by their last names.
    pub bases: Vec<String>,
    /// The attribute with the rows: `queryset`.
    pub rows: String,
    /// The attribute that says how they are paged.
    pub pager: String,
    /// Members by which a view decides for itself what it lists.
    pub decides: Vec<String>,
    /// Methods of a query that leave no row out.
    pub keeps: Vec<String>,
    /// What queries of all rows start at: `objects`.
    pub manager: String,
    /// The setting that holds how everything is paged, and its key.
    pub setting: String,
    pub setting_key: String,
    /// For people.
    pub help: String,
}

/// When writes become durable outside a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriteMode {
    /// Each statement by itself.
    #[default]
    Immediate,
    /// All together, when the session or connection commits.
    OnCommit,
    /// Each document by itself, in databases whose transactions need a special set-up.
    Document,
}

/// Which argument of a call an entry speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ArgumentRef {
    /// Zero-based position.
    Position(u32),
    /// By name (Python keyword; key of an object literal in the first argument is written `0.key`).
    Name(String),
}

/// Whether a query reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    Read,
    Write,
    /// Decided by the SQL text or statement it is given, or its receiver was made with (`execute(sql)`, `query(sql).fetch_all(…)`):
    /// its first keyword, unknown counts as read.
    Sql,
}

/// Where a query's model or table comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The subject the receiver already carries (model class whose attribute it is, type argument of a repository, earlier `query(User)`).
    #[default]
    Receiver,
    /// The model class given as this argument (`session.get(User, 1)`, `select(User)`), or what the argument is itself about
    /// (`execute(select(User))`).
    Argument(ArgumentRef),
    /// What the class of the receiver names in this attribute (`queryset`, `Meta.model`).
    Attribute(String),
    /// The name the pattern captured with `<table>`.
    Captured,
}

/// What a call gives back, in terms of the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gives {
    /// One instance of the subject (or nothing).
    Row,
    /// A collection of instances of the subject.
    Rows,
    /// The receiver itself: a builder (`query.filter(…)`), with its subject.
    Receiver,
    /// A value without a type worth knowing (count, boolean, number).
    Scalar,
    /// The argument's own result: dependency injection (`Depends(get_db)` gives what `get_db` returns or yields).
    ResultOfArgument,
    /// The last argument as it is: `NewType("ReadSession", Session)` is `Session`.
    LastArgument,
    /// The element type of the receiver's collection (`result.scalars().first()`).
    Element,
    /// What the access path says, `path()`, but with the subject: `select(User)` is `sqlalchemy.select()` about `User`. Also where an
    /// associated function does not give its type (`Entity::find()` is `sea_orm.EntityTrait.find()`).
    Path,
}

/// A query: an API whose call makes a round trip to a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryFact {
    pub access: Access,
    pub subject: Subject,
    /// How to do the same for many items at once, for the help of `n-plus-one`. In it, `id` and `ids` (or `parentId`) stand for the column that is asked
    /// by and for its values, `Model` for the model: where these are known, they are put in. What begins with `instead: ` is the whole help.
    pub batched: Option<String>,
    /// The same for writes, where `access` is `sql`.
    pub batched_write: Option<String>,
    /// The same where a row that is there stays as it is (an upsert that changes nothing).
    pub batched_insert: Option<String>,
    /// The same where nested rows (`single_with`) are written with each; `<relations>` stands for them.
    pub nested: Option<String>,
    /// How to read a few rows of each of many with the rows themselves.
    pub limited: Option<String>,
    /// The call that takes SQL, where the library has no call of its own for many rows.
    pub raw: Option<String>,
    /// `batched` gives all rows the same values: the key of an object argument, or the link of the chain (`.set(…)`), that holds them.
    pub values: Option<String>,
    /// Keys in the arguments with which a row can only be written by itself (nested writes).
    pub single_with: Vec<String>,
    /// Only a query when the call is awaited or iterated, not when the builder is merely built (Knex, Mongoose, Drizzle chains).
    pub when_awaited: bool,
    /// Several calls in the same tick are batched by the library (Prisma `findUnique` in `Promise.all`).
    pub same_tick_batched: bool,
    /// Only recorded, and written together with others at the next flush (unit of work: SQLAlchemy `session.add`): no round trip itself.
    pub deferred: bool,
    /// Only where the project declares the association the pattern captured (Sequelize: `user.getPosts()` of `User.hasMany(Post)`).
    pub association: bool,
    /// Gives all rows that nothing else in the chain leaves out: `db("users")`, `select().from(users)`.
    pub many: bool,
    /// Meant for handlers, which answer with it that there is no such row (Django's `get_object_or_404`).
    pub answers: bool,
}

/// How long a call waits for an answer, or the calls of the client it makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitFact {
    /// Each of these arguments limits it.
    pub limits: Vec<ArgumentRef>,
    /// Methods further along in the chain that limit it: `.timeout(…)`.
    pub chain: Vec<String>,
    /// The library has a limit of its own, which only an explicit "none" takes away.
    pub limited: bool,
    /// The call makes a client, and limits the calls of that.
    pub client: bool,
    /// A setting that gives all calls of the process a limit: the last two names of what is called or assigned (`socket.setdefaulttimeout`).
    pub global: Option<String>,
}

/// Kinds of sinks that data-flow rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SinkKind {
    /// SQL text that the library passes on as it is.
    Sql,
    /// A filter object of a document database.
    NoSql,
    Command,
    Path,
    Log,
    Response,
}

/// Tiers of sources (api-knowledge §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// Data of a request: untrusted.
    Request,
    /// Other outside data: environment, arguments, files, queue messages, responses, rows.
    Outside,
}

/// What a text in code names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Named {
    /// A module: `include("shop.urls")`.
    Module,
    /// A module, or something in one: `import_string("shop.storage.Local")`, `uvicorn.run("shop.main:app")`.
    Object,
    /// A Django model by its app: `"shop.Order"`, or `"Order"` in the same app.
    Model,
    /// A background task by the name its decorator gives it, or by that of its function.
    Task,
}

/// A variable whose texts are names: `INSTALLED_APPS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub framework: u16,
    pub variables: Vec<String>,
    pub names: Named,
}

/// What a program holds to talk to a backing service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceKind {
    /// An ORM session or transaction: the state of one unit of work.
    Session,
    /// One connection to a server.
    Connection,
    /// One connection that is lent by a pool, or opened by an engine that has one.
    PooledConnection,
    /// One connection to a file or a memory of this process: cheap to open.
    LocalConnection,
    /// Holds a pool, and is made once: `create_engine`.
    Engine,
    Pool,
    /// A client that holds connections: `PrismaClient`, `Redis`.
    Client,
    HttpClient,
}

impl ResourceKind {
    /// True for what only one task may use at a time.
    pub fn is_exclusive(self) -> bool {
        matches!(self, ResourceKind::Session | ResourceKind::Connection | ResourceKind::PooledConnection | ResourceKind::LocalConnection)
    }

    /// The words for messages.
    pub fn name(self) -> &'static str {
        match self {
            ResourceKind::Session => "session",
            ResourceKind::Connection | ResourceKind::PooledConnection | ResourceKind::LocalConnection => "connection",
            ResourceKind::Engine => "engine",
            ResourceKind::Pool => "connection pool",
            ResourceKind::Client => "client",
            ResourceKind::HttpClient => "HTTP client",
        }
    }
}

/// How an API runs what it is given at the same time as other code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concurrency {
    /// Its arguments with each other, and the caller waits: `gather(a(), b())`, `Promise.all([a(), b()])`.
    Together,
    /// One thing beside its caller, in a task: `create_task(a())`.
    Task,
    /// One thing beside its caller, in a thread: `executor.submit(a)`.
    Thread,
    /// One thing after the response has been sent: `background_tasks.add_task(a)`.
    AfterResponse,
}

/// What an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackingService {
    Database,
    Cache,
    Queue,
    Mail,
    Search,
    Storage,
    /// Another service's API: only an address that is this machine's or this network's is one of configuration.
    Api,
    /// Who may call this service, `allow_origins`: as `Api`.
    Origin,
}

impl BackingService {
    /// The words for messages, with their article.
    pub fn name(self) -> &'static str {
        match self {
            BackingService::Database => "a database",
            BackingService::Cache => "a cache",
            BackingService::Queue => "a queue",
            BackingService::Mail => "a mail server",
            BackingService::Search => "a search service",
            BackingService::Storage => "an object store",
            BackingService::Api => "a service",
            BackingService::Origin => "an allowed origin",
        }
    }
}

/// How a lazily loaded relation is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelationRead {
    /// Reading the attribute loads it: `book.author`.
    #[default]
    Attribute,
    /// Awaiting the attribute loads it: `await book.author`.
    Await,
    /// The attribute is a query of its own, which `.all()` or `.count()` runs unless it was loaded before: `author.books.all()`.
    Manager,
}

/// A relation between models, as a field declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationFact {
    pub read: RelationRead,
    /// The argument that is or names the other model; else the annotation tells.
    pub target: Option<ArgumentRef>,
    /// The argument that names the other side (`related_name`, `backref`).
    pub reverse: Option<String>,
    pub reverse_read: RelationRead,
    /// The other side's name without that argument: the class's name in lower case and this (`_set`).
    pub reverse_suffix: Option<String>,
    /// The argument that decides when it is loaded, and the values under which it is never loaded lazily.
    pub eager_argument: Option<String>,
    pub eager_values: Vec<String>,
}

/// How a framework calls methods once for each object it answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PerItemFact {
    /// The API is a base class (DRF's `Serializer`): these methods of its subclasses.
    Members {
        members: Vec<String>,
        /// The argument that says an instance stands for many objects (`many=True`).
        many: String,
        /// The class attribute by which a view names the class (`serializer_class`).
        attribute: String,
        /// Methods that are handed a row of the model which the class names (`update`).
        handed: Vec<String>,
    },
    /// A class attribute made by a call of the API is filled by a method: `get_` and the attribute's name, or what the argument says.
    Field { prefix: String, name: String },
    /// The API decorates a method that fills a field of its first parameter, or of the receiver (GraphQL's field resolvers); what is
    /// declared as a list of that type has many.
    Decorator,
    /// The API decorates a function that fills a field of its first parameter; the type is the text its receiver was made with
    /// (`book = ObjectType("Book")`, `@book.field("author")`). The schema's text says of which types there are lists.
    Named,
    /// The API is given an object with this key, which holds functions by type and by field, each called with the object first.
    Resolvers { key: String },
    /// A class attribute made by a call of the API prints a related object. `key`: of one object only its key, which the row has.
    Related { key: bool },
    /// A class attribute made by a call of the API gives a related object by the class that is its first argument (`Nested(AuthorSchema)`).
    Nested,
}

/// How a definition shows that it has a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleSign {
    /// The API is a base class (directly or through project classes), an implemented interface or trait.
    Base,
    /// The API decorates the class or function (decorator, attribute, derive macro by its bare or full name).
    Decorator,
    /// The API is called and its result assigned: the variable has the role (`model('User', schema)`, `pgTable(…)`).
    Call,
    /// Functions given to the API as arguments have the role (`app.use(f)`, `celery.task(f)`).
    Argument,
    /// A parameter of this type gives the function the role (Axum extractors).
    Parameter,
}

/// What an API means. One API may have several facts.
#[derive(Clone, Debug, PartialEq)]
pub enum ApiFact {
    Query(QueryFact),
    /// `argument` reaches a sink.
    Sink {
        kind: SinkKind,
        argument: ArgumentRef,
        /// Only text that a value was put into: given whole, the library takes it for a name.
        built: bool,
        /// Only data of a request counts: what else is put in may be what the library is meant to take.
        request: bool,
        /// A piece that the library puts into a statement of its own: under the strict reading it has to be written where it is given.
        piece: bool,
        /// The argument is a template with places of these names, which the library fills; what stands at others is text.
        fills: Vec<String>,
    },
    /// Reading it (or calling it) gives data from outside.
    Source(SourceKind),
    /// A parameter of this type (Axum's `Json<T>`), or decorated with it (NestJS' `@Body()`), is data from outside. Making one in
    /// an expression is not: `Json(user)` is a response.
    ParameterSource(SourceKind),
    /// Functions decorated with it, or given to it, are called with data from outside: the messages of a queue, the arguments of a
    /// command or of a GraphQL field.
    ArgumentSource(SourceKind),
    /// A value with this path is a statement that reads or writes when it is run: `sqlalchemy.insert()` in `session.execute(insert(User))`.
    Statement(Access),
    /// It, and whatever is reached through it, is part of what a program has around it: clock, environment, network, files, randomness.
    Ambient(Ambient),
    /// Its result is safe for this kind of sink, whatever goes in.
    Sanitizer(SinkKind),
    Route(RouteFact),
    Router(RouterFact),
    Mount(MountFact),
    Layout(Layout),
    /// Says what a parameter takes of the request: a decorator (`@Body()`), a type (`Json<NewOrder>`).
    Input(Input),
    /// Makes an error that says nothing but its text (`anyhow!`).
    GeneralError,
    /// A base class that brings these members itself, which are handlers (`ListCreateAPIView` brings `get` and `post`).
    Provides(Vec<String>),
    /// Takes guards as its arguments: `@UseGuards(…)`, `Depends(…)`. What it is given is listed with the route, whatever that does.
    TakesGuards,
    Role {
        role: Role,
        sign: RoleSign,
        /// Only when the class statement or decorator has this named argument (SQLModel's `table=True`); wins over one without.
        when: Option<String>,
    },
    /// What a call of it gives. `subject` says what the result is about.
    Gives {
        gives: Gives,
        subject: Subject,
    },
    /// Opens a transaction: as context manager, decorator, callback taker or plain `begin`.
    Transaction,
    /// Ends a unit of work (`commit`).
    Commit,
    /// Writes a row of the model that its class names (`serializer.save()` of `class Meta: model = Order`).
    SavesModel,
    /// Runs a query that it is given unevaluated: a template, a serializer of many rows.
    Evaluates,
    /// Blocks the thread.
    Blocking,
    /// Blocks the thread while it works on files: no more than a nuisance where no request waits.
    BlocksOnFiles,
    /// Blocks the thread, as a rule for less than a millisecond: the metadata of a file.
    BlocksBriefly,
    /// Runs the future it is given on the calling thread, which waits for it and for nothing else (`block_on`).
    RunsToEnd,
    /// Blocks the thread where its result is not awaited: a query of a library with a blocking and an asynchronous form of the same names.
    BlocksUnlessAwaited,
    /// Waits for somebody else, or makes what will.
    Waits(WaitFact),
    /// An outgoing call to another service (HTTP, mail, queue).
    Outgoing,
    /// An outgoing call that sends mail.
    SendsMail,
    /// An outgoing call that puts a message or a job on a queue.
    Publishes,
    /// A call of it makes one of these.
    Makes(ResourceKind),
    /// A value with this path is one of these.
    Resource(ResourceKind),
    /// Runs what it is given at the same time as other code.
    Concurrent(Concurrency),
    /// A step of a schema migration that can be undone only when one of these arguments says how.
    MigrationStep {
        reverse: Vec<ArgumentRef>,
    },
    /// `argument` says where a backing service is: a host, or a URL.
    Address {
        service: BackingService,
        argument: ArgumentRef,
    },
    /// Calls its function argument once per item of a collection (the receiver or argument 0): `p-map`, `asyncio.gather`-like helpers.
    Iterates,
    /// A call of it does not come back: it raises, or ends the program (`flask.abort`, `sys.exit`).
    NeverReturns,
    /// Calls its function argument once, inside the current function (`transaction(cb)`, `run(closure)`).
    CallsArgument,
    /// Gives the parameters of its function argument these access paths (`$transaction(async tx => …)`), by position.
    CallbackParams(Vec<String>),
    /// A generic type that stands for its type argument (the last one) wherever it is written: `Mapped[User]`, `web::Data<Pool>`.
    Transparent,
    /// The argument runs elsewhere, later or on another thread (`spawn_blocking`, `to_thread`, `BackgroundTasks.add_task`).
    RunsElsewhere,
    /// A cache in front of the function it decorates or wraps (`lru_cache`, `cached`).
    Cached,
    /// Checks the shape of its input (schema `.parse`, `is_valid`).
    Validator,
    /// A field made or decorated by it is a relation between models.
    Relation(RelationFact),
    /// A method runs once for each object of a list.
    PerItem(PerItemFact),
    /// What it decorates is called within the work of others (signal handlers, mapper events) and shares their transaction.
    Hook,
    /// Describes data of a fixed form, in which nothing can be injected: `z.enum([…])`, `z.number()`.
    FixedSchema,
    /// Describes an object by an object of descriptions: `z.object({ … })`.
    ObjectSchema,
    /// Describes a list by the description of its elements: `z.array(…)`.
    ListSchema,
    /// Makes a class of the fields of the classes it is given: `extends IntersectionType(Page, Shop)`.
    MixesClasses,
    /// The relations named in it are loaded with the query (`joinedload`, `include:`).
    EagerLoad,
    /// Part of how a web framework speaks HTTP: its exceptions with a status, its request and response types.
    HttpLayer,
    /// A call of it makes an answer to a client of its arguments, or sends it.
    Responds,
    /// It registers what errors come to that nobody has answered (Fastify's `setErrorHandler`).
    SetsErrorHandler,
    /// Given an error, it leaves the answer to the error handler, where there is one (Fastify's `reply.send(error)`).
    HandsErrorOn,
    /// A call of it writes its arguments to a log or to standard output.
    Logs,
    /// A call of it gives the message or the trace of the error at hand as text.
    ErrorText,
    /// A call of it makes a digest of its arguments that is quick to compute.
    FastHash,
    /// A way to store passwords that is no protection: old `crypt` schemes, plain text.
    WeakPasswordHash,
    /// Hashes a password slowly, or compares one with such a hash.
    PasswordHash,
    /// `argument` says how much work a password hash is; less than `minimum` is too little.
    Cost {
        argument: ArgumentRef,
        minimum: i64,
    },
    /// Makes the base of all models; the class in `argument` is one of its bases.
    MixesIn {
        argument: ArgumentRef,
    },
    /// Limits how often a client may call.
    RateLimit,
    /// Lets only clients through that have shown who they are.
    Guard,
    /// Says that a route is for everybody.
    PublicRoute,
    /// Keeps a route out of the description of the API.
    Undocumented,
    /// Random numbers that can be foretold.
    WeakRandom,
    /// Stands for something of the request that is being answered, wherever it is asked for: `current_user`.
    OfRequest,
    /// A call with `debug=True` starts a debugger that runs what clients send.
    Debugger,
    /// A call with `debug=True` sends traces to clients.
    ShowsTraces,
    /// The texts of this argument are names of modules or of what stands in them. With `given`, only when another argument is this text.
    Reference {
        argument: ArgumentRef,
        names: Named,
        given: Option<String>,
    },
}

/// One statement of a framework file: a pattern over access paths and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Index into [`Knowledge::frameworks`].
    pub framework: u16,
    pub fact: ApiFact,
}

/// A variable's conventional name: evidence of medium strength where the file imports the framework and nothing better is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convention {
    pub framework: u16,
    /// Exact names, or `*Suffix`.
    pub names: Vec<String>,
    /// Access path of the instance it stands for.
    pub api: String,
}

/// An object of a framework that holds what the project puts there, under names the project chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub framework: u16,
    /// Access path of the object whose members they are.
    pub api: String,
    /// Interfaces that a project declares again, with its own fields (`FastifyInstance`).
    pub interfaces: Vec<String>,
    /// Methods that are given a name and a value.
    pub set_by: Vec<String>,
    /// Also in files that do not import the framework.
    pub anywhere: bool,
    /// Methods that give what stands under a name.
    pub read_by: Vec<String>,
    /// Functions of these names make the whole object.
    pub made_by: Vec<String>,
    /// Attributes of these names are what it is known by where its own are set (`app.state.db = …`).
    pub set_on: Vec<String>,
    /// Names of what its entries are set in (`app["db"] = …`).
    pub items_of: Vec<String>,
}

/// Functions that are called with outside data by an agreement on names: AWS Lambda's `handler(event, context)`, Graphene's
/// `resolve_orders(root, info, status)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoint {
    pub framework: u16,
    /// Names of the function; `resolve_*` for a beginning.
    pub names: Vec<String>,
    /// Names of its first parameters; `*` for any.
    pub params: Vec<String>,
    /// The parameters (by position) that are the data; empty: all after `params`.
    pub data: Vec<u16>,
    pub source: SourceKind,
    /// Members of the data that are request data, if the data as a whole is not.
    pub request: Vec<String>,
    /// Only in files that import the framework.
    pub imported: bool,
}

/// Methods that an import brings to any receiver: a Rust extension trait. Evidence of medium strength for a method call on a
/// receiver of which nothing better is known (`users.filter(…).load(conn)` under `use diesel::prelude::*`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    pub framework: u16,
    /// Access paths whose import brings the methods; a glob import is written `diesel.prelude.*`.
    pub imports: Vec<String>,
    pub methods: Vec<String>,
    /// Only calls with at least so many arguments: Diesel's `first(conn)` is not `Vec::first()`.
    pub arguments: u8,
    /// Functions that a macro makes for types of the project, wherever they are named: `User::select_all(&rb)`.
    pub on_types: bool,
    /// The access path the receiver then stands for: `diesel.RunQueryDsl()`.
    pub api: String,
}

/// A name that a derive macro or decorator makes beside the type it decorates: `#[derive(DeriveEntityModel)] struct Model` makes `Entity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    pub framework: u16,
    /// Access path of the decorator.
    pub by: String,
    /// The name made in the module of the decorated type.
    pub name: String,
    /// What the name stands for; its subject is the decorated type.
    pub api: String,
    /// The argument of another attribute of the type that names its table: `#[sea_orm(table_name = "orders")]`.
    pub table: Option<String>,
}
