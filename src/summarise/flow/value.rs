//! Abstract values: what an expression may hold, as far as injection cares.
//!
//! A value without [`Strand`]s is harmless: a constant, a number, quoted text. Each strand is one origin of data inside the value
//! with what happened to it since. Objects and lists keep the parts they were made of, by constant key.
//!
//! No constant folding: that a text *is* constant matters, what it says matters only next to the holes ([`Value::tail`]).

use std::collections::BTreeMap;
use std::rc::Rc;

use super::steps::Way;
use crate::model::facts::Name;
use crate::model::finding::Confidence;
use crate::model::knowledge::SourceKind;
use crate::model::role::GlobalDef;
use crate::model::source::FileId;
use crate::model::summary::Built;

/// Most strands in one value.
pub(super) const MOST_STRANDS: usize = 12;
/// Most keys an object keeps apart.
const MOST_FIELDS: usize = 48;
/// Objects inside objects are kept apart down to here.
const DEEPEST: usize = 4;

/// An interned key of objects and fields, the same in every file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(pub(super) u32);

impl Key {
    /// Not a key: the keys of an object themselves.
    pub(super) const KEYS: Key = Key(0);
    /// Not a key: the values of an object, whatever their keys; the elements of a list.
    pub(super) const VALUES: Key = Key(1);
    /// Not a key: what a walk over a value gives: the keys of a mapping, the elements of a list.
    pub(super) const WALKED: Key = Key(2);
    /// Not keys: the first elements of a list, by position.
    const FIRST_POSITION: u32 = 3;
    const POSITIONS: u32 = 8;
    /// The number of the first interned key.
    pub(super) const FIRST_NAMED: u32 = Key::FIRST_POSITION + Key::POSITIONS;

    /// The element at a position, as far as positions are kept apart.
    pub(super) fn of_position(position: usize) -> Option<Key> {
        u32::try_from(position).ok().filter(|&at| at < Key::POSITIONS).map(|at| Key(Key::FIRST_POSITION + at))
    }

    fn any_position(position: usize) -> Key {
        Key::of_position(position).unwrap_or(Key::VALUES)
    }

    fn position(self) -> Option<usize> {
        let at = self.0.checked_sub(Key::FIRST_POSITION)?;
        (at < Key::POSITIONS).then_some(at as usize)
    }

    /// It stands for something else than one constant key.
    pub(super) fn is_named(self) -> bool {
        self.0 >= Key::FIRST_NAMED
    }
}

/// The members read from a parameter on the way, outermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Path([Option<Key>; 3]);

impl Path {
    fn then(mut self, key: Key) -> Path {
        if let Some(free) = self.0.iter_mut().find(|part| part.is_none()) {
            *free = Some(key);
        }
        self
    }

    pub(super) fn keys(self) -> impl Iterator<Item = Key> {
        self.0.into_iter().flatten()
    }
}

/// Where data comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Origin {
    Source(SourceKind),
    /// A parameter of `owner`, to be decided by its callers.
    Param {
        owner: GlobalDef,
        index: u16,
        path: Path,
    },
    /// Not constant, and nothing better is known: a name that nothing defines, something that is called like a request.
    Unknown,
    /// The program's own: rows of its database, what libraries make, fields that nobody is seen to fill. Nothing says that it comes
    /// from outside, and it is no constant either.
    Own,
}

/// One origin of data in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Strand {
    pub(super) origin: Origin,
    /// The text around it, if text was built.
    pub(super) built: Option<Built>,
    /// It went through a call that nothing is known of: it need not be the same data any more.
    pub(super) weak: bool,
    pub(super) confidence: Confidence,
    pub(super) way: Way,
}

impl Strand {
    /// What makes two strands the same finding, whatever way they took.
    fn identity(&self) -> (Origin, Option<Built>, bool) {
        (self.origin, self.built, self.weak)
    }
}

/// What a value is, roughly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Any,
    Text,
    Number,
}

/// The parts of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Fields(BTreeMap<Key, Value>),
    Elements(Value),
    /// Elements by position.
    Tuple(Vec<Value>),
    Closure(GlobalDef),
}

impl Shape {
    /// Nothing is known of its parts but that its keys are harmless.
    pub(super) fn is_bare(&self) -> bool {
        matches!(self, Shape::Fields(fields) if fields.keys().all(|key| *key == Key::KEYS))
    }
}

/// What an expression may hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Value {
    /// Sorted, without doubles.
    pub(super) strands: Vec<Strand>,
    pub(super) shape: Option<Rc<Shape>>,
    pub(super) kind: Kind,
    /// The last literal piece of a text, to judge what a value appended to it stands for.
    pub(super) tail: Option<(FileId, Name)>,
    /// It is text that reads as SQL.
    pub(super) sql: bool,
    /// It is text that is an SQL statement beyond doubt.
    pub(super) statement: bool,
    /// It is text that sets something for the session.
    pub(super) setting: bool,
    /// Strands were taken away because the code checked them.
    pub(super) checked: bool,
}

impl Value {
    /// A harmless value.
    pub(super) fn harmless() -> Value {
        Value::default()
    }

    pub(super) fn number() -> Value {
        Value { kind: Kind::Number, ..Value::default() }
    }

    pub(super) fn text() -> Value {
        Value { kind: Kind::Text, ..Value::default() }
    }

    pub(super) fn of(strand: Strand) -> Value {
        Value { strands: vec![strand], ..Value::default() }
    }

    pub(super) fn shaped(shape: Shape) -> Value {
        Value { shape: Some(Rc::new(shape)), ..Value::default() }
    }

    pub(super) fn elements(element: Value) -> Value {
        Value::shaped(Shape::Elements(element))
    }

    pub(super) fn closure(&self) -> Option<GlobalDef> {
        match self.shape.as_deref() {
            Some(Shape::Closure(def)) => Some(*def),
            _ => None,
        }
    }

    /// Every strand in it and in its parts.
    pub(super) fn all_strands(&self) -> Vec<Strand> {
        let mut out = self.strands.clone();
        self.collect(&mut out, 0);
        out.sort();
        out.dedup_by_key(|strand| strand.identity());
        out
    }

    fn collect(&self, out: &mut Vec<Strand>, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let mut take = |part: &Value| {
            out.extend_from_slice(&part.strands);
            part.collect(out, depth + 1);
        };
        match self.shape.as_deref() {
            Some(Shape::Fields(fields)) => fields.values().for_each(&mut take),
            Some(Shape::Elements(element)) => take(element),
            Some(Shape::Tuple(items)) => items.iter().for_each(&mut take),
            Some(Shape::Closure(_)) | None => {}
        }
    }

    /// True when no data flows in it or its parts.
    pub(super) fn is_harmless(&self) -> bool {
        self.strands.is_empty() && (self.shape.is_none() || self.all_strands().is_empty())
    }

    /// The same without structure.
    pub(super) fn flat(&self) -> Value {
        Value { strands: self.all_strands(), shape: None, ..self.clone() }
    }

    /// What either value may be.
    pub(super) fn join(&self, other: &Value) -> Value {
        self.join_at(other, 0)
    }

    fn join_at(&self, other: &Value, depth: usize) -> Value {
        let mut out = Value {
            strands: merge(&self.strands, &other.strands),
            shape: None,
            kind: if self.kind == other.kind { self.kind } else { Kind::Any },
            tail: self.tail.or(other.tail),
            sql: self.sql || other.sql,
            statement: self.statement || other.statement,
            setting: self.setting || other.setting,
            checked: self.checked && other.checked,
        };
        if depth >= DEEPEST {
            out.strands = merge(&self.all_strands(), &other.all_strands());
            return out;
        }
        out.shape = match (self.shape.as_deref(), other.shape.as_deref()) {
            (None, _) => self.own_parts(other),
            (_, None) => other.own_parts(self),
            (Some(a), Some(b)) if a == b => self.shape.clone(),
            (Some(Shape::Fields(a)), Some(Shape::Fields(b))) => {
                let mut fields = a.clone();
                for (key, value) in b {
                    let joined = match fields.get(key) {
                        Some(have) => have.join_at(value, depth + 1),
                        None if self.strands.is_empty() => value.clone(),
                        None => self.own_member(*key).join_at(value, depth + 1),
                    };
                    fields.insert(*key, joined);
                }
                if !other.strands.is_empty() {
                    for (key, value) in a.iter().filter(|(key, _)| !b.contains_key(key)) {
                        fields.insert(*key, value.join_at(&other.own_member(*key), depth + 1));
                    }
                }
                Some(Rc::new(Shape::Fields(fields)))
            }
            (Some(Shape::Tuple(a)), Some(Shape::Tuple(b))) if a.len() == b.len() => {
                Some(Rc::new(Shape::Tuple(a.iter().zip(b).map(|(x, y)| x.join_at(y, depth + 1)).collect())))
            }
            _ => Some(Rc::new(Shape::Elements(self.element().join_at(&other.element(), depth + 1)))),
        };
        out
    }

    /// The parts of `other` as they are when it may be this value instead, whose own parts are not kept apart.
    fn own_parts(&self, other: &Value) -> Option<Rc<Shape>> {
        match other.shape.as_deref() {
            Some(Shape::Fields(fields)) if !self.strands.is_empty() => {
                let joined = fields.iter().map(|(key, value)| (*key, value.join_at(&self.own_member(*key), DEEPEST))).collect();
                Some(Rc::new(Shape::Fields(joined)))
            }
            _ => other.shape.clone(),
        }
    }

    /// The part under a constant key.
    pub(super) fn member(&self, key: Key) -> Value {
        match self.shape.as_deref() {
            Some(Shape::Fields(fields)) => match fields.get(&key) {
                Some(value) => value.clone(),
                // Of an object with names of its own, what is put under changing keys is read under changing keys.
                None => match fields.get(&Key::VALUES).filter(|_| !fields.keys().any(|key| key.is_named())) {
                    Some(any) => any.join(&self.own_member(key)),
                    None => self.own_member(key),
                },
            },
            Some(Shape::Elements(element)) => element.join(&self.own_member(key)),
            Some(Shape::Tuple(_)) => self.element(),
            Some(Shape::Closure(_)) | None => self.own_member(key),
        }
    }

    /// The field that the code itself put there, if it did.
    pub(super) fn own_field(&self, key: Key) -> Option<&Value> {
        match self.shape.as_deref() {
            Some(Shape::Fields(fields)) => fields.get(&key),
            _ => None,
        }
    }

    /// What a member of the unknown part of it may hold.
    fn own_member(&self, key: Key) -> Value {
        let strands = self
            .strands
            .iter()
            .map(|strand| match strand.origin {
                Origin::Param { owner, index, path } if strand.built.is_none() && !strand.weak => {
                    Strand { origin: Origin::Param { owner, index, path: path.then(key) }, ..*strand }
                }
                _ => *strand,
            })
            .collect();
        Value { strands: sorted(strands), checked: self.checked, ..Value::default() }
    }

    /// Any of its elements or field values.
    pub(super) fn element(&self) -> Value {
        match self.shape.as_deref() {
            Some(Shape::Fields(fields)) => {
                let values = fields.iter().filter(|(key, _)| **key != Key::KEYS).map(|(_, value)| value);
                values
                    .fold(self.own_member(Key::VALUES), |all, value| if all == Value::default() { value.clone() } else { all.join(value) })
            }
            Some(Shape::Elements(element)) => element.join(&self.own_member(Key::VALUES)),
            Some(Shape::Tuple(items)) => items.iter().fold(self.own_member(Key::VALUES), |all, value| all.join(value)),
            Some(Shape::Closure(_)) => Value::harmless(),
            None => self.own_member(Key::VALUES),
        }
    }

    /// The element at a position.
    pub(super) fn at(&self, position: usize) -> Value {
        match self.shape.as_deref() {
            Some(Shape::Tuple(items)) => items.get(position).cloned().unwrap_or_else(|| self.element()),
            Some(Shape::Elements(element)) => element.join(&self.own_member(Key::any_position(position))),
            None => self.own_member(Key::any_position(position)),
            // A list of which some positions were filled.
            Some(Shape::Fields(fields)) if fields.keys().any(|key| key.position().is_some()) => {
                let key = Key::any_position(position);
                let own = fields.get(&key).cloned().unwrap_or_else(|| self.own_member(key));
                fields.get(&Key::VALUES).filter(|_| key != Key::VALUES).map_or_else(|| own.clone(), |any| own.join(any))
            }
            _ => self.element(),
        }
    }

    /// The keys of an object: constant for an object written out in the code.
    pub(super) fn keys(&self) -> Value {
        match self.shape.as_deref() {
            Some(Shape::Elements(_) | Shape::Tuple(_)) => Value::elements(Value::number()),
            Some(Shape::Fields(fields)) => match fields.get(&Key::KEYS) {
                Some(named) if named.checked => Value::elements(Value::harmless()),
                Some(named) => Value::elements(named.join(&self.own_member(Key::KEYS))),
                None => Value::elements(self.own_member(Key::KEYS)),
            },
            _ => Value::elements(self.own_member(Key::KEYS)),
        }
    }

    /// What a walk over it gives: the elements, or the keys of a mapping where the language walks over these (`keyed`).
    pub(super) fn walked(&self, keyed: bool) -> Value {
        match self.shape.as_deref() {
            Some(Shape::Fields(fields)) if fields.get(&Key::KEYS).is_some_and(|named| named.checked) => Value::harmless(),
            Some(Shape::Fields(fields)) if keyed && !fields.keys().any(|key| key.position().is_some()) => self.keys().element(),
            None if keyed => self.own_member(Key::WALKED),
            _ => self.element(),
        }
    }

    /// What a caller's argument holds at the end of `path`.
    pub(super) fn follow(&self, path: Path) -> Value {
        path.keys().fold(self.clone(), |value, key| match key {
            Key::KEYS => value.keys().element(),
            Key::VALUES => value.element(),
            Key::WALKED => value.walked(true),
            key => match key.position() {
                Some(position) => value.at(position),
                None => value.member(key),
            },
        })
    }

    /// Puts `value` under `keys` (a path of constant keys), making objects where there are none.
    pub(super) fn set(&mut self, keys: &[Key], value: Value) {
        let Some((&key, rest)) = keys.split_first() else {
            *self = value;
            return;
        };
        let mut fields = match (self.shape.as_deref(), key.position()) {
            (Some(Shape::Fields(fields)), _) => fields.clone(),
            (Some(Shape::Tuple(items)), Some(at)) if at < items.len() => {
                let mut items = items.clone();
                items[at].set(rest, value);
                self.shape = Some(Rc::new(Shape::Tuple(items)));
                return;
            }
            (Some(Shape::Tuple(_) | Shape::Elements(_)), Some(_)) => return self.add(&value),
            _ => BTreeMap::new(),
        };
        if !fields.contains_key(&key) && fields.len() >= MOST_FIELDS {
            self.strands = merge(&self.strands, &value.all_strands());
            return;
        }
        let mut part = fields.get(&key).cloned().unwrap_or_else(|| if rest.is_empty() { Value::harmless() } else { self.own_member(key) });
        part.set(rest, value);
        fields.insert(key, part);
        self.shape = Some(Rc::new(Shape::Fields(fields)));
    }

    /// Puts `value` under a key beside what is there.
    pub(super) fn set_more(&mut self, key: Key, value: &Value) {
        let joined = self.own_field(key).map_or_else(|| value.clone(), |have| have.join(value));
        self.set(&[key], joined);
    }

    /// Puts `value` under a key that is not constant.
    pub(super) fn put_any(&mut self, key: &Value, value: &Value) {
        match self.shape.as_deref() {
            Some(Shape::Elements(_) | Shape::Tuple(_)) => self.add(value),
            _ => {
                if !key.is_harmless() {
                    self.set_more(Key::KEYS, &key.flat());
                }
                self.set_more(Key::VALUES, value);
            }
        }
    }

    /// Adds `value` to its elements (`list.append(value)`).
    pub(super) fn add(&mut self, value: &Value) {
        let element = match self.shape.as_deref() {
            Some(Shape::Elements(_) | Shape::Tuple(_)) => self.shape_element().join(value),
            _ => value.clone(),
        };
        self.shape = Some(Rc::new(Shape::Elements(element)));
    }

    /// Adds `value` as its next element, apart from the others (the arguments that a rest parameter takes).
    pub(super) fn add_apart(&mut self, value: Value) {
        let mut items = match self.shape.as_deref() {
            Some(Shape::Tuple(items)) => items.clone(),
            None => Vec::new(),
            _ => return self.add(&value),
        };
        if items.len() >= Key::POSITIONS as usize {
            return self.add(&value);
        }
        items.push(value);
        self.shape = Some(Rc::new(Shape::Tuple(items)));
    }

    /// The same without what is known to be neither a source nor decided by callers.
    pub(super) fn without_unknown(mut self) -> Value {
        self.strands.retain(|strand| !matches!(strand.origin, Origin::Unknown | Origin::Own));
        self
    }

    fn shape_element(&self) -> Value {
        match self.shape.as_deref() {
            Some(Shape::Elements(element)) => element.clone(),
            Some(Shape::Tuple(items)) => items.iter().fold(Value::harmless(), |all, item| all.join(item)),
            _ => Value::harmless(),
        }
    }

    /// The same with every strand replaced, parts included.
    pub(super) fn map(&self, change: &mut impl FnMut(&Strand) -> Vec<Strand>) -> Value {
        self.map_at(change, 0)
    }

    fn map_at(&self, change: &mut impl FnMut(&Strand) -> Vec<Strand>, depth: usize) -> Value {
        let strands = sorted(self.strands.iter().flat_map(&mut *change).collect());
        let shape = if depth > DEEPEST {
            None
        } else {
            self.shape.as_deref().map(|shape| {
                Rc::new(match shape {
                    Shape::Fields(fields) => {
                        Shape::Fields(fields.iter().map(|(key, value)| (*key, value.map_at(change, depth + 1))).collect())
                    }
                    Shape::Elements(element) => Shape::Elements(element.map_at(change, depth + 1)),
                    Shape::Tuple(items) => Shape::Tuple(items.iter().map(|item| item.map_at(change, depth + 1)).collect()),
                    Shape::Closure(def) => Shape::Closure(*def),
                })
            })
        };
        Value { strands, shape, ..self.clone() }
    }

    /// What is left when its strands are known to be harmless at this point.
    pub(super) fn checked() -> Value {
        Value { checked: true, ..Value::default() }
    }
}

/// Two sorted lists of strands as one, bounded: the ones that say most come first.
pub(super) fn merge(a: &[Strand], b: &[Strand]) -> Vec<Strand> {
    if b.is_empty() {
        return a.to_vec();
    }
    if a.is_empty() {
        return b.to_vec();
    }
    let mut all = Vec::with_capacity(a.len() + b.len());
    all.extend_from_slice(a);
    all.extend_from_slice(b);
    sorted(all)
}

/// Sorted by what they say, one of each identity, at most [`MOST_STRANDS`]. Sources sort before parameters, these before the unknown.
pub(super) fn sorted(mut strands: Vec<Strand>) -> Vec<Strand> {
    strands.sort();
    strands.dedup_by_key(|strand| strand.identity());
    strands.truncate(MOST_STRANDS);
    strands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::DefId;

    fn param(index: u16) -> Value {
        let owner = GlobalDef { file: FileId(0), def: DefId(1) };
        Value::of(Strand {
            origin: Origin::Param { owner, index, path: Path::default() },
            built: None,
            weak: false,
            confidence: Confidence::High,
            way: Way::default(),
        })
    }

    #[test]
    fn parts_are_kept_apart_by_key() {
        let mut object = Value::harmless();
        object.set(&[Key(10)], param(0));
        object.set(&[Key(11)], Value::harmless());
        assert_eq!(object.member(Key(10)), param(0));
        assert!(object.member(Key(11)).is_harmless());
        assert!(object.keys().is_harmless());
        assert_eq!(object.element().strands, param(0).strands);
        assert_eq!(object.all_strands(), param(0).strands);
    }

    #[test]
    fn members_of_a_parameter_keep_their_path() {
        let read = param(2).member(Key(10)).member(Key(11));
        let mut argument = Value::harmless();
        argument.set(&[Key(10), Key(11)], param(0));
        argument.set(&[Key(10), Key(12)], param(1));
        let Origin::Param { path, .. } = read.strands[0].origin else { panic!("still a parameter") };
        assert_eq!(argument.follow(path), param(0));
    }

    #[test]
    fn lists_join_their_elements() {
        let mut list = Value::shaped(Shape::Tuple(vec![Value::text(), Value::text()]));
        assert!(list.is_harmless());
        list.add(&param(0));
        assert_eq!(list.element().strands, param(0).strands);
        assert!(list.keys().is_harmless());
    }

    #[test]
    fn checked_on_one_branch_only_is_not_checked() {
        let joined = Value::checked().join(&param(0));
        assert!(!joined.checked);
        assert_eq!(joined.strands, param(0).strands);
    }
}
