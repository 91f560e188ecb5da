//! `[layers]`, `[rules]` and `[[except]]`: their tables to values, with every mistake at its place.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::sentences::{Wrong, sentence, steps};
use super::{LEVELS, Reader, allowed, plain, span};
use crate::model::contract::{Contract, Date, Exception, Layers, Located, Sentence, Terms};
use crate::model::finding::Level;
use crate::model::source::Span;

const LAYER_KEYS: &[&str] = &["order", "each", "because", "fix", "level", "expect", "types", "tests"];
const RULE_KEYS: &[&str] = &["rule", "because", "fix", "level", "expect", "types", "tests"];
const EXCEPT_KEYS: &[&str] = &["rule", "from", "to", "because", "until"];

/// What `expect` may say.
const NONE_YET: &str = "none-yet";

type Key<'k, 'a> = &'k Spanned<Cow<'a, str>>;
type Value<'v, 'a> = &'v Spanned<DeValue<'a>>;

impl Reader {
    pub(super) fn layers(&mut self, key: Key, value: Value) {
        let name = Located { value: key.get_ref().to_string(), span: span(key) };
        let Some((order, table)) = self.sentence_of(value, "order", "an order such as `\"cli > engine > model\"`", LAYER_KEYS) else {
            return;
        };
        let Some(text) = order.get_ref().as_str() else { return };
        let terms = table.map(|table| self.terms(table)).unwrap_or_default();
        let each = table.and_then(|table| table.get("each")).and_then(|each| self.text(each, "the name of a part with `each`"));
        match steps(text, &|at| self.inside(order, text, at)) {
            Ok(steps) => self.config.contract.layers.push(Layers { name, span: span(order), each, steps, terms }),
            Err(wrong) => self.tell(order, text, wrong),
        }
    }

    pub(super) fn rule(&mut self, key: Key, value: Value) {
        let name = Located { value: key.get_ref().to_string(), span: span(key) };
        let wanted = "a sentence such as `\"only repository may import db\"`";
        let Some((said, table)) = self.sentence_of(value, "rule", wanted, RULE_KEYS) else { return };
        let Some(text) = said.get_ref().as_str() else { return };
        let terms = table.map(|table| self.terms(table)).unwrap_or_default();
        match sentence(text, &|at| self.inside(said, text, at)) {
            Ok(read) => self.config.contract.rules.push(Sentence {
                name,
                span: span(said),
                form: read.form,
                verb: read.verb,
                subjects: read.subjects,
                objects: read.objects,
                terms,
            }),
            Err(wrong) => self.tell(said, text, wrong),
        }
    }

    pub(super) fn except(&mut self, value: Value) {
        let Some(items) = value.get_ref().as_array() else {
            return self.wrong_type(value, "an array of tables: write `[[except]]`");
        };
        for item in items.iter() {
            match item.get_ref().as_table() {
                Some(table) => self.exception(item, table),
                None => self.wrong_type(item, "a table"),
            }
        }
    }

    fn exception(&mut self, item: Value, table: &DeTable<'_>) {
        self.only_keys(table, EXCEPT_KEYS, "an exception", "keys of an exception");
        let place = table.get("rule").map_or_else(|| span(item), span);
        let missing: Vec<&str> = ["rule", "from", "because"].into_iter().filter(|key| !table.contains_key(*key)).collect();
        if !missing.is_empty() {
            let help = "an exception says which rule, from where, and because of what".to_string();
            let message = format!("an exception without `{}`", missing.join("` and `"));
            return self.error(place, message, "this exception", Some(help));
        }
        let rule = table.get("rule").and_then(|rule| self.text(rule, "the name of a rule"));
        let because = table.get("because").and_then(|because| self.text(because, "a reason"));
        let from = table.get("from").map(|from| self.strings(from)).unwrap_or_default();
        let to = table.get("to").map(|to| self.strings(to)).unwrap_or_default();
        let until = table.get("until").and_then(|until| self.date(until));
        let (Some(rule), Some(because)) = (rule, because) else { return };
        if because.value.trim().is_empty() {
            let help = Some("say why the rule does not hold here, for those who come after".to_string());
            return self.error(because.span, "an exception needs a reason", "empty", help);
        }
        let exception = Exception { span: rule.span, rule, from, to, because: because.value, until };
        self.config.contract.exceptions.push(exception);
    }

    fn date(&mut self, value: Value) -> Option<Located<Date>> {
        let text = match plain(value.get_ref()) {
            toml::Value::Datetime(date) => date.to_string(),
            toml::Value::String(text) => text,
            _ => String::new(),
        };
        match Date::parse(&text) {
            Some(date) => Some(Located { value: date, span: span(value) }),
            None => {
                self.error(span(value), "`until` needs a day", "not a day", Some("write `until = 2027-03-01`".to_string()));
                None
            }
        }
    }

    /// The text of an entry that is a string, or a table with the string under `key`.
    fn sentence_of<'v, 'a>(
        &mut self,
        value: &'v Spanned<DeValue<'a>>,
        key: &str,
        wanted: &str,
        keys: &[&str],
    ) -> Option<(&'v Spanned<DeValue<'a>>, Option<&'v DeTable<'a>>)> {
        match value.get_ref() {
            DeValue::String(_) => Some((value, None)),
            DeValue::Table(table) => {
                self.only_keys(table, keys, "this table", "keys here");
                match table.get(key) {
                    Some(text) if text.get_ref().is_str() => Some((text, Some(table))),
                    Some(other) => {
                        self.wrong_type(other, wanted);
                        None
                    }
                    None => {
                        let help = format!("write `{key} = …`, {wanted}");
                        self.error(span(value), format!("a table without `{key}`"), "this table", Some(help));
                        None
                    }
                }
            }
            _ => {
                self.wrong_type(value, wanted);
                None
            }
        }
    }

    fn terms(&mut self, table: &DeTable<'_>) -> Terms {
        let level = table.get("level").and_then(|level| self.word(level, "level", &LEVELS[..3]));
        let none_yet = table.get("expect").and_then(|value| self.none_yet(value));
        Terms {
            because: table.get("because").and_then(|value| self.text(value, "a reason")).map(|text| text.value),
            fix: table.get("fix").and_then(|value| self.text(value, "how to mend it")).map(|text| text.value),
            level: level.and_then(|word| [Level::Error, Level::Warning, Level::Note].into_iter().find(|level| level.name() == word)),
            none_yet,
            types: table.get("types").and_then(|value| self.boolean(value)),
            tests: table.get("tests").and_then(|value| self.boolean(value)).unwrap_or(false),
        }
    }

    /// The place of `expect = "none-yet"`.
    pub(super) fn none_yet(&mut self, value: Value) -> Option<Span> {
        self.word(value, "expectation", &[NONE_YET]).map(|_| span(value))
    }

    pub(super) fn boolean(&mut self, value: Value) -> Option<bool> {
        let read = value.get_ref().as_bool();
        if read.is_none() {
            self.wrong_type(value, "`true` or `false`");
        }
        read
    }

    fn text(&mut self, value: Value, wanted: &str) -> Option<Located<String>> {
        match value.get_ref().as_str() {
            Some(text) => Some(Located { value: text.to_string(), span: span(value) }),
            None => {
                self.wrong_type(value, wanted);
                None
            }
        }
    }

    fn only_keys(&mut self, table: &DeTable<'_>, keys: &[&str], of: &str, what: &str) {
        for (key, _) in table.iter().filter(|(key, _)| !keys.contains(&&**key.get_ref())) {
            let help = allowed(key.get_ref(), keys.iter().copied(), what);
            self.error(span(key), format!("unknown key `{}` in {of}", key.get_ref()), "not a key here", Some(help));
        }
    }

    fn tell(&mut self, value: Value, text: &str, wrong: Wrong) {
        let place = self.inside(value, text, wrong.at);
        self.error(place, wrong.message, wrong.label, Some(wrong.help));
    }

    /// Where bytes of a string's value stand in the file: the whole string where escapes shift them.
    fn inside(&self, value: Value, text: &str, at: Range<usize>) -> Span {
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
    contract.layers.sort_by_key(|layers| layers.name.span);
    contract.rules.sort_by_key(|rule| rule.name.span);
    contract.exceptions.sort_by_key(|exception| exception.span);
}
