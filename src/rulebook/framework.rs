//! Framework files (`rules/frameworks/*.toml`) and `[[knowledge]]` tables: text to entries of [`Knowledge`].
//!
//! The form is strict: an unknown key is a mistake. Facts that need nothing but a pattern are plain lists at the top of the file
//! (`transaction = ["…"]`); the others are arrays of tables, one kind each. The meaning of the patterns is documented
//! in `model/knowledge.rs`.

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use toml::Spanned;

use super::error::LoadError;
use crate::model::contract::Ambient;
use crate::model::knowledge::{
    Access, ApiFact, ArgumentRef, BackingService, Concurrency, Convention, EntryPoint, Extension, FileRoute, Framework, FrameworkKind,
    Generated, Gives, Handlers, Holder, Input, Knowledge, Layout, ListingViews, MountFact, MountKind, Named, PathPlace, PerItemFact,
    QueryFact, RelationFact, RelationRead, ResourceKind, RoleSign, RouteFact, RouterFact, Setting, SinkKind, SourceKind, Subject, WaitFact,
    WriteMode, expand,
};
use crate::model::role::Role;
use crate::model::rule::{Example, ExampleFile};
use crate::model::source::Family;

/// Reads a framework file, whose heading must be complete.
pub(super) fn parse(file: &str, text: &str) -> Result<FrameworkFile, Vec<LoadError>> {
    let parsed = parse_table(file, text)?;
    let missing: Vec<&str> = [
        ("name", parsed.name.is_none()),
        ("title", parsed.title.is_none()),
        ("family", parsed.family.is_none()),
        ("kind", parsed.kind.is_none()),
        ("packages", parsed.packages.is_empty()),
    ]
    .into_iter()
    .filter_map(|(key, missing)| missing.then_some(key))
    .collect();
    if missing.is_empty() {
        return Ok(parsed);
    }
    Err(vec![LoadError::at(file, 1, format!("the heading lacks `{}`", missing.join("`, `")))])
}

/// Reads a table of the same form without a heading.
pub(super) fn parse_table(file: &str, text: &str) -> Result<FrameworkFile, Vec<LoadError>> {
    toml::from_str(text).map_err(|error| vec![LoadError::of_toml(file, text, 0, &error)])
}

/// One or several strings.
#[derive(Debug, Default)]
struct Strings(Vec<String>);

impl<'de> Deserialize<'de> for Strings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strings, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Strings;
            fn expecting(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
                out.write_str("a string or a list of strings")
            }
            fn visit_str<E>(self, one: &str) -> Result<Strings, E> {
                Ok(Strings(vec![one.to_string()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut many: A) -> Result<Strings, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = many.next_element()? {
                    all.push(one);
                }
                Ok(Strings(all))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

/// Patterns with their place in the file.
type Patterns = Spanned<Strings>;

/// A framework file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FrameworkFile {
    name: Option<String>,
    title: Option<String>,
    family: Option<Family>,
    kind: Option<FrameworkKind>,
    #[serde(default)]
    packages: Vec<String>,
    #[serde(default)]
    writes: WriteMode,
    request_transaction: Option<String>,
    load_with_query: Option<String>,
    load_one_with_query: Option<String>,
    #[serde(default)]
    rows_know_owner: bool,
    #[serde(default)]
    keeps_rows: bool,
    #[serde(default)]
    handlers_query: bool,
    #[serde(default)]
    drops_returns: bool,
    listing_views: Option<ListingViews>,
    #[serde(default)]
    ends_jobs: Vec<String>,

    transaction: Option<Patterns>,
    commit: Option<Patterns>,
    saves_model: Option<Patterns>,
    evaluates: Option<Patterns>,
    blocking: Option<Patterns>,
    blocks_on_files: Option<Patterns>,
    blocks_briefly: Option<Patterns>,
    runs_to_end: Option<Patterns>,
    blocks_unless_awaited: Option<Patterns>,
    outgoing: Option<Patterns>,
    sends_mail: Option<Patterns>,
    publishes: Option<Patterns>,
    iterates: Option<Patterns>,
    calls_argument: Option<Patterns>,
    never_returns: Option<Patterns>,
    runs_elsewhere: Option<Patterns>,
    cached: Option<Patterns>,
    validator: Option<Patterns>,
    fixed_schema: Option<Patterns>,
    object_schema: Option<Patterns>,
    list_schema: Option<Patterns>,
    mixes_classes: Option<Patterns>,
    eager_load: Option<Patterns>,
    hook: Option<Patterns>,
    http_layer: Option<Patterns>,
    responds: Option<Patterns>,
    sets_error_handler: Option<Patterns>,
    hands_error_on: Option<Patterns>,
    logs: Option<Patterns>,
    error_text: Option<Patterns>,
    fast_hash: Option<Patterns>,
    weak_password_hash: Option<Patterns>,
    password_hash: Option<Patterns>,
    rate_limit: Option<Patterns>,
    public_route: Option<Patterns>,
    undocumented: Option<Patterns>,
    general_error: Option<Patterns>,
    weak_random: Option<Patterns>,
    of_request: Option<Patterns>,
    debugger: Option<Patterns>,
    shows_traces: Option<Patterns>,
    guard: Option<Patterns>,
    takes_guards: Option<Patterns>,
    #[serde(default)]
    route_lists: Vec<String>,
    #[serde(default)]
    route_roots: Vec<String>,
    #[serde(default)]
    guard_options: Vec<String>,
    #[serde(default)]
    validates_input: Vec<String>,
    #[serde(default)]
    validates_routes: Vec<String>,
    transparent: Option<Patterns>,
    clock: Option<Patterns>,
    env: Option<Patterns>,
    network: Option<Patterns>,
    filesystem: Option<Patterns>,
    randomness: Option<Patterns>,

    #[serde(default)]
    waits: Vec<WaitEntry>,
    #[serde(default)]
    alias: Vec<AliasEntry>,
    #[serde(default)]
    query: Vec<QueryEntry>,
    #[serde(default)]
    builder: Vec<BuilderEntry>,
    #[serde(default)]
    gives: Vec<GivesEntry>,
    #[serde(default)]
    sink: Vec<SinkEntry>,
    #[serde(default)]
    source: Vec<SourceEntry>,
    #[serde(default)]
    statement: Vec<StatementEntry>,
    #[serde(default)]
    sanitizer: Vec<SanitizerEntry>,
    #[serde(default)]
    route: Vec<RouteEntry>,
    #[serde(default)]
    router: Vec<RouterEntry>,
    #[serde(default)]
    mount: Vec<MountEntry>,
    #[serde(default)]
    layout: Vec<LayoutEntry>,
    #[serde(default)]
    input: Vec<InputEntry>,
    #[serde(default)]
    provides: Vec<ProvidesEntry>,
    #[serde(default)]
    role: Vec<RoleEntry>,
    #[serde(default)]
    callback: Vec<CallbackEntry>,
    #[serde(default)]
    convention: Vec<ConventionEntry>,
    #[serde(default)]
    holder: Vec<HolderEntry>,
    #[serde(default)]
    file_route: Vec<FileRouteEntry>,
    #[serde(default)]
    entry_point: Vec<EntryPointEntry>,
    #[serde(default)]
    extension: Vec<ExtensionEntry>,
    #[serde(default)]
    generated: Vec<GeneratedEntry>,
    #[serde(default)]
    reference: Vec<ReferenceEntry>,
    #[serde(default)]
    resource: Vec<ResourceEntry>,
    #[serde(default)]
    concurrent: Vec<ConcurrentEntry>,
    #[serde(default)]
    address: Vec<AddressEntry>,
    #[serde(default)]
    migration_step: Vec<MigrationStepEntry>,
    #[serde(default)]
    per_item: Vec<PerItemEntry>,
    #[serde(default)]
    relation: Vec<RelationEntry>,
    #[serde(default)]
    cost: Vec<CostEntry>,
    #[serde(default)]
    mixes_in: Vec<MixesInEntry>,
    #[serde(default)]
    example: Vec<ExampleEntry>,
}

/// `from` are other ways to write `to`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AliasEntry {
    from: Patterns,
    to: Spanned<String>,
}

/// A round trip to a database; with `gives`, also what the call gives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct QueryEntry {
    api: Patterns,
    access: Access,
    #[serde(default)]
    subject: Subject,
    batched: Option<String>,
    batched_write: Option<String>,
    batched_insert: Option<String>,
    nested: Option<String>,
    limited: Option<String>,
    raw: Option<String>,
    values: Option<String>,
    #[serde(default)]
    single_with: Vec<String>,
    #[serde(default)]
    when_awaited: bool,
    #[serde(default)]
    same_tick_batched: bool,
    #[serde(default)]
    deferred: bool,
    #[serde(default)]
    association: bool,
    #[serde(default)]
    many: bool,
    #[serde(default)]
    answers: bool,
    gives: Option<Gives>,
}

/// A call that gives its receiver again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BuilderEntry {
    api: Patterns,
    #[serde(default)]
    subject: Subject,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivesEntry {
    api: Patterns,
    gives: Gives,
    #[serde(default)]
    subject: Subject,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SinkEntry {
    kind: SinkKind,
    api: Patterns,
    argument: Arguments,
    /// Only text that a value was put into.
    #[serde(default)]
    built: bool,
    /// Only data of a request.
    #[serde(default)]
    request: bool,
    /// A piece that the library puts into a statement of its own.
    #[serde(default)]
    piece: bool,
    /// It is a template, and the library fills the places of these names.
    #[serde(default)]
    fills: Vec<String>,
}

/// One argument or several, each of which counts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Arguments {
    One(ArgumentRef),
    Many(Vec<ArgumentRef>),
}

impl Arguments {
    fn all(self) -> Vec<ArgumentRef> {
        match self {
            Arguments::One(argument) => vec![argument],
            Arguments::Many(arguments) => arguments,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitEntry {
    api: Patterns,
    #[serde(default)]
    limits: Vec<ArgumentRef>,
    #[serde(default)]
    chain: Vec<String>,
    #[serde(default)]
    limited: bool,
    #[serde(default)]
    client: bool,
    global: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceEntry {
    kind: SourceKind,
    api: Patterns,
    /// The API is the type or decorator of a parameter.
    #[serde(default)]
    parameter: bool,
    /// Functions that the API decorates, or that are given to it, are called with the data.
    #[serde(default)]
    arguments: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryPointEntry {
    names: Vec<String>,
    params: Vec<String>,
    #[serde(default)]
    data: Vec<u16>,
    source: SourceKind,
    #[serde(default)]
    request: Vec<String>,
    #[serde(default)]
    imported: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementEntry {
    api: Patterns,
    access: Access,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SanitizerEntry {
    #[serde(rename = "for")]
    kind: SinkKind,
    api: Patterns,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RouteEntry {
    api: Patterns,
    #[serde(default)]
    methods: Vec<String>,
    methods_from: Option<ArgumentRef>,
    path: Option<ArgumentRef>,
    #[serde(default)]
    path_of: PathPlace,
    described_by: Option<ArgumentRef>,
    handlers: Option<Handlers>,
    #[serde(default)]
    params: Vec<String>,
    #[serde(default)]
    params_are_sources: bool,
    #[serde(default)]
    middleware: bool,
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    item_members: Vec<String>,
    #[serde(default)]
    item_path: String,
    #[serde(default)]
    item_names: Vec<String>,
    #[serde(default)]
    named: bool,
    #[serde(default)]
    more_paths: bool,
    detail: Option<ArgumentRef>,
}

/// What makes a router.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RouterEntry {
    api: Patterns,
    prefix: Option<Arguments>,
    name: Option<ArgumentRef>,
    within: Option<Arguments>,
    #[serde(default)]
    root: bool,
    #[serde(default)]
    decorates: bool,
    item: Option<ArgumentRef>,
    slash: Option<ArgumentRef>,
}

/// What mounts a router, or gives one a prefix.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct MountEntry {
    api: Patterns,
    #[serde(default)]
    kind: MountKind,
    router: Option<ArgumentRef>,
    prefix: Option<Arguments>,
    #[serde(default)]
    replaces: bool,
    except: Option<ArgumentRef>,
    except_path: Option<String>,
    except_method: Option<String>,
}

/// What else says where routes stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayoutEntry {
    api: Patterns,
    means: Layout,
}

/// What a decorated parameter takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputEntry {
    api: Patterns,
    takes: Input,
}

/// A base class that brings handlers itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProvidesEntry {
    api: Patterns,
    members: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleEntry {
    role: Role,
    sign: RoleSign,
    api: Patterns,
    when: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallbackEntry {
    api: Patterns,
    params: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConventionEntry {
    names: Vec<String>,
    api: String,
    #[serde(default)]
    package: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[derive(Default)]
struct HolderEntry {
    api: String,
    interfaces: Vec<String>,
    set_by: Vec<String>,
    anywhere: bool,
    read_by: Vec<String>,
    made_by: Vec<String>,
    set_on: Vec<String>,
    items_of: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FileRouteEntry {
    files: Vec<String>,
    #[serde(default)]
    exports: Vec<String>,
    #[serde(default)]
    methods: Vec<String>,
    directive: Option<String>,
    #[serde(default)]
    params: Vec<String>,
    #[serde(default)]
    params_are_sources: bool,
    folder: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExtensionEntry {
    imports: Vec<String>,
    methods: Vec<String>,
    #[serde(default)]
    arguments: u8,
    /// Functions that a macro makes for types of the project: `crud!(User {})`, then `User::select_all(&rb)` in any file.
    #[serde(default)]
    on_types: bool,
    api: String,
}

/// Names that a derive macro or decorator makes beside the type: `names = { Entity = "sea_orm.EntityTrait" }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GeneratedEntry {
    by: Strings,
    names: std::collections::BTreeMap<String, String>,
    table: Option<String>,
}

/// Texts that are names: arguments of calls, or values of variables.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReferenceEntry {
    names: Named,
    api: Option<Patterns>,
    argument: Option<Arguments>,
    given: Option<String>,
    #[serde(default)]
    variables: Vec<String>,
}

/// Connections, sessions and clients: `api` are values that are one, a call of `made-by` makes one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ResourceEntry {
    kind: ResourceKind,
    api: Option<Patterns>,
    made_by: Option<Patterns>,
}

/// APIs that run what they are given at the same time as other code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConcurrentEntry {
    api: Patterns,
    runs: Concurrency,
}

/// Steps of migrations that can be undone only when an argument says how.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MigrationStepEntry {
    api: Patterns,
    reverse: Arguments,
}

/// Arguments that say where a backing service is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressEntry {
    api: Patterns,
    service: BackingService,
    argument: Arguments,
}

/// Arguments that say how much work a password hash is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CostEntry {
    api: Patterns,
    argument: Arguments,
    minimum: i64,
}

/// What makes the base of all models, and where it is given a class to extend.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MixesInEntry {
    api: Patterns,
    argument: Arguments,
}

/// A field that is a relation between models.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RelationEntry {
    api: Patterns,
    #[serde(default)]
    read: RelationRead,
    target: Option<ArgumentRef>,
    reverse: Option<String>,
    #[serde(default)]
    reverse_read: RelationRead,
    reverse_suffix: Option<String>,
    eager_argument: Option<String>,
    #[serde(default)]
    eager_values: Vec<String>,
}

/// Methods that run once per object: `sign` says how they are found.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PerItemEntry {
    api: Patterns,
    sign: PerItemSign,
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    many: String,
    #[serde(default)]
    attribute: String,
    #[serde(default)]
    handed: Vec<String>,
    #[serde(default)]
    prefix: String,
    name: Option<String>,
    #[serde(default)]
    key: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PerItemSign {
    Base,
    Field,
    Decorator,
    Named,
    Resolvers,
    Related,
    Nested,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleEntry {
    title: Spanned<String>,
    file: Vec<ExampleFileEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleFileEntry {
    path: String,
    text: String,
}

impl FrameworkFile {
    /// The examples, with the line at which each starts.
    pub(super) fn examples(&self, text: &str) -> Vec<Example> {
        let line = |offset: usize| 1 + text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count() as u32;
        let file = |file: &ExampleFileEntry| ExampleFile { path: file.path.clone(), text: file.text.clone() };
        self.example
            .iter()
            .map(|example| Example {
                title: example.title.get_ref().clone(),
                line: line(example.title.span().start),
                files: example.file.iter().map(file).collect(),
            })
            .collect()
    }

    /// Adds everything the file says. Mistakes do not stop it.
    pub(super) fn add_to(self, knowledge: &mut Knowledge, file: &str, text: &str) -> Result<(), Vec<LoadError>> {
        self.add_as(Author::BuiltIn, knowledge, file, text)
    }

    /// The same for a framework file of ours or a table of the user's.
    pub(super) fn add_as(self, author: Author, knowledge: &mut Knowledge, file: &str, text: &str) -> Result<(), Vec<LoadError>> {
        let framework = knowledge.frameworks.len() as u16;
        knowledge.frameworks.push(Framework {
            name: self.name.unwrap_or_else(|| file.to_string()),
            title: self.title.unwrap_or_else(|| file.to_string()),
            // A user's own knowledge names its packages only when it describes a framework, and then its family too.
            family: self.family.unwrap_or(Family::Python),
            kind: self.kind.unwrap_or(FrameworkKind::Other),
            packages: self.packages,
            writes: self.writes,
            request_transaction: self.request_transaction,
            load_with_query: self.load_with_query,
            load_one_with_query: self.load_one_with_query,
            rows_know_owner: self.rows_know_owner,
            keeps_rows: self.keeps_rows,
            handlers_query: self.handlers_query,
            drops_returns: self.drops_returns,
            listing_views: self.listing_views,
            ends_jobs: self.ends_jobs,
        });
        let mut target = Target { knowledge, framework, author, file, text, errors: Vec::new() };
        for alias in &self.alias {
            target.alias(alias);
        }
        let plain = [
            (self.transaction, ApiFact::Transaction),
            (self.commit, ApiFact::Commit),
            (self.saves_model, ApiFact::SavesModel),
            (self.evaluates, ApiFact::Evaluates),
            (self.blocking, ApiFact::Blocking),
            (self.blocks_on_files, ApiFact::BlocksOnFiles),
            (self.blocks_briefly, ApiFact::BlocksBriefly),
            (self.runs_to_end, ApiFact::RunsToEnd),
            (self.blocks_unless_awaited, ApiFact::BlocksUnlessAwaited),
            (self.outgoing, ApiFact::Outgoing),
            (self.sends_mail, ApiFact::SendsMail),
            (self.publishes, ApiFact::Publishes),
            (self.iterates, ApiFact::Iterates),
            (self.calls_argument, ApiFact::CallsArgument),
            (self.never_returns, ApiFact::NeverReturns),
            (self.runs_elsewhere, ApiFact::RunsElsewhere),
            (self.cached, ApiFact::Cached),
            (self.validator, ApiFact::Validator),
            (self.fixed_schema, ApiFact::FixedSchema),
            (self.object_schema, ApiFact::ObjectSchema),
            (self.list_schema, ApiFact::ListSchema),
            (self.mixes_classes, ApiFact::MixesClasses),
            (self.eager_load, ApiFact::EagerLoad),
            (self.hook, ApiFact::Hook),
            (self.http_layer, ApiFact::HttpLayer),
            (self.responds, ApiFact::Responds),
            (self.sets_error_handler, ApiFact::SetsErrorHandler),
            (self.hands_error_on, ApiFact::HandsErrorOn),
            (self.logs, ApiFact::Logs),
            (self.error_text, ApiFact::ErrorText),
            (self.fast_hash, ApiFact::FastHash),
            (self.weak_password_hash, ApiFact::WeakPasswordHash),
            (self.password_hash, ApiFact::PasswordHash),
            (self.rate_limit, ApiFact::RateLimit),
            (self.public_route, ApiFact::PublicRoute),
            (self.undocumented, ApiFact::Undocumented),
            (self.general_error, ApiFact::GeneralError),
            (self.weak_random, ApiFact::WeakRandom),
            (self.of_request, ApiFact::OfRequest),
            (self.debugger, ApiFact::Debugger),
            (self.shows_traces, ApiFact::ShowsTraces),
            (self.guard, ApiFact::Guard),
            (self.takes_guards, ApiFact::TakesGuards),
            (self.transparent, ApiFact::Transparent),
            (self.clock, ApiFact::Ambient(Ambient::Clock)),
            (self.env, ApiFact::Ambient(Ambient::Env)),
            (self.network, ApiFact::Ambient(Ambient::Network)),
            (self.filesystem, ApiFact::Ambient(Ambient::Filesystem)),
            (self.randomness, ApiFact::Ambient(Ambient::Randomness)),
        ];
        for (patterns, fact) in plain {
            if let Some(patterns) = patterns {
                target.add(&patterns, &fact);
            }
        }
        for query in self.query {
            target.query(query);
        }
        for builder in self.builder {
            target.add(&builder.api, &ApiFact::Gives { gives: Gives::Receiver, subject: builder.subject });
        }
        for entry in self.gives {
            target.add(&entry.api, &ApiFact::Gives { gives: entry.gives, subject: entry.subject });
        }
        for sink in self.sink {
            target.sink(sink);
        }
        for wait in self.waits {
            let WaitEntry { api, limits, chain, limited, client, global } = wait;
            target.add(&api, &ApiFact::Waits(WaitFact { limits, chain, limited, client, global }));
        }
        for source in self.source {
            let fact = match (source.parameter, source.arguments) {
                (true, _) => ApiFact::ParameterSource(source.kind),
                (_, true) => ApiFact::ArgumentSource(source.kind),
                _ => ApiFact::Source(source.kind),
            };
            target.add(&source.api, &fact);
        }
        for statement in self.statement {
            target.add(&statement.api, &ApiFact::Statement(statement.access));
        }
        for sanitizer in self.sanitizer {
            target.add(&sanitizer.api, &ApiFact::Sanitizer(sanitizer.kind));
        }
        for route in self.route {
            target.route(route);
        }
        for router in self.router {
            let fact = RouterFact {
                prefix: router.prefix.map(Arguments::all).unwrap_or_default(),
                name: router.name,
                within: router.within.map(Arguments::all).unwrap_or_default(),
                root: router.root,
                decorates: router.decorates,
                item: router.item,
                slash: router.slash,
            };
            target.add(&router.api, &ApiFact::Router(fact));
        }
        for mount in self.mount {
            let fact = MountFact {
                kind: mount.kind,
                router: mount.router,
                prefix: mount.prefix.map(Arguments::all).unwrap_or_default(),
                replaces: mount.replaces,
                except: mount.except,
                except_path: mount.except_path,
                except_method: mount.except_method,
            };
            target.add(&mount.api, &ApiFact::Mount(fact));
        }
        for entry in self.layout {
            target.add(&entry.api, &ApiFact::Layout(entry.means));
        }
        for entry in self.input {
            target.add(&entry.api, &ApiFact::Input(entry.takes));
        }
        for entry in self.provides {
            target.add(&entry.api, &ApiFact::Provides(entry.members));
        }
        target.knowledge.route_lists.extend(self.route_lists);
        target.knowledge.route_roots.extend(self.route_roots);
        target.knowledge.guard_options.extend(self.guard_options);
        target.knowledge.validates_input.extend(self.validates_input);
        target.knowledge.validates_routes.extend(self.validates_routes);
        for role in self.role {
            target.add(&role.api, &ApiFact::Role { role: role.role, sign: role.sign, when: role.when });
        }
        for callback in self.callback {
            target.add(&callback.api, &ApiFact::CallbackParams(callback.params));
        }
        for entry in self.convention {
            let convention = Convention { framework, names: entry.names, api: entry.api };
            let known = &mut target.knowledge;
            if entry.package { known.package_conventions.push(convention) } else { known.conventions.push(convention) }
        }
        for HolderEntry { api, interfaces, set_by, anywhere, read_by, made_by, set_on, items_of } in self.holder {
            let holder = Holder { framework, api, interfaces, set_by, anywhere, read_by, made_by, set_on, items_of };
            target.knowledge.holders.push(holder);
        }
        for entry in self.file_route {
            target.file_route(entry);
        }
        for entry in self.entry_point {
            target.knowledge.entry_points.push(EntryPoint {
                framework,
                names: entry.names,
                params: entry.params,
                data: entry.data,
                source: entry.source,
                request: entry.request,
                imported: entry.imported,
            });
        }
        for entry in self.extension {
            target.knowledge.extensions.push(Extension {
                framework,
                imports: entry.imports,
                methods: entry.methods,
                arguments: entry.arguments,
                on_types: entry.on_types,
                api: entry.api,
            });
        }
        for entry in self.generated {
            target.generated(entry);
        }
        for entry in self.reference {
            target.reference(entry);
        }
        for entry in self.resource {
            for (patterns, fact) in [(entry.api, ApiFact::Resource(entry.kind)), (entry.made_by, ApiFact::Makes(entry.kind))] {
                if let Some(patterns) = patterns {
                    target.add(&patterns, &fact);
                }
            }
        }
        for entry in self.concurrent {
            target.add(&entry.api, &ApiFact::Concurrent(entry.runs));
        }
        for entry in self.migration_step {
            target.add(&entry.api, &ApiFact::MigrationStep { reverse: entry.reverse.all() });
        }
        for entry in self.address {
            for argument in entry.argument.all() {
                target.add(&entry.api, &ApiFact::Address { service: entry.service, argument });
            }
        }
        for entry in self.relation {
            let fact = RelationFact {
                read: entry.read,
                target: entry.target,
                reverse: entry.reverse,
                reverse_read: entry.reverse_read,
                reverse_suffix: entry.reverse_suffix,
                eager_argument: entry.eager_argument,
                eager_values: entry.eager_values,
            };
            target.add(&entry.api, &ApiFact::Relation(fact));
        }
        for entry in self.cost {
            for argument in entry.argument.all() {
                target.add(&entry.api, &ApiFact::Cost { argument, minimum: entry.minimum });
            }
        }
        for entry in self.mixes_in {
            for argument in entry.argument.all() {
                target.add(&entry.api, &ApiFact::MixesIn { argument });
            }
        }
        for entry in self.per_item {
            let fact = match entry.sign {
                PerItemSign::Base => {
                    PerItemFact::Members { members: entry.members, many: entry.many, attribute: entry.attribute, handed: entry.handed }
                }
                PerItemSign::Field => PerItemFact::Field { prefix: entry.prefix, name: entry.name.unwrap_or_default() },
                PerItemSign::Decorator => PerItemFact::Decorator,
                PerItemSign::Named => PerItemFact::Named,
                PerItemSign::Resolvers => PerItemFact::Resolvers { key: entry.name.unwrap_or_default() },
                PerItemSign::Related => PerItemFact::Related { key: entry.key },
                PerItemSign::Nested => PerItemFact::Nested,
            };
            target.add(&entry.api, &ApiFact::PerItem(fact));
        }
        if target.errors.is_empty() { Ok(()) } else { Err(target.errors) }
    }
}

/// Who wrote a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    BuiltIn,
    User,
}

/// Where the entries of one file go, and what went wrong on the way.
struct Target<'a> {
    knowledge: &'a mut Knowledge,
    framework: u16,
    author: Author,
    file: &'a str,
    text: &'a str,
    errors: Vec<LoadError>,
}

impl Target<'_> {
    fn add(&mut self, patterns: &Patterns, fact: &ApiFact) {
        for pattern in &patterns.get_ref().0 {
            let added = match self.author {
                Author::BuiltIn => self.knowledge.add(self.framework, pattern, fact.clone()),
                Author::User => self.knowledge.teach(self.framework, pattern, fact.clone()),
            };
            if let Err(error) = added {
                self.errors.push(LoadError::at_value(self.file, self.text, patterns, error.message));
            }
        }
    }

    /// `to` may have alternatives of its own: then the paths pair up in order, `db.{select,text}` with `sqlalchemy.{select,text}`,
    /// also round after round.
    fn alias(&mut self, alias: &AliasEntry) {
        if let Err(message) = self.pair_up(&alias.from.get_ref().0, alias.to.get_ref()) {
            self.errors.push(LoadError::at_value(self.file, self.text, &alias.from, message));
        }
    }

    fn pair_up(&mut self, from: &[String], to: &str) -> Result<(), String> {
        if to.contains(['*', '<']) {
            return Err(format!("alias to `{to}`: the canonical path is a plain path"));
        }
        let targets = expand(to).map_err(|error| error.message)?;
        let mut sources = Vec::new();
        for pattern in from {
            sources.extend(expand(pattern).map_err(|error| error.message)?);
        }
        if !sources.len().is_multiple_of(targets.len()) {
            return Err(format!("alias to `{to}`: {} paths cannot pair up with {}", sources.len(), targets.len()));
        }
        // A list of all spellings may hold the canonical one too.
        let mut pairs = sources.iter().zip(targets.iter().cycle()).filter(|(from, to)| from != to);
        pairs.try_for_each(|(from, to)| self.knowledge.alias(from, to)).map_err(|error| error.message)
    }

    fn query(&mut self, query: QueryEntry) {
        let fact = QueryFact {
            access: query.access,
            subject: query.subject.clone(),
            batched: query.batched,
            batched_write: query.batched_write,
            batched_insert: query.batched_insert,
            nested: query.nested,
            limited: query.limited,
            raw: query.raw,
            values: query.values,
            single_with: query.single_with,
            when_awaited: query.when_awaited,
            same_tick_batched: query.same_tick_batched,
            deferred: query.deferred,
            association: query.association,
            many: query.many,
            answers: query.answers,
        };
        self.add(&query.api, &ApiFact::Query(fact));
        if let Some(gives) = query.gives {
            self.add(&query.api, &ApiFact::Gives { gives, subject: query.subject });
        }
    }

    fn reference(&mut self, entry: ReferenceEntry) {
        if !entry.variables.is_empty() {
            let setting = Setting { framework: self.framework, variables: entry.variables, names: entry.names };
            self.knowledge.settings.push(setting);
        }
        let Some(api) = entry.api else { return };
        for argument in entry.argument.map_or_else(|| vec![ArgumentRef::Position(0)], Arguments::all) {
            self.add(&api, &ApiFact::Reference { argument, names: entry.names, given: entry.given.clone() });
        }
    }

    fn sink(&mut self, sink: SinkEntry) {
        let SinkEntry { kind, api, argument, built, request, piece, fills } = sink;
        for argument in argument.all() {
            self.add(&api, &ApiFact::Sink { kind, argument, built, request, piece, fills: fills.clone() });
        }
    }

    fn route(&mut self, route: RouteEntry) {
        let fact = RouteFact {
            methods: route.methods,
            methods_from: route.methods_from,
            path: route.path,
            path_of: route.path_of,
            described_by: route.described_by,
            handlers: route.handlers,
            params: route.params,
            params_are_sources: route.params_are_sources,
            middleware: route.middleware,
            members: route.members,
            item_members: route.item_members,
            item_path: route.item_path,
            item_names: route.item_names,
            named: route.named,
            more_paths: route.more_paths,
            detail: route.detail,
        };
        self.add(&route.api, &ApiFact::Route(fact));
    }

    fn file_route(&mut self, entry: FileRouteEntry) {
        self.knowledge.file_routes.push(FileRoute {
            framework: self.framework,
            files: entry.files,
            exports: entry.exports,
            methods: entry.methods,
            directive: entry.directive,
            params: entry.params,
            params_are_sources: entry.params_are_sources,
            folder: entry.folder,
        });
    }

    fn generated(&mut self, entry: GeneratedEntry) {
        for by in &entry.by.0 {
            for (name, api) in &entry.names {
                let (by, name, api, table) = (by.clone(), name.clone(), api.clone(), entry.table.clone());
                self.knowledge.generated.push(Generated { framework: self.framework, by, name, api, table });
            }
        }
    }
}
