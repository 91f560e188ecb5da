//! The form of `archcheck.toml` as a JSON Schema, for editors. What the words mean is checked by `config` itself, with better messages; these types only
//! describe.

#![expect(dead_code, reason = "the types are only described, never made")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// The contract of a project's architecture, and the settings of archcheck.
#[derive(JsonSchema)]
#[schemars(title = "archcheck.toml", deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    /// The version of this format.
    #[schemars(range(min = 1, max = 1))]
    version: Option<u8>,
    /// Which rules are on: `strict` is all of them.
    profile: Option<Profile>,
    /// Files that are left out, in the syntax of `.gitignore`.
    exclude: Option<Strings>,
    /// Names for pieces of the code. Roles (`router`, `service`, `repository`, `model` …), `stdlib`, `clock`, `env`, `network`, `filesystem` and
    /// `randomness` are predefined.
    parts: Option<BTreeMap<String, Part>>,
    /// Orders, high to low: `a > b` (may use anything below), `a >> b` (next only), `a | b` (strangers), `a : b` (friends), `a?` (may be missing).
    layers: Option<BTreeMap<String, Layers>>,
    /// Sentences: `a must not V b`, `a may only V b, c`, `a must V b`, `only a may V b`, `a must not V other a`; V is `import`, `call`, `use` or
    /// `reach`.
    rules: Option<BTreeMap<String, Rule>>,
    /// Rule id of the catalogue → level.
    levels: Option<BTreeMap<String, LevelOrOff>>,
    /// Rule id of the catalogue → its options.
    options: Option<BTreeMap<String, BTreeMap<String, serde_json::Value>>>,
    /// What a rule allows in one place.
    except: Option<Vec<Except>>,
    /// What libraries and your own wrappers mean, in the form of `rules/frameworks/*.toml`.
    knowledge: Option<Vec<BTreeMap<String, serde_json::Value>>>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Profile {
    Default,
    Strict,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
    Note,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum LevelOrOff {
    Error,
    Warning,
    Note,
    Off,
}

/// `none-yet`: nothing matches so far, and it is a mistake when something does.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Expect {
    NoneYet,
}

/// One or several.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Strings {
    One(String),
    Several(Vec<String>),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Part {
    /// Globs, files or folders.
    Paths(Strings),
    Path(PathPart),
    Each(EachPart),
    Package(PackagePart),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct PathPart {
    /// Globs, files or folders.
    path: Strings,
    /// Anyone may use it.
    open: Option<bool>,
    expect: Option<Expect>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct EachPart {
    /// One part for each folder: `src/features/{name}`.
    #[schemars(regex(pattern = r"^[^{]*\{[^{]*\}[^{]*$"))]
    each: String,
    /// The files of a folder through which others enter it.
    public: Option<Strings>,
    /// Anyone may use it.
    open: Option<bool>,
    expect: Option<Expect>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct PackagePart {
    /// Packages outside the project, with their submodules.
    package: Strings,
    /// Anyone may use it.
    open: Option<bool>,
    expect: Option<Expect>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Layers {
    /// `api > domain > storage`
    Order(String),
    Table(LayersTable),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct LayersTable {
    /// `api > domain > storage`
    order: String,
    /// The name of a part with `each`: the order holds inside each of its folders.
    each: Option<String>,
    /// Shown with every finding.
    because: Option<String>,
    /// The help of every finding.
    fix: Option<String>,
    level: Option<Level>,
    expect: Option<Expect>,
    /// Whether imports for types alone count.
    types: Option<bool>,
    /// Whether test code is judged.
    tests: Option<bool>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Rule {
    /// `only storage may use db`
    Sentence(String),
    Table(RuleTable),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RuleTable {
    /// `only storage may use db`
    rule: String,
    /// Shown with every finding.
    because: Option<String>,
    /// The help of every finding.
    fix: Option<String>,
    level: Option<Level>,
    expect: Option<Expect>,
    /// Whether imports for types alone count.
    types: Option<bool>,
    /// Whether test code is judged.
    tests: Option<bool>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Except {
    /// The name of a rule, an order, or a part with a front door.
    rule: String,
    /// Paths, globs or parts.
    from: Strings,
    /// Paths, globs, parts or packages; everything when it is missing.
    to: Option<Strings>,
    /// Why the rule does not hold here.
    #[schemars(length(min = 1))]
    because: String,
    /// The last day on which it holds: a date of TOML, or a text.
    #[schemars(extend("format" = "date"))]
    until: Option<String>,
}

/// The schema as text, with a newline at the end.
pub fn schema() -> String {
    let schema = schemars::schema_for!(File);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
