//! The words of orders and sentences: `cli > engine >> check | link > model`, `only repository may import db`.
//!
//! Text to values. Whether the words name anything is `words.rs`.

use std::ops::Range;

use super::did_you_mean;
use crate::model::contract::{Located, Member, Mention, Reach, RuleForm, Siblings, Step, Verb};
use crate::model::source::Span;

pub(super) const SIGNS: &str = "`>` (may use anything below), `>>` (next only), `|` (strangers), `:` (friends) and `?` (may be missing)";
pub(super) const FORMS: &str = "write `a must not import b`, `a may only import b`, `a must import b` or `only a may import b`, with `import`, `call`, `use` or \
                                `reach`; several parts stand with commas";

/// A mistake inside a sentence, at these bytes of it.
pub(super) struct Wrong {
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) label: &'static str,
    pub(super) help: String,
}

/// Where bytes of the text stand in the file.
type Place<'a> = &'a dyn Fn(Range<usize>) -> Span;

/// The steps of an order, high to low.
pub(super) fn steps(text: &str, place: Place) -> Result<Vec<Step>, Wrong> {
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
    if let [Step { siblings: Siblings::Friends, .. }] = steps.as_slice() {
        let message = "friends alone make an order that nothing can break".into();
        let help = "add a layer above or below them, or make them strangers with `|`".into();
        return Err(Wrong { at: 0..text.len(), message, label: "only friends", help });
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
fn members(text: &str, range: Range<usize>, place: Place) -> Result<(Vec<Member>, Siblings), Wrong> {
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

/// A sentence, read.
pub(super) struct Said {
    pub(super) form: RuleForm,
    pub(super) verb: Verb,
    pub(super) subjects: Vec<Mention>,
    pub(super) objects: Vec<Mention>,
}

/// Who must not, may only or must do what with whom, or who alone may.
pub(super) fn sentence(text: &str, place: Place) -> Result<Said, Wrong> {
    let only = text.starts_with("only ");
    let start = if only { "only ".len() } else { 0 };
    let forms: &[(&str, RuleForm)] = match only {
        true => &[(" may ", RuleForm::Only)],
        false => &[(" must not ", RuleForm::MustNot), (" may only ", RuleForm::MayOnly), (" must ", RuleForm::Must)],
    };
    let found = forms.iter().find_map(|&(modal, form)| {
        let at = text.find(modal).filter(|at| *at >= start)?;
        let rest = at + modal.len();
        let word = text[rest..].split_whitespace().next()?;
        let begin = rest + text[rest..].find(word)?;
        Some((form, at, begin..begin + word.len()))
    });
    let Some((form, subject_end, verb_at)) = found else {
        return Err(Wrong {
            at: 0..text.len(),
            message: "a rule archcheck does not understand".into(),
            label: "this sentence",
            help: FORMS.into(),
        });
    };
    let word = &text[verb_at.clone()];
    let Some(verb) = Verb::ALL.into_iter().find(|verb| verb.name() == word) else {
        let help = match did_you_mean(word, Verb::ALL.map(Verb::name)) {
            Some(near) => format!("did you mean `{near}`? {FORMS}"),
            None => FORMS.into(),
        };
        return Err(Wrong { at: verb_at, message: format!("unknown verb `{word}` in a rule"), label: "not a verb of rules", help });
    };
    let subjects = mentions(text, start..subject_end, place)?;
    let objects = mentions(text, verb_at.end..text.len(), place)?;
    if let Some(other) = subjects.iter().find(|subject| subject.other) {
        let message = format!("`other {}` cannot be who a rule is about", other.word.value);
        let help = "`other` stands after the verb: `feature must not use other feature`".into();
        return Err(Wrong { at: start..subject_end, message, label: "before the verb", help });
    }
    if let Some(other) =
        objects.iter().find(|object| object.other && subjects.iter().all(|subject| subject.word.value != object.word.value))
    {
        let name = &other.word.value;
        let message = format!("`other {name}` says nothing in a rule that is not about `{name}`");
        let help = format!("write `{name}` for all of it, or begin with `{name}`: `{name} must not use other {name}`");
        return Err(Wrong { at: verb_at.end..text.len(), message, label: "other than what?", help });
    }
    Ok(Said { form, verb, subjects, objects })
}

/// `a, other b`.
fn mentions(text: &str, range: Range<usize>, place: Place) -> Result<Vec<Mention>, Wrong> {
    let mut found: Vec<Mention> = Vec::new();
    let mut start = range.start;
    for piece in text[range].split(',') {
        let mut at = trimmed(piece, start);
        start += piece.len() + 1;
        let other = text[at.clone()].starts_with("other ");
        if other {
            at = trimmed(&text[at.start + "other ".len()..at.end], at.start + "other ".len());
        }
        let word = part_name(&text[at.clone()], &at)?;
        if found.iter().any(|known| known.word.value == word && known.other == other) {
            let message = format!("`{word}` stands twice");
            return Err(Wrong { at, message, label: "again", help: "once is enough".into() });
        }
        found.push(Mention { word: Located { value: word, span: place(at) }, other });
    }
    Ok(found)
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
