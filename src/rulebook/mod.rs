//! The rulebook: rule pages, framework knowledge and the names that hint at roles, the built-in ones and the user's own through
//! one loader.
//!
//! It reads text and checks its form. What a rule finds is decided in `check`, what a pattern matches in `model::knowledge`.

pub mod coverage;
mod error;
mod framework;
pub mod marks;
mod names;
mod page;
mod query;
pub mod settings;
pub mod vocabulary;

pub use error::LoadError;
pub use names::{Folders, RoleNames};

use crate::model::knowledge::Knowledge;
use crate::model::rule::{Example, Rule};

/// Every file under `rules/` with its text, sorted by path.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Everything the stages know besides the code they read.
#[derive(Clone, Debug, Default)]
pub struct Rulebook {
    /// Sorted by id.
    pub rules: Vec<Rule>,
    pub knowledge: Knowledge,
    pub names: RoleNames,
}

impl Rulebook {
    /// The rules and the knowledge that archcheck carries.
    ///
    /// A broken file of ours is left out here; whoever judges with it asks what is wrong ([`Rulebook::load_built_in`]).
    pub fn built_in() -> Rulebook {
        Rulebook::load_built_in().0
    }

    /// As [`Rulebook::built_in`], with what is wrong in the files.
    pub fn load_built_in() -> (Rulebook, Vec<LoadError>) {
        let mut book = Rulebook::default();
        let mut errors: Vec<LoadError> = vocabulary::mistakes().collect();
        // A query belongs to a page, so pages come first.
        let is_query = |file: &str| file.ends_with(".scm");
        for (file, text) in FILES.iter().filter(|(file, _)| !is_query(file)).chain(FILES.iter().filter(|(file, _)| is_query(file))) {
            errors.extend(book.add_file(file, text).err().unwrap_or_default());
        }
        (book, errors)
    }

    /// The rule with this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        let at = self.rules.binary_search_by(|rule| (*rule.id).cmp(id)).ok()?;
        self.rules.get(at)
    }

    /// Adds a rule page. A page whose id is already known replaces that rule, so a user can tighten a built-in one.
    ///
    /// # Errors
    /// Everything that is wrong with the page; nothing is added then.
    pub fn add_page(&mut self, file: &str, text: &str) -> Result<(), Vec<LoadError>> {
        let rule = page::parse(file, text)?;
        match self.rules.binary_search_by(|known| known.id.cmp(&rule.id)) {
            Ok(at) => self.rules[at] = rule,
            Err(at) => self.rules.insert(at, rule),
        }
        Ok(())
    }

    /// Adds a query of a rule whose page is there: `…/queries/<language>/<rule-id>.scm`.
    ///
    /// # Errors
    /// A query of no rule, a language that has none, and everything that is wrong with its outline.
    pub fn add_query(&mut self, file: &str, text: &str) -> Result<(), Vec<LoadError>> {
        let mut parts = file.rsplit('/');
        let id = parts.next().and_then(|name| name.strip_suffix(".scm")).unwrap_or_default();
        let language = parts.next().unwrap_or_default();
        let family = query::family(language).ok_or_else(|| {
            vec![LoadError::at(file, 1, format!("`{language}` is no language of queries")).help("one of `python`, `typescript`, `rust`")]
        })?;
        let Ok(at) = self.rules.binary_search_by(|rule| (*rule.id).cmp(id)) else {
            let near = error::nearest(id, self.rules.iter().map(|rule| &*rule.id)).map(|near| format!("did you mean `{near}`?"));
            let help = near.unwrap_or_else(|| format!("write its page first: `rules/{id}.md`"));
            return Err(vec![LoadError::at(file, 1, format!("no rule is called `{id}`")).help(help)]);
        };
        let query = query::parse(file, text, 0, text, family)?;
        let queries = &mut self.rules[at].queries;
        queries.retain(|own| own.family != family);
        queries.push(query);
        Ok(())
    }

    /// Adds a framework file.
    ///
    /// # Errors
    /// Everything that is wrong with the file; what is right in it is added all the same.
    pub fn add_framework(&mut self, file: &str, text: &str) -> Result<(), Vec<LoadError>> {
        framework::parse(file, text)?.add_to(&mut self.knowledge, file, text)
    }

    /// Adds the `[[knowledge]]` tables of the user's `archcheck.toml`: the same form as a framework file, without its heading.
    ///
    /// # Errors
    /// Everything that is wrong with the tables, named by number; what is right in them is added all the same.
    pub fn add_knowledge(&mut self, file: &str, tables: &[toml::Table]) -> Result<(), Vec<LoadError>> {
        let mut errors = Vec::new();
        for (at, table) in tables.iter().enumerate() {
            // Written out and read back, so that a user's table goes through the very loader of the built-in files. Its lines are
            // not those of the user's file, so the table is named by number instead.
            let text = toml::to_string(table).unwrap_or_default();
            let added = framework::parse_table(file, &text)
                .and_then(|parsed| parsed.add_as(framework::Author::User, &mut self.knowledge, file, &text));
            errors.extend(added.err().unwrap_or_default().into_iter().map(|error| error.in_table("[[knowledge]]", at + 1)));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn add_file(&mut self, file: &str, text: &str) -> Result<(), Vec<LoadError>> {
        if file.ends_with(".md") {
            self.add_page(file, text)
        } else if file.ends_with(".scm") {
            self.add_query(file, text)
        } else if file.starts_with("rules/frameworks/") {
            self.add_framework(file, text)
        } else if *file == *"rules/roles.toml" {
            self.names = names::parse(file, text)?;
            Ok(())
        } else {
            // Other data under `rules/` has readers of its own.
            Ok(())
        }
    }
}

/// The examples of the built-in framework files: file, example. They are read only by tests, so the rulebook does not hold them.
pub fn framework_examples() -> Vec<(&'static str, Vec<Example>)> {
    FILES
        .iter()
        .filter(|(file, _)| file.starts_with("rules/frameworks/"))
        .map(|(file, text)| (*file, framework::parse(file, text).map(|parsed| parsed.examples(text)).unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests;
