//! What the variables of one function hold at one point of its code.

use std::rc::Rc;

use super::value::{Key, Value};
use crate::model::facts::Name;

/// A variable of the file, or the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Variable(u32);

impl Variable {
    /// `self`, `this`.
    pub(super) const RECEIVER: Variable = Variable(0);

    pub(super) fn named(name: Name) -> Variable {
        Variable(name.0 + 1)
    }
}

/// A variable, or a part of it under constant keys: `opts.sort`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) variable: Variable,
    pub(super) keys: Vec<Key>,
}

/// Variables with their values, sorted. Values are shared between copies, so that a branch costs little.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Environment {
    values: Vec<(Variable, Rc<Value>)>,
    /// Nothing runs here: after `return`, `raise`, `break`.
    pub(super) dead: bool,
}

impl Environment {
    pub(super) fn get(&self, variable: Variable) -> Option<&Value> {
        self.values.binary_search_by_key(&variable, |(name, _)| *name).ok().map(|at| &*self.values[at].1)
    }

    pub(super) fn set(&mut self, variable: Variable, value: Value) {
        match self.values.binary_search_by_key(&variable, |(name, _)| *name) {
            Ok(at) => self.values[at].1 = Rc::new(value),
            Err(at) => self.values.insert(at, (variable, Rc::new(value))),
        }
    }

    /// Takes a variable out (the end of an inner scope that shadowed nothing).
    pub(super) fn restore(&mut self, variable: Variable, before: Option<Value>) {
        match before {
            Some(value) => self.set(variable, value),
            None => {
                if let Ok(at) = self.values.binary_search_by_key(&variable, |(name, _)| *name) {
                    self.values.remove(at);
                }
            }
        }
    }

    /// What the code itself put at a place, if it did.
    pub(super) fn at(&self, place: &Place) -> Option<&Value> {
        place.keys.iter().try_fold(self.get(place.variable)?, |value, &key| value.own_field(key))
    }

    /// Puts a value at a place. The rest of the variable stays.
    pub(super) fn put(&mut self, place: &Place, value: Value) {
        if place.keys.is_empty() {
            self.set(place.variable, value);
            return;
        }
        let mut root = self.get(place.variable).cloned().unwrap_or_default();
        root.set(&place.keys, value);
        self.set(place.variable, root);
    }

    /// Either of two environments, after their branches meet.
    pub(super) fn join(self, other: Environment) -> Environment {
        if self.dead {
            return other;
        }
        if other.dead {
            return self;
        }
        let mut values = Vec::with_capacity(self.values.len().max(other.values.len()));
        let mut right = other.values.into_iter().peekable();
        for (name, value) in self.values {
            while let Some(only_right) = right.next_if(|(other, _)| *other < name) {
                values.push(only_right);
            }
            match right.next_if(|(other, _)| *other == name) {
                Some((_, same)) if Rc::ptr_eq(&same, &value) || same == value => values.push((name, value)),
                Some((_, same)) => values.push((name, Rc::new(value.join(&same)))),
                None => values.push((name, value)),
            }
        }
        values.extend(right);
        Environment { values, dead: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_meet() {
        let (a, b) = (Variable(1), Variable(2));
        let mut left = Environment::default();
        left.set(a, Value::number());
        let mut right = Environment::default();
        right.set(a, Value::text());
        right.set(b, Value::text());
        let joined = left.clone().join(right.clone());
        assert_eq!(joined.get(a), Some(&Value::harmless()));
        assert_eq!(joined.get(b), Some(&Value::text()));
        right.dead = true;
        assert_eq!(left.clone().join(right), left);
    }

    #[test]
    fn parts_of_variables_are_places() {
        let place = Place { variable: Variable(1), keys: vec![Key(5), Key(6)] };
        let mut environment = Environment::default();
        assert_eq!(environment.at(&place), None);
        environment.put(&place, Value::number());
        assert_eq!(environment.at(&place), Some(&Value::number()));
        environment.set(Variable(1), Value::text());
        assert_eq!(environment.at(&place), None);
    }
}
