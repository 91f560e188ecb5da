//! Contracts: names for pieces of the code and who may do what with whom, as `archcheck.toml` says it.
//!
//! Only what was said, each with its place. What a part holds and whether the code keeps to it is `check/contract`.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::finding::Level;
use super::role::Role;
use super::source::Span;

/// A value and where the user wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Located<T> {
    pub value: T,
    pub span: Span,
}

/// Parts, layers, rules and exceptions of one file, each in order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contract {
    /// The file that says it, relative to the root; empty when there is none.
    pub path: Arc<str>,
    /// The folder whose code it judges, relative to the root, with a slash at the end; empty for everything.
    pub folder: Arc<str>,
    pub parts: Vec<Part>,
    pub layers: Vec<Layers>,
    pub rules: Vec<Sentence>,
    pub exceptions: Vec<Exception>,
}

/// A named piece of the code. A part with the name of a role redefines that role.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub name: Located<String>,
    pub form: PartForm,
    /// Anyone may use it.
    pub open: bool,
    /// `expect = "none-yet"`: it is empty so far, and it is a mistake when it no longer is.
    pub none_yet: bool,
    /// Said by the file of a folder above.
    pub inherited: bool,
}

/// What makes up a part.
#[derive(Clone, Debug, PartialEq)]
pub enum PartForm {
    /// The files these globs match.
    Paths(Vec<Located<String>>),
    /// One part for each folder that matches (`src/features/{name}`), and the files through which others may enter it.
    Each { pattern: Located<String>, public: Vec<Located<String>> },
    /// Outside packages, with their submodules.
    Packages(Vec<Located<String>>),
}

/// What may stand with an order or a sentence in its table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    /// Why the rule is there.
    pub because: Option<String>,
    /// How to mend what breaks it.
    pub fix: Option<String>,
    /// Instead of `error`.
    pub level: Option<Level>,
    /// `expect = "none-yet"`: nothing can break it so far, and it is a mistake when something can. The place of the words.
    pub none_yet: Option<Span>,
    /// Whether imports for types alone count, instead of what the verb says.
    pub types: Option<bool>,
    /// Whether test code is judged.
    pub tests: bool,
}

/// One dimension of layers: `house = "cli > engine > check | link > model"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Layers {
    pub name: Located<String>,
    /// The order as written.
    pub span: Span,
    /// The order holds inside each folder of this part; its words are folders or files there.
    pub each: Option<Located<String>>,
    /// High to low.
    pub steps: Vec<Step>,
    pub terms: Terms,
}

/// The parts of one height.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub members: Vec<Member>,
    pub siblings: Siblings,
    pub reach: Reach,
}

/// A part in its layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub part: Located<String>,
    /// `name?`: the project may lack it.
    pub optional: bool,
}

/// Whether parts of one layer may import each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Siblings {
    /// `a | b`
    Strangers,
    /// `a : b`
    Friends,
}

/// How far down a layer may import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// `a > b`
    AnythingBelow,
    /// `a >> b`
    NextOnly,
}

/// One sentence of `[rules]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentence {
    pub name: Located<String>,
    /// The sentence as written.
    pub span: Span,
    pub form: RuleForm,
    pub verb: Verb,
    pub subjects: Vec<Mention>,
    pub objects: Vec<Mention>,
    pub terms: Terms,
}

/// A word of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    /// A part, a role, a path, `stdlib` or something of the surroundings.
    pub word: Located<String>,
    /// `other feature`: the other folders of the same `each`.
    pub other: bool,
}

/// What a sentence demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleForm {
    /// `a must not import b`
    MustNot,
    /// `a may only import b`: nothing but `b` and itself
    MayOnly,
    /// `a must import b`: every file of `a`, or every folder where `a` has one part per folder
    Must,
    /// `only a may import b`
    Only,
}

/// What a sentence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// An import.
    Import,
    /// A call whose target is known.
    Call,
    /// An import, a call, or naming a type.
    Use,
    /// A chain of imports and calls.
    Reach,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Verb; 4] = [Verb::Import, Verb::Call, Verb::Use, Verb::Reach];

    /// The word in sentences.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Import => "import",
            Verb::Call => "call",
            Verb::Use => "use",
            Verb::Reach => "reach",
        }
    }
}

/// One `[[except]]`: what a rule allows here and only here.
#[derive(Clone, Debug, PartialEq)]
pub struct Exception {
    pub span: Span,
    /// Names of rules, orders, or parts with a front door.
    pub rule: Located<String>,
    /// Paths (globs) or parts.
    pub from: Vec<Located<String>>,
    /// Paths, parts or packages; empty for everything.
    pub to: Vec<Located<String>>,
    pub because: String,
    /// The last day on which it holds.
    pub until: Option<Located<Date>>,
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

impl Date {
    /// Reads `2027-03-01`.
    pub fn parse(text: &str) -> Option<Date> {
        let mut numbers = text.split('-').map(|number| number.parse::<u16>().ok());
        let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let is_day = numbers.next().is_none() && (1..=12).contains(&month) && (1..=31).contains(&day);
        is_day.then_some(Date { year, month: month as u8, day: day as u8 })
    }

    /// The day in which this many seconds after 1970-01-01 (UTC) lie. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    pub fn of_unix_seconds(seconds: u64) -> Date {
        let days = (seconds / 86_400) as i64 + 719_468;
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Date { year: year as u16, month: month as u8, day: day as u8 }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// What a program has around it, in one word of a sentence. What belongs to each is in `rules/frameworks/*.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ambient {
    Clock,
    Env,
    Network,
    Filesystem,
    Randomness,
}

impl Ambient {
    /// All of them.
    pub const ALL: [Ambient; 5] = [Ambient::Clock, Ambient::Env, Ambient::Network, Ambient::Filesystem, Ambient::Randomness];

    /// The word in sentences.
    pub fn name(self) -> &'static str {
        match self {
            Ambient::Clock => "clock",
            Ambient::Env => "env",
            Ambient::Network => "network",
            Ambient::Filesystem => "filesystem",
            Ambient::Randomness => "randomness",
        }
    }

    /// The one with this name.
    pub fn from_name(name: &str) -> Option<Ambient> {
        Ambient::ALL.into_iter().find(|ambient| ambient.name() == name)
    }
}

/// The word for the standard library of the language at hand.
pub const STANDARD: &str = "stdlib";

/// What a word of a contract names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word<'a> {
    /// A declared part: index into [`Contract::parts`].
    Part(usize),
    Role(Role),
    Ambient(Ambient),
    Standard,
    /// `shared/time`: what lies at `rest` in a declared part, or the folder `rest` of an `each`.
    Inside(usize, &'a str),
    /// A path or a glob, relative to the contract's folder.
    Path(&'a str),
    Unknown,
}

impl Contract {
    /// True when it demands nothing.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty() && self.rules.is_empty() && !self.parts.iter().any(Part::has_door)
    }

    /// What a word names. The user's own parts come first.
    pub fn word<'a>(&self, word: &'a str) -> Word<'a> {
        let part = |name: &str| self.parts.iter().position(|part| part.name.value == name);
        if let Some(part) = part(word) {
            return Word::Part(part);
        }
        if let Some(role) = Role::from_name(word) {
            return Word::Role(role);
        }
        if let Some(ambient) = Ambient::from_name(word) {
            return Word::Ambient(ambient);
        }
        if word == STANDARD {
            return Word::Standard;
        }
        if let Some((first, rest)) = word.split_once('/')
            && let Some(part) = part(first)
        {
            return Word::Inside(part, rest);
        }
        let is_file = super::source::Language::of_path(word).is_some();
        if word.contains(['/', '*']) || is_file { Word::Path(word) } else { Word::Unknown }
    }

    /// Every mention of a part in the layers of the whole and in rules, and whether the project may lack it there. The words of orders inside
    /// an `each` are folders and are not among them.
    pub fn mentions(&self) -> impl Iterator<Item = (&Located<String>, bool)> {
        let whole = self.layers.iter().filter(|layers| layers.each.is_none());
        let members = whole.flat_map(|layers| &layers.steps).flat_map(|step| &step.members);
        let named = self.rules.iter().flat_map(|rule| rule.subjects.iter().chain(&rule.objects));
        members.map(|member| (&member.part, member.optional)).chain(named.map(|mention| (&mention.word, false)))
    }

    /// True when a file belongs to the folder that this contract judges.
    pub fn judges(&self, path: &str) -> bool {
        path.starts_with(&*self.folder)
    }
}

impl Part {
    /// True when others may enter it through some files only.
    pub fn has_door(&self) -> bool {
        matches!(&self.form, PartForm::Each { public, .. } if !public.is_empty())
    }
}

/// Something wrong with a contract that only the linked program shows, at a place of its file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContractMistake {
    /// The file of the contract.
    pub path: Arc<str>,
    pub span: Span,
    pub message: String,
    pub label: String,
    pub help: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_counted_and_written() {
        assert_eq!(Date::parse("2027-03-01"), Some(Date { year: 2027, month: 3, day: 1 }));
        for wrong in ["2027-13-01", "2027-03", "2027-03-01-02", "today", "2027-00-10"] {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
        for (seconds, day) in [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (951_868_800, "2000-03-01"), (1_798_761_599, "2026-12-31")] {
            assert_eq!(Date::of_unix_seconds(seconds).to_string(), day);
        }
    }
}
