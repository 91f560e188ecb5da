//! Which rules are on, at which level, for which files: configuration and command line together.

use std::collections::BTreeMap;

use crate::model::finding::Level;
use crate::model::rule::{Profile, Rule};

/// The user's choice. The command line wins over the configuration.
#[derive(Clone, Debug)]
pub struct Selection {
    pub profile: Profile,
    /// Rule id → level, `None` for off.
    pub levels: BTreeMap<String, Option<Level>>,
    /// Rule ids and categories; when there is any, nothing else is on.
    pub select: Vec<String>,
    /// Rule ids and categories that are off.
    pub ignore: Vec<String>,
    /// Whether comments may silence findings.
    pub suppressions: bool,
    /// Files and folders whose findings are shown; empty for all.
    pub paths: Vec<String>,
}

impl Default for Selection {
    fn default() -> Selection {
        Selection {
            profile: Profile::Default,
            levels: BTreeMap::new(),
            select: Vec::new(),
            ignore: Vec::new(),
            suppressions: true,
            paths: Vec::new(),
        }
    }
}

/// A word of `select` or `ignore` that is neither a rule nor a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName(pub String);

impl Selection {
    /// The words that name nothing.
    pub fn unknown(&self, rules: &[Rule]) -> Vec<UnknownName> {
        let known = |word: &String| rules.iter().any(|rule| names(rule, word));
        self.select.iter().chain(&self.ignore).filter(|word| !known(word)).map(|word| UnknownName(word.clone())).collect()
    }

    /// True when the rule can report anything.
    pub fn is_on(&self, rule: &Rule) -> bool {
        self.level(&rule.id, Some(rule), rule.level).is_some()
    }

    /// The level of a finding that its check made at `own`, or `None` when its rule is off.
    ///
    /// A check lowers the level where the evidence is weaker; a configured level moves the finding with its rule and keeps that distance.
    pub(super) fn level(&self, id: &str, rule: Option<&Rule>, own: Level) -> Option<Level> {
        let named = |words: &[String]| words.iter().any(|word| rule.map_or(word == id, |rule| names(rule, word)));
        if named(&self.ignore) || (!self.select.is_empty() && !named(&self.select)) {
            return None;
        }
        match self.levels.get(id) {
            Some(None) if self.select.is_empty() => None,
            Some(Some(level)) => Some(moved(rule.map_or(own, |rule| rule.level), *level, own)),
            None if self.select.is_empty() && rule.is_some_and(|rule| rule.profile > self.profile) => None,
            _ => Some(own),
        }
    }

    /// True when findings in this file are shown.
    pub fn shows(&self, path: &str) -> bool {
        let holds = |shown: &String| {
            shown.is_empty() || path.strip_prefix(shown.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.paths.is_empty() || self.paths.iter().any(holds)
    }
}

/// True when the word is the rule's id or its category.
fn names(rule: &Rule, word: &str) -> bool {
    *rule.id == *word || *rule.category == *word
}

/// `own`, moved as far as the rule's level is moved from `from` to `to`, never above `to`.
fn moved(from: Level, to: Level, own: Level) -> Level {
    let rank = |level: Level| Level::Error as i8 - level as i8;
    match (rank(to) + (rank(own) - rank(from)).max(0)).min(rank(Level::Note)) {
        0 => Level::Error,
        1 => Level::Warning,
        _ => Level::Note,
    }
}
