//! The words of `[layers]` and `[rules]`: `cli > engine >> check | link > model`, `only repository may import db`.
//!
//! Reads the sentences and holds their words against the parts there are. Whether the code keeps to them is a check's to say.

use std::borrow::Cow;
use std::ops::Range;

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use toml::Spanned;
use toml::de::DeValue;

use super::{Config, ConfigError, Reader, did_you_mean, span};
use crate::model::contract::{Contract, ImportRule, Layers, Located, Member, Part, PartForm, Reach, RuleForm, Siblings, Step};
use crate::model::role::Role;
use crate::model::source::Span;

const SIGNS: &str = "`>` (may use anything below), `>>` (next only), `|` (strangers), `:` (friends) and `?` (may be missing)";
const FORMS: &str = "write `a must not import b` or `only a may import b`; several parts stand with commas";

/// A mistake inside a sentence, at these bytes of it.
struct Wrong {
    at: Range<usize>,
    message: String,
    label: &'static str,
    help: String,
}

impl Reader {
    pub(super) fn layers(&mut self, key: &Spanned<Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        let Some(text) = value.get_ref().as_str() else {
            return self.wrong_type(value, "an order such as `\"cli > engine > model\"`");
        };
        match steps(text, &|at| self.inside(value, text, at)) {
            Ok(steps) => self.config.contract.layers.push(Layers { name: key.get_ref().to_string(), span: span(value), steps }),
            Err(wrong) => self.tell(value, text, wrong),
        }
    }

    pub(super) fn rule(&mut self, key: &Spanned<Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        let Some(text) = value.get_ref().as_str() else {
            return self.wrong_type(value, "a sentence such as `\"only repository may import db\"`");
        };
        match sentence(text, &|at| self.inside(value, text, at)) {
            Ok((form, subjects, objects)) => {
                let rule = ImportRule { name: key.get_ref().to_string(), span: span(value), form, subjects, objects };
                self.config.contract.rules.push(rule);
            }
            Err(wrong) => self.tell(value, text, wrong),
        }
    }

    fn tell(&mut self, value: &Spanned<DeValue<'_>>, text: &str, wrong: Wrong) {
        let place = self.inside(value, text, wrong.at);
        self.error(place, wrong.message, wrong.label, Some(wrong.help));
    }

    /// Where bytes of a string's value stand in the file: the whole string where escapes shift them.
    fn inside(&self, value: &Spanned<DeValue<'_>>, text: &str, at: Range<usize>) -> Span {
        let whole = span(value);
        let written = self.config.text.get(whole.range()).unwrap_or_default();
        let is_plain = written.len() == text.len() + 2 && written.get(1..written.len() - 1) == Some(text);
        let start = whole.start as usize + 1;
        if is_plain { Span::new(start + at.start, start + at.end) } else { whole }
    }
}

/// In order of the file: tables of the parser are sorted by name.
pub(super) fn put_in_order(contract: &mut Contract) {
    contract.parts.sort_by_key(|part| part.name.span);
    contract.layers.sort_by_key(|layers| layers.span);
    contract.rules.sort_by_key(|rule| rule.span);
}

/// The steps of an order, high to low.
fn steps(text: &str, place: &dyn Fn(Range<usize>) -> Span) -> Result<Vec<Step>, Wrong> {
    let mut steps: Vec<Step> = Vec::new();
    let mut start = 0;
    loop {
        let end = text[start..].find('>').map_or(text.len(), |at| start + at);
        let (members, siblings) = members(text, start..end, place)?;
        let is_next_only = text[end..].starts_with(">>");
        let reach = if is_next_only { Reach::NextOnly } else { Reach::AnythingBelow };
        steps.push(Step { members, siblings, reach });
        if end == text.len() {
            break;
        }
        start = end + if is_next_only { 2 } else { 1 };
    }
    if steps.len() == 1 && steps[0].members.len() == 1 {
        let help = format!("part names with {SIGNS}");
        return Err(Wrong { at: 0..text.len(), message: "an order needs at least two parts".into(), label: "only one part", help });
    }
    let mut seen: Vec<&str> = Vec::new();
    for member in steps.iter().flat_map(|step| &step.members) {
        if seen.contains(&member.part.value.as_str()) {
            let message = format!("part `{}` stands twice in one order", member.part.value);
            return Err(Wrong { at: 0..text.len(), message, label: "in this order", help: "a part has one place in an order".into() });
        }
        seen.push(&member.part.value);
    }
    Ok(steps)
}

/// `a | b?` or `a : b`.
fn members(text: &str, range: Range<usize>, place: &dyn Fn(Range<usize>) -> Span) -> Result<(Vec<Member>, Siblings), Wrong> {
    let layer = &text[range.clone()];
    let siblings = if layer.contains(':') { Siblings::Friends } else { Siblings::Strangers };
    if layer.contains(':') && layer.contains('|') {
        let help = "give the friends a part of their own, or put them in another layer".into();
        return Err(Wrong { at: range, message: "a layer holds strangers or friends, not both".into(), label: "`|` and `:`", help });
    }
    let mut members = Vec::new();
    let mut start = range.start;
    for piece in layer.split(['|', ':']) {
        let at = trimmed(piece, start);
        start += piece.len() + 1;
        let word = &text[at.clone()];
        let (name, optional) = word.strip_suffix('?').map_or((word, false), |name| (name.trim_end(), true));
        let name_at = at.start..at.start + name.len();
        members.push(Member { part: Located { value: part_name(name, &at)?, span: place(name_at) }, optional });
    }
    Ok((members, siblings))
}

type Sentence = (RuleForm, Vec<Located<String>>, Vec<Located<String>>);

/// Who must not, or only may, import whom.
fn sentence(text: &str, place: &dyn Fn(Range<usize>) -> Span) -> Result<Sentence, Wrong> {
    const VERBS: [&str; 2] = ["import", "use"];
    let split = |modal: &str| {
        let at = text.find(modal)?;
        let rest = at + modal.len();
        let verb = text[rest..].split_whitespace().next()?;
        let end = rest + text[rest..].find(verb)? + verb.len();
        Some((at, verb, end))
    };
    let only = text.strip_prefix("only ");
    let (form, start, modal) = match only {
        Some(_) => (RuleForm::Only, "only ".len(), " may "),
        None => (RuleForm::MustNot, 0, " must not "),
    };
    let Some((subject_end, verb, object_start)) = split(modal).filter(|(at, ..)| *at >= start) else {
        return Err(Wrong {
            at: 0..text.len(),
            message: "a rule archcheck does not understand".into(),
            label: "this sentence",
            help: FORMS.into(),
        });
    };
    if !VERBS.contains(&verb) {
        let at = object_start - verb.len()..object_start;
        return Err(Wrong { at, message: format!("unknown verb `{verb}` in a rule"), label: "not a verb of rules", help: FORMS.into() });
    }
    Ok((form, names(text, start..subject_end, place)?, names(text, object_start..text.len(), place)?))
}

/// `a, b`.
fn names(text: &str, range: Range<usize>, place: &dyn Fn(Range<usize>) -> Span) -> Result<Vec<Located<String>>, Wrong> {
    let mut names = Vec::new();
    let mut start = range.start;
    for piece in text[range].split(',') {
        let at = trimmed(piece, start);
        start += piece.len() + 1;
        names.push(Located { value: part_name(&text[at.clone()], &at)?, span: place(at) });
    }
    Ok(names)
}

fn part_name(word: &str, at: &Range<usize>) -> Result<String, Wrong> {
    let at = at.clone();
    if word.is_empty() {
        return Err(Wrong {
            at,
            message: "a part's name is missing".into(),
            label: "here",
            help: format!("part names with {SIGNS}; {FORMS}"),
        });
    }
    if word.contains(char::is_whitespace) {
        let message = format!("`{word}` is not the name of a part");
        return Err(Wrong { at, message, label: "a name is one word", help: format!("between layers stand {SIGNS}; in rules, {FORMS}") });
    }
    Ok(word.to_string())
}

/// The bytes of `piece`, which begins at `start`, without the white space around it.
fn trimmed(piece: &str, start: usize) -> Range<usize> {
    let lead = piece.len() - piece.trim_start().len();
    start + lead..start + lead + piece.trim().len()
}

/// The words of layers and rules that name no part.
pub(super) fn check_names(config: &Config) -> Vec<ConfigError> {
    let contract = &config.contract;
    let declared = || contract.parts.iter().map(|part| part.name.value.as_str());
    let known = |name: &str| declared().any(|part| part == name) || Role::from_name(name).is_some();
    let mut errors = Vec::new();
    for (part, _) in contract.mentions().filter(|(part, _)| !known(&part.value)) {
        let roles = Role::ALL.iter().map(|role| role.name());
        let help = did_you_mean(&part.value, declared().chain(roles)).map_or_else(
            || format!("say what it is: `{} = \"src/{}/**\"` under `[parts]`", part.value, part.value),
            |near| format!("did you mean `{near}`?"),
        );
        errors.push(config.error(part.span, format!("unknown part `{}`", part.value), "no part or role has this name", Some(help)));
    }
    errors.sort_by_key(|error| error.span);
    errors
}

/// The parts that no file belongs to: what is said of them can never fail. `paths` are the files of the repository.
pub fn check_parts<'a>(config: &Config, paths: impl Iterator<Item = &'a str> + Clone) -> Vec<ConfigError> {
    let contract = &config.contract;
    let is_optional = |part: &Part| contract.mentions().any(|(mention, optional)| optional && mention.value == part.name.value);
    let mut errors = Vec::new();
    for part in contract.parts.iter().filter(|part| !is_optional(part)) {
        let globs = part_globs(&part.form);
        let matchers: Vec<_> = globs.iter().filter_map(|text| glob(text).ok()).map(|glob| glob.compile_matcher()).collect();
        let is_empty = !matchers.is_empty() && !paths.clone().any(|path| matchers.iter().any(|matcher| matcher.is_match(path)));
        if is_empty {
            let help = format!("correct its pattern, or write `{}?` in an order if the project may lack it", part.name.value);
            let message = format!("part `{}` is empty: `{}` matches no source file", part.name.value, globs.join("`, `"));
            errors.push(config.error(part.name.span, message, "what is said of it can never fail", Some(help)));
        }
    }
    errors
}

/// The globs whose files make up a part; none for outside packages.
pub fn part_globs(form: &PartForm) -> Vec<String> {
    match form {
        PartForm::Paths(globs) => globs.iter().map(|glob| glob.value.clone()).collect(),
        PartForm::Each { pattern, .. } => {
            let (before, rest) = pattern.value.split_once('{').unwrap_or((&pattern.value, "}"));
            let after = rest.split_once('}').map_or("", |(_, after)| after);
            vec![format!("{before}*{after}/**")]
        }
        PartForm::Packages(_) => Vec::new(),
    }
}

/// A glob over paths: `*` stays inside a folder, `**` does not; without any wildcard, the file or everything in the folder.
pub fn glob(text: &str) -> Result<Glob, globset::Error> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let is_plain = !text.contains(['*', '?', '[', '{']);
    let pattern = if is_plain { format!("{text}{{,/**}}") } else { text.to_string() };
    GlobBuilder::new(&pattern).literal_separator(true).empty_alternates(true).build()
}

/// The globs of all parts: which parts a path belongs to.
pub struct PartGlobs {
    set: GlobSet,
    /// Parallel to the set: index of the part, and how much of the glob is plain text.
    owners: Vec<(usize, usize)>,
}

impl PartGlobs {
    /// The globs of `parts`. What is no valid glob is left out: loading told the user of it.
    pub fn of(parts: &[Part]) -> PartGlobs {
        let mut set = GlobSetBuilder::new();
        let mut owners = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            for text in part_globs(&part.form) {
                if let Ok(glob) = glob(&text) {
                    set.add(glob);
                    owners.push((at, text.chars().filter(|c| !matches!(c, '*' | '?' | '{' | '}')).count()));
                }
            }
        }
        PartGlobs { set: set.build().unwrap_or_else(|_| GlobSet::empty()), owners }
    }

    /// The parts (as indices) that a path belongs to, the one with the most exact glob first.
    pub fn parts(&self, path: &str) -> Vec<usize> {
        let mut found: Vec<(usize, usize)> = self.set.matches(path).into_iter().map(|at| self.owners[at]).collect();
        found.sort_by_key(|&(part, exactness)| (std::cmp::Reverse(exactness), part));
        let mut parts: Vec<usize> = Vec::new();
        for (part, _) in found {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts
    }
}
