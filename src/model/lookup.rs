//! Everything that is known of libraries, and how the entries of an access path are found: exact paths by a table, patterns by the package they begin with.

use super::knowledge::{ApiFact, Convention, Entry, EntryPoint, Extension, Framework, Generated, Holder, Setting};
use super::routing::FileRoute;

/// A captured piece of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiMatch {
    /// Index into [`Knowledge::entries`].
    pub entry: u32,
    /// What `<table>` stood for.
    pub table: Option<String>,
}

/// Everything archcheck knows about libraries.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    pub frameworks: Vec<Framework>,
    pub entries: Vec<Entry>,
    /// Those that hold in every file of a package that depends on the framework: plugins are handed what they use.
    pub package_conventions: Vec<Convention>,
    pub conventions: Vec<Convention>,
    pub holders: Vec<Holder>,
    pub file_routes: Vec<FileRoute>,
    pub entry_points: Vec<EntryPoint>,
    pub extensions: Vec<Extension>,
    pub generated: Vec<Generated>,
    pub settings: Vec<Setting>,
    /// Variables that hold routes of their file (`urlpatterns`).
    pub route_lists: Vec<String>,
    /// Variables that name the module with the outermost routes (`ROOT_URLCONF`).
    pub route_roots: Vec<String>,
    /// Options under which a route is given what stands before its handler (`preHandler`).
    pub guard_options: Vec<String>,
    /// Packages with which the shape of input is checked, as imports name them; what is below them counts as well.
    pub validates_input: Vec<String>,
    /// Packages that check the input of whole applications by the document of their API.
    pub validates_routes: Vec<String>,
    /// What the user's own tables speak of, to be looked for among the project's definitions too.
    pub taught: Vec<Taught>,
    patterns: PatternTable,
}

/// A path of the user's `[[knowledge]]`, braces expanded: a library's, or the project's own (`app.db.run_sql`, `src/db.run`, `crate.db.run`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taught {
    pub path: String,
    /// Index into [`Knowledge::entries`].
    pub entry: u32,
}

/// Patterns over access paths, for look-up by whole path.
#[derive(Clone, Debug, Default)]
struct PatternTable {
    /// Exact path → canonical path.
    aliases: rustc_hash::FxHashMap<String, String>,
    /// Exact path → entries.
    exact: rustc_hash::FxHashMap<String, Vec<u32>>,
    /// What has to be called to come to one: `actix_web.web.get` of `actix_web.web.get().to`.
    called: rustc_hash::FxHashSet<String>,
    /// Patterns with `*` or `<table>`, split at segments, by their first segment (the package).
    open: rustc_hash::FxHashMap<String, Vec<(Vec<String>, u32)>>,
    /// Same for aliases.
    open_aliases: rustc_hash::FxHashMap<String, Vec<(Vec<String>, String)>>,
}

/// Why a pattern was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    pub message: String,
}

impl Knowledge {
    /// Adds a fact for every path the pattern stands for (braces expanded).
    ///
    /// # Errors
    /// A pattern with unbalanced braces or an empty segment is refused.
    pub fn add(&mut self, framework: u16, pattern: &str, fact: ApiFact) -> Result<(), PatternError> {
        let entry = self.entries.len() as u32;
        self.entries.push(Entry { framework, fact });
        for path in expand(pattern)? {
            let segments = owned(&path);
            if segments.iter().any(|segment| is_open(segment)) {
                let first = segments[0].clone();
                self.patterns.open.entry(first).or_default().push((segments, entry));
            } else {
                if let Some((called, _)) = path.split_once("()") {
                    self.patterns.called.insert(called.to_string());
                }
                self.patterns.exact.entry(path).or_default().push(entry);
            }
        }
        Ok(())
    }

    /// As [`Knowledge::add`], for a user's own table: paths may be written the Rust way, with `::`, and are remembered.
    ///
    /// # Errors
    /// As [`Knowledge::add`].
    pub fn teach(&mut self, framework: u16, pattern: &str, fact: ApiFact) -> Result<(), PatternError> {
        let pattern = pattern.replace("::", ".");
        let entry = self.entries.len() as u32;
        self.add(framework, &pattern, fact)?;
        self.taught.extend(expand(&pattern)?.into_iter().map(|path| Taught { path, entry }));
        Ok(())
    }

    /// Says that `from` (a pattern) is another way to write `to`.
    ///
    /// # Errors
    /// As [`Knowledge::add`].
    pub fn alias(&mut self, from: &str, to: &str) -> Result<(), PatternError> {
        for path in expand(from)? {
            let segments = owned(&path);
            if segments.iter().any(|segment| is_open(segment)) {
                let first = segments[0].clone();
                self.patterns.open_aliases.entry(first).or_default().push((segments, to.to_string()));
            } else {
                self.patterns.aliases.insert(path, to.to_string());
            }
        }
        Ok(())
    }

    /// True when something known is reached by calling this.
    pub fn leads_on(&self, path: &str) -> bool {
        self.patterns.called.contains(path)
    }

    /// The framework whose file has an entry, by the entry's number.
    pub fn framework_of(&self, entry: u32) -> Option<&Framework> {
        self.frameworks.get(self.entries.get(entry as usize)?.framework as usize)
    }

    /// The canonical spelling of a path, if it is an alias of another.
    pub fn canonical(&self, path: &str) -> Option<&str> {
        if let Some(to) = self.patterns.aliases.get(path) {
            return Some(to);
        }
        let split = segments(path);
        let mut open = [*split.first()?, ANY_PACKAGE].into_iter().filter_map(|first| self.patterns.open_aliases.get(first)).flatten();
        open.find(|(pattern, _)| matches(pattern, &split).is_some()).map(|(_, to)| to.as_str())
    }

    /// Every entry that speaks of this (canonical) path, in the order of the files.
    pub fn facts(&self, path: &str) -> Vec<ApiMatch> {
        let mut found: Vec<ApiMatch> =
            self.patterns.exact.get(path).into_iter().flatten().map(|&entry| ApiMatch { entry, table: None }).collect();
        let split = segments(path);
        if let Some(open) = split.first().and_then(|first| self.patterns.open.get(*first)) {
            found.extend(open.iter().filter_map(|(pattern, entry)| Some(ApiMatch { entry: *entry, table: matches(pattern, &split)? })));
        }
        found.sort_by_key(|found| found.entry);
        found
    }
}

/// The first segment of an alias that holds for every package: code that a tool writes into the project (`*.PrismaClient`).
const ANY_PACKAGE: &str = "*";

fn is_open(segment: &str) -> bool {
    segment.ends_with('*') || segment.starts_with(".<")
}

/// Matches segment by segment; the value is the captured table.
fn matches(pattern: &[String], path: &[&str]) -> Option<Option<String>> {
    if pattern.len() != path.len() {
        return None;
    }
    let mut captured = None;
    for (want, have) in pattern.iter().zip(path) {
        if want == have || want == ANY_PACKAGE {
            continue;
        }
        let name = have.strip_prefix('.')?;
        if want.starts_with(".<") {
            captured = Some(name.to_string());
        } else if want != ".*" {
            let start = want.strip_suffix('*')?;
            let rest = have.strip_prefix(start)?;
            // `.create_*` is any name of such a beginning, `.get*` the table as well.
            if !start.ends_with('_') {
                captured = Some(rest.to_string()).filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))?.into();
            }
        }
    }
    Some(captured)
}

/// Splits a path: the package first (with its slashes, without dots for scoped and TypeScript packages as written), then `.name`, `()`, `[]`.
///
/// `@nestjs/common.Get` → `@nestjs/common`, `.Get`; `a.b().c` → `a`, `.b`, `()`, `.c`.
pub fn segments(path: &str) -> Vec<&str> {
    let mut out = Vec::with_capacity(8);
    let mut start = 0;
    let slash = path.rfind('/').unwrap_or(0);
    for (at, byte) in path.bytes().enumerate() {
        let begins = match byte {
            b'.' if at > slash => at,
            b'(' | b'[' => at,
            b')' | b']' => at + 1,
            _ => continue,
        };
        if begins > start {
            out.push(&path[start..begins]);
            start = begins;
        }
    }
    if start < path.len() {
        out.push(&path[start..]);
    }
    out
}

/// What one pattern may stand for.
const MOST_CHOICES: usize = 4_096;
fn owned(path: &str) -> Vec<String> {
    segments(path).into_iter().map(str::to_string).collect()
}

/// Expands `{a,b}` alternatives (not nested), in order.
///
/// # Errors
/// Unbalanced or nested braces, names missing between dots, and more than 4,096 alternatives are refused.
pub fn expand(pattern: &str) -> Result<Vec<String>, PatternError> {
    let mut done = vec![String::new()];
    let mut rest = pattern;
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}').map(|at| at + open).ok_or_else(|| error(pattern, "`{` without `}`"))?;
        let head = &rest[..open];
        let choices: Vec<&str> = rest[open + 1..close].split(',').map(str::trim).collect();
        if head.contains('}') || choices.iter().any(|choice| choice.contains('{')) {
            return Err(error(pattern, "braces cannot be nested"));
        }
        if done.len().saturating_mul(choices.len()) > MOST_CHOICES {
            return Err(error(pattern, "it stands for too many names"));
        }
        done = done.iter().flat_map(|prefix| choices.iter().map(move |choice| format!("{prefix}{head}{choice}"))).collect();
        rest = &rest[close + 1..];
    }
    if rest.contains('}') {
        return Err(error(pattern, "`}` without `{`"));
    }
    for path in &mut done {
        path.push_str(rest);
        if path.is_empty() || path.contains("..") || path.ends_with('.') {
            return Err(error(pattern, "a name is missing between the dots"));
        }
    }
    Ok(done)
}

fn error(pattern: &str, what: &str) -> PatternError {
    PatternError { message: format!("pattern `{pattern}`: {what}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_split_into_package_names_calls() {
        assert_eq!(segments("@nestjs/common.Get"), ["@nestjs/common", ".Get"]);
        assert_eq!(segments("a.b().c[]"), ["a", ".b", "()", ".c", "[]"]);
        assert_eq!(segments("next/server.NextRequest()"), ["next/server", ".NextRequest", "()"]);
    }

    #[test]
    fn braces_stars_and_tables_match() {
        let mut knowledge = Knowledge::default();
        knowledge.add(0, "p.Client().<table>.{find,count}", ApiFact::Commit).unwrap();
        knowledge.add(0, "p.Client().$raw", ApiFact::Blocking).unwrap();
        let found = knowledge.facts("p.Client().user.find");
        assert_eq!(found, [ApiMatch { entry: 0, table: Some("user".into()) }]);
        assert_eq!(knowledge.facts("p.Client().$raw").len(), 1);
        assert!(knowledge.facts("p.Client().user.other").is_empty());
        assert!(knowledge.facts("p.Client().user().find").is_empty());
    }

    #[test]
    fn aliases_rewrite_whole_paths() {
        let mut knowledge = Knowledge::default();
        knowledge.alias("s.{session.Session,scoped}", "s.Session").unwrap();
        assert_eq!(knowledge.canonical("s.session.Session"), Some("s.Session"));
        assert_eq!(knowledge.canonical("s.Session"), None);
        knowledge.alias("*.Made", "s.Made").unwrap();
        assert_eq!(knowledge.canonical("../generated/client.Made"), Some("s.Made"));
        assert_eq!(knowledge.canonical("a.b.Made"), None);
    }

    #[test]
    fn a_broken_pattern_is_refused() {
        assert!(expand("a.{b").is_err());
        assert!(expand("a..b").is_err());
        assert!(expand("a}").is_err());
    }
}
