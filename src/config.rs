//! `archcheck.toml` to a [`Config`], each value with its span.
//!
//! Zero configuration is the main case: without a file everything has its default. A file that says something this version does not
//! understand is a mistake with a place, never ignored: a setting that silently does nothing is worse than none. Rule ids and option names are checked
//! against the rulebook in [`check_names`]; what a part or a level *means* is decided by the stages.

pub mod baseline;
mod contract;
mod entries;
mod files;
mod nested;
pub mod own;
pub mod roots;
pub mod schema;
mod sentences;
mod words;

pub use contract::{PartGlobs, glob, part_globs};
pub use nested::check_nested_levels;
pub use words::check_parts;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::contract::{Contract, Located, Part, PartForm};
use crate::model::finding::Level;
use crate::model::knowledge::expand;
use crate::model::role::Role;
use crate::model::rule::{Profile, Rule, Settings};
use crate::model::source::Span;

/// The file names looked for in the root, best first. The last one only counts when it has a `[tool.archcheck]` table.
pub const FILE_NAMES: [&str; 3] = ["archcheck.toml", ".archcheck.toml", "pyproject.toml"];

/// What `archcheck.toml` says.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file it was read from, relative to the root, and its text; empty when there is none.
    pub path: Arc<str>,
    pub text: Arc<str>,
    pub profile: Profile,
    /// Patterns in `.gitignore` syntax.
    pub exclude: Vec<Located<String>>,
    /// Parts, layers and rules.
    pub contract: Contract,
    /// Rule id → level.
    pub levels: BTreeMap<String, LevelSetting>,
    /// Rule id → its options.
    pub options: BTreeMap<String, OptionTable>,
    /// `[[knowledge]]` tables, for the rulebook.
    pub knowledge: Vec<Located<toml::Table>>,
    /// The files of folders, in order of their paths.
    pub nested: Vec<Config>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            path: Arc::from(""),
            text: Arc::from(""),
            profile: Profile::Default,
            exclude: Vec::new(),
            contract: Contract::default(),
            levels: BTreeMap::new(),
            options: BTreeMap::new(),
            knowledge: Vec::new(),
            nested: Vec::new(),
        }
    }
}

/// The level a rule is set to.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelSetting {
    /// `None` is `off`.
    pub level: Option<Level>,
    /// Where the rule's id stands.
    pub span: Span,
}

/// The options of one rule.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionTable {
    /// Where the rule's id stands.
    pub span: Span,
    pub values: BTreeMap<String, OptionValue>,
}

/// One option's value, with the place of its name and its own.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionValue {
    pub name_span: Span,
    pub value: Located<toml::Value>,
}

/// A mistake in the configuration, with its place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// The file, relative to the root where it stands below it.
    pub path: Arc<str>,
    pub text: Arc<str>,
    pub span: Option<Span>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to say at the place.
    pub label: String,
    pub help: Option<String>,
}

impl Config {
    /// The roles the file redefines by path, with the globs that now make them.
    pub fn role_globs(&self) -> Vec<(Role, &Located<String>)> {
        let globs = |part: &Part| match &part.form {
            PartForm::Paths(globs) => globs.len(),
            _ => 0,
        };
        let mut found = Vec::new();
        for part in self.contract.parts.iter().filter(|part| globs(part) > 0) {
            if let (Some(role), PartForm::Paths(globs)) = (Role::from_name(&part.name.value), &part.form) {
                found.extend(globs.iter().map(|glob| (role, glob)));
            }
        }
        found
    }

    /// What the checks may ask: the profile, every rule's options with defaults filled in, and the contract.
    pub fn settings(&self, rules: &[Rule], profile: Profile) -> Settings {
        let mut options: BTreeMap<String, BTreeMap<String, toml::Value>> = BTreeMap::new();
        for rule in rules.iter().filter(|rule| !rule.options.is_empty()) {
            let own = options.entry(rule.id.to_string()).or_default();
            own.extend(rule.options.iter().map(|(name, value)| (name.clone(), value.clone())));
            let set = self.options.get(&*rule.id).map(|table| &table.values);
            own.extend(set.into_iter().flatten().map(|(name, option)| (name.clone(), option.value.value.clone())));
        }
        let nested = self.nested.iter().map(|config| config.contract.clone()).collect();
        Settings { profile, options, contract: self.contract.clone(), nested, today: None }
    }

    /// A mistake at a place of this file, for those who check what the file means.
    pub fn error(&self, span: Span, message: impl Into<String>, label: impl Into<String>, help: Option<String>) -> ConfigError {
        ConfigError {
            path: self.path.clone(),
            text: self.text.clone(),
            span: Some(span),
            message: message.into(),
            label: label.into(),
            help,
        }
    }
}

/// The configuration of a root: the file given, else the first of [`FILE_NAMES`] that is there, else the defaults.
pub fn load(root: &Path, explicit: Option<&Path>) -> Result<Config, Vec<ConfigError>> {
    load_over(root, explicit, &|_| None)
}

/// As [`load`], where `buffer` has the text of files that an editor holds open, by path relative to the root.
pub fn load_over(root: &Path, explicit: Option<&Path>, buffer: &dyn Fn(&str) -> Option<String>) -> Result<Config, Vec<ConfigError>> {
    let read = |file: &Path, name: &str| match buffer(name) {
        Some(text) if file.is_file() => Ok(text),
        _ if explicit.is_some() => files::read_named(file),
        _ => files::read(root, file),
    };
    if let Some(file) = explicit {
        let shown = shown(root, file);
        return match read(file, &shown) {
            Ok(text) => parse(&shown, &text),
            Err(error) => Err(vec![unreadable(&shown, &error)]),
        };
    }
    for name in FILE_NAMES {
        match read(&root.join(name), name) {
            Ok(text) if name != "pyproject.toml" || text.contains("tool.archcheck") => return parse(name, &text),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {}
            // A broken manifest is discovery's to tell.
            Err(_) if name == "pyproject.toml" => {}
            Err(error) => return Err(vec![unreadable(name, &error)]),
        }
    }
    Ok(Config::default())
}

/// A configuration file's path as reports may show it: never an absolute one, which differs from machine to machine.
fn shown(root: &Path, file: &Path) -> String {
    let outside = if file.is_absolute() { file.file_name().map_or(file, Path::new) } else { file };
    file.strip_prefix(root).unwrap_or(outside).to_string_lossy().replace('\\', "/")
}

/// Parses a configuration file. All its mistakes are told at once.
pub fn parse(path: &str, text: &str) -> Result<Config, Vec<ConfigError>> {
    read(path, text, None)
}

/// Parses the file of a folder, which adds to what the files above it say. `above` are those that hold for the folder: the root's first.
pub fn parse_nested(path: &str, text: &str, above: &[&Config]) -> Result<Config, Vec<ConfigError>> {
    read(path, text, Some(above))
}

fn read(path: &str, text: &str, above: Option<&[&Config]>) -> Result<Config, Vec<ConfigError>> {
    let mut reader = Reader { config: Config { path: path.into(), text: text.into(), ..Config::default() }, errors: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    if let Some(error) = errors.first() {
        let span = error.span().map(|span| Span::new(span.start, span.end)).unwrap_or_default();
        reader.error(span, format!("`{path}` is not valid TOML"), error.message().to_string(), None);
        return Err(reader.errors);
    }
    let tool = || table.get_ref().get("tool")?.get_ref().as_table()?.get("archcheck")?.get_ref().as_table();
    match path.ends_with("pyproject.toml") {
        true => tool().into_iter().for_each(|table| reader.top(table)),
        false => reader.top(table.get_ref()),
    }
    reader.config.contract.path = reader.config.path.clone();
    entries::put_in_order(&mut reader.config.contract);
    if let Some(above) = above {
        nested::adapt(&mut reader, table.get_ref(), above);
    }
    if reader.errors.is_empty() {
        reader.errors = words::check_names(&reader.config);
    }
    if reader.errors.is_empty() {
        Ok(reader.config)
    } else {
        reader.errors.sort_by_key(|error| error.span);
        Err(reader.errors)
    }
}

/// Checks the rule ids and options that the configuration names against the rules there are.
pub fn check_names(config: &Config, rules: &[Rule]) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    let find = |id: &str| rules.iter().find(|rule| &*rule.id == id);
    let unknown = |id: &str, span: Span| {
        let help = did_you_mean(id, rules.iter().map(|rule| &*rule.id))
            .map_or_else(|| "`archcheck rules` lists the rules".to_string(), |near| format!("did you mean `{near}`?"));
        config.error(span, format!("unknown rule `{id}`"), "no rule has this id", Some(help))
    };
    for (id, setting) in &config.levels {
        if find(id).is_none() {
            errors.push(unknown(id, setting.span));
        }
    }
    for (id, table) in &config.options {
        let Some(rule) = find(id) else {
            errors.push(unknown(id, table.span));
            continue;
        };
        for (name, option) in &table.values {
            match rule.options.get(name) {
                None => {
                    let help = allowed(name, rule.options.keys().map(String::as_str), "options of this rule");
                    errors.push(config.error(option.name_span, format!("`{id}` has no option `{name}`"), "unknown option", Some(help)));
                }
                Some(default) if !same_type(default, &option.value.value) => {
                    let (wanted, got) = (with_article(default.type_str()), with_article(option.value.value.type_str()));
                    let message = format!("`{name}` of `{id}` must be {wanted}, not {got}");
                    errors.push(config.error(
                        option.value.span,
                        message,
                        format!("expected {wanted}"),
                        Some(format!("the default is `{default}`")),
                    ));
                }
                Some(_) => {}
            }
        }
    }
    errors.sort_by_key(|error| error.span);
    errors
}

/// The candidate a misspelt word most likely meant.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity >= 0.82)
        // The first of equally near ones, so that the answer does not hang on their number.
        .fold(None, |best: Option<(f64, &str)>, near| if best.is_some_and(|best| best.0 >= near.0) { best } else { Some(near) })
        .map(|(_, candidate)| candidate)
}

/// A path of `[[knowledge]]` that nothing in the program has, at the place where it is written. `near` is a name that may be meant.
pub fn unmatched_knowledge(config: &Config, path: &str, near: Option<&str>) -> ConfigError {
    let means = |pattern: &str| expand(&pattern.replace("::", ".")).is_ok_and(|paths| paths.iter().any(|own| own == path));
    let written = config.knowledge.iter().find_map(|table| {
        let pattern = strings_in(&toml::Value::Table(table.value.clone())).into_iter().find(|pattern| means(pattern))?;
        let text = config.text.get(table.span.start as usize..).unwrap_or_default();
        let quoted = text.match_indices(&pattern).find(|(at, _)| text[at + pattern.len()..].starts_with(['"', '\'']))?;
        let at = quoted.0 + table.span.start as usize;
        Some((Span::new(at, at + pattern.len()), pattern))
    });
    let (span, pattern) = written.unwrap_or_else(|| (Span::new(0, 0), path.to_string()));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "a name of the project begins with its module: `app.db.run_sql`, `src/db.run`, `crate::db::run`".to_string(),
    };
    let message = format!("`[[knowledge]]` speaks of `{pattern}`, which nothing here has");
    config.error(span, message, "no such function, and no library is used that has it", Some(help))
}

/// Every string in a value, in order.
fn strings_in(value: &toml::Value) -> Vec<String> {
    match value {
        toml::Value::String(text) => vec![text.clone()],
        toml::Value::Array(items) => items.iter().flat_map(strings_in).collect(),
        toml::Value::Table(table) => table.iter().flat_map(|(_, value)| strings_in(value)).collect(),
        _ => Vec::new(),
    }
}

fn unreadable(path: &str, error: &std::io::Error) -> ConfigError {
    ConfigError {
        path: path.into(),
        text: Arc::from(""),
        span: None,
        message: format!("cannot read `{path}`: {error}"),
        label: String::new(),
        help: None,
    }
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

/// A whole number will do where a fraction is wanted.
fn same_type(default: &toml::Value, given: &toml::Value) -> bool {
    default.same_type(given) || (default.is_float() && given.is_integer())
}

/// "did you mean …" when one is near, and what there is.
fn allowed<'a>(word: &str, candidates: impl Iterator<Item = &'a str> + Clone, what: &str) -> String {
    let all: Vec<String> = candidates.clone().map(|candidate| format!("`{candidate}`")).collect();
    let all = if all.is_empty() { format!("there are no {what}") } else { format!("{what}: {}", all.join(", ")) };
    match did_you_mean(word, candidates) {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all,
    }
}

/// Reads the tables, collecting mistakes.
struct Reader {
    config: Config,
    errors: Vec<ConfigError>,
}

const TOP_KEYS: &[&str] = &["version", "profile", "exclude", "parts", "layers", "rules", "levels", "options", "except", "knowledge"];
const PART_KEYS: &[&str] = &["path", "each", "package", "public", "open", "expect"];
const LEVELS: &[&str] = &["error", "warning", "note", "off"];
const PROFILES: &[&str] = &["default", "strict"];

impl Reader {
    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            match &**key.get_ref() {
                "version" => self.version(value),
                "profile" => self.profile(value),
                "exclude" => self.config.exclude = self.ignore_patterns(value),
                "parts" => self.each_entry(value, "parts", Reader::part),
                "layers" => self.each_entry(value, "layers", Reader::layers),
                "rules" => self.each_entry(value, "rules", Reader::rule),
                "levels" => self.each_entry(value, "levels", Reader::level),
                "options" => self.each_entry(value, "options", Reader::options),
                "except" => self.except(value),
                "knowledge" => self.knowledge(value),
                unknown => {
                    let help = allowed(unknown, TOP_KEYS.iter().copied(), "keys here");
                    self.error(span(key), format!("unknown key `{unknown}`"), "not a setting of archcheck", Some(help));
                }
            }
        }
    }

    fn version(&mut self, value: &Spanned<DeValue<'_>>) {
        if integer(value.get_ref()) != Some(1) {
            let help = "write `version = 1`".to_string();
            self.error(span(value), "unknown version of the configuration format", "this archcheck reads version 1", Some(help));
        }
    }

    fn profile(&mut self, value: &Spanned<DeValue<'_>>) {
        match self.word(value, "profile", PROFILES) {
            Some("strict") => self.config.profile = Profile::Strict,
            Some(_) => self.config.profile = Profile::Default,
            None => {}
        }
    }

    fn level(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        let Some(word) = self.word(value, "level", LEVELS) else { return };
        let level = [Level::Error, Level::Warning, Level::Note].into_iter().find(|level| level.name() == word);
        self.config.levels.insert(key.get_ref().to_string(), LevelSetting { level, span: span(key) });
    }

    fn options(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong_type(value, "a table of options");
        };
        let values = table.iter().map(|(name, value)| {
            let located = Located { value: plain(value.get_ref()), span: span(value) };
            (name.get_ref().to_string(), OptionValue { name_span: span(name), value: located })
        });
        let values = values.collect();
        self.config.options.insert(key.get_ref().to_string(), OptionTable { span: span(key), values });
    }

    fn knowledge(&mut self, value: &Spanned<DeValue<'_>>) {
        let Some(items) = value.get_ref().as_array() else {
            return self.wrong_type(value, "an array of tables: write `[[knowledge]]`");
        };
        for item in items.iter() {
            match plain(item.get_ref()) {
                toml::Value::Table(table) => self.config.knowledge.push(Located { value: table, span: span(item) }),
                _ => self.wrong_type(item, "a table"),
            }
        }
    }

    fn part(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        let name = Located { value: key.get_ref().to_string(), span: span(key) };
        let Some(table) = value.get_ref().as_table() else {
            let globs = self.globs(value);
            return self.config.contract.parts.push(Part {
                name,
                form: PartForm::Paths(globs),
                open: false,
                none_yet: false,
                inherited: false,
            });
        };
        for (key, _) in table {
            if !PART_KEYS.contains(&&**key.get_ref()) {
                let help = allowed(key.get_ref(), PART_KEYS.iter().copied(), "keys of a part");
                self.error(
                    span(key),
                    format!("unknown key `{}` in part `{}`", key.get_ref(), name.value),
                    "not a key of a part",
                    Some(help),
                );
            }
        }
        let open = table.get("open").and_then(|value| self.boolean(value)).unwrap_or(false);
        let none_yet = table.get("expect").is_some_and(|value| self.none_yet(value).is_some());
        let form = match (table.get("path"), table.get("each"), table.get("package")) {
            (Some(paths), None, None) => Some(PartForm::Paths(self.globs(paths))),
            (None, Some(each), None) => self.each(each, table.get("public")),
            (None, None, Some(packages)) => Some(PartForm::Packages(self.strings(packages))),
            _ => {
                let help = "write one of `path = …`, `each = …` or `package = …`".to_string();
                self.error(
                    span(value),
                    format!("part `{}` needs exactly one of `path`, `each` and `package`", name.value),
                    "this part",
                    Some(help),
                );
                None
            }
        };
        if let Some(public) = table.get("public").filter(|_| !table.contains_key("each")) {
            self.error(span(public), "`public` belongs to a part with `each`", "without `each` there is no front door", None);
        }
        if let Some(form) = form {
            self.config.contract.parts.push(Part { name, form, open, none_yet, inherited: false });
        }
    }

    fn each(&mut self, each: &Spanned<DeValue<'_>>, public: Option<&Spanned<DeValue<'_>>>) -> Option<PartForm> {
        let Some(pattern) = each.get_ref().as_str() else {
            self.wrong_type(each, "a folder pattern such as `\"src/features/{name}\"`");
            return None;
        };
        let braces = pattern.split('{').count() == 2 && pattern.split_once('{').is_some_and(|(_, rest)| rest.contains('}'));
        if !braces {
            let help = "write the folder's name as `{name}`: `\"src/features/{name}\"`".to_string();
            self.error(span(each), "`each` needs one `{name}` in its pattern", "no `{name}` here", Some(help));
            return None;
        }
        let public = public.map(|public| self.strings(public)).unwrap_or_default();
        Some(PartForm::Each { pattern: Located { value: pattern.to_string(), span: span(each) }, public })
    }

    /// A string that is one of a few words.
    fn word<'w>(&mut self, value: &Spanned<DeValue<'_>>, what: &str, words: &[&'w str]) -> Option<&'w str> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, &format!("one of {}", words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")));
            return None;
        };
        let known = words.iter().copied().find(|word| *word == text);
        if known.is_none() {
            let help = allowed(text, words.iter().copied(), "allowed");
            self.error(span(value), format!("unknown {what} `{text}`"), format!("not a {what}"), Some(help));
        }
        known
    }

    fn globs(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Located<String>> {
        let globs = self.strings(value);
        for glob in &globs {
            if let Err(error) = contract::glob(&glob.value) {
                self.error(glob.span, format!("`{}` is not a valid glob", glob.value), error.kind().to_string(), None);
            }
        }
        globs
    }

    fn ignore_patterns(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Located<String>> {
        let patterns = self.strings(value);
        for pattern in &patterns {
            let mut builder = ignore::gitignore::GitignoreBuilder::new("");
            if let Err(error) = builder.add_line(None, &pattern.value) {
                self.error(pattern.span, format!("`{}` is not a valid pattern", pattern.value), error.to_string(), None);
            }
        }
        patterns
    }

    /// A string, or an array of strings.
    fn strings(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Located<String>> {
        let mut found = Vec::new();
        let mut add = |reader: &mut Reader, item: &Spanned<DeValue<'_>>| match item.get_ref().as_str() {
            Some(text) => found.push(Located { value: text.to_string(), span: span(item) }),
            None => reader.wrong_type(item, "a string"),
        };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().for_each(|item| add(self, item)),
            DeValue::String(_) => add(self, value),
            _ => self.wrong_type(value, "a string or an array of strings"),
        }
        found
    }

    fn each_entry(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        name: &str,
        read: fn(&mut Reader, &Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>),
    ) {
        match value.get_ref().as_table() {
            Some(table) => table.iter().for_each(|(key, value)| read(self, key, value)),
            None => self.wrong_type(value, &format!("a table: write `[{name}]`")),
        }
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let got = with_article(value.get_ref().type_str());
        self.error(span(value), format!("expected {wanted}, found {got}"), format!("this is {got}"), None);
    }

    fn error(&mut self, span: Span, message: impl Into<String>, label: impl Into<String>, help: Option<String>) {
        let error = self.config.error(span, message, label, help);
        self.errors.push(error);
    }
}

fn span<T>(value: &Spanned<T>) -> Span {
    Span::new(value.span().start, value.span().end)
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// The value without its spans. The parser's nesting limit bounds the recursion.
fn plain(value: &DeValue<'_>) -> toml::Value {
    match value {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Integer(_) => toml::Value::Integer(integer(value).unwrap_or_default()),
        DeValue::Float(float) => toml::Value::Float(float.as_str().parse().unwrap_or_default()),
        DeValue::Boolean(boolean) => toml::Value::Boolean(*boolean),
        DeValue::Datetime(datetime) => toml::Value::Datetime(*datetime),
        DeValue::Array(items) => toml::Value::Array(items.iter().map(|item| plain(item.get_ref())).collect()),
        DeValue::Table(table) => {
            toml::Value::Table(table.iter().map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref()))).collect())
        }
    }
}

#[cfg(test)]
mod tests;
