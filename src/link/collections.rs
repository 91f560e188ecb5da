//! What calls of collections give.

use super::evaluate::Linker;
use super::tables::UNKNOWN;
use crate::model::program::{Value, ValueId};

/// Functions that give back the collection they are given.
pub(super) const SAME_COLLECTION: &[&str] = &[
    "builtins.list",
    "builtins.sorted",
    "builtins.set",
    "builtins.tuple",
    "builtins.reversed",
    "builtins.iter",
    "builtins.frozenset",
    "Array.from",
    "Promise.all",
    "Promise.allSettled",
    "asyncio.gather",
    "Object.values",
];

/// Methods of a collection that give a collection of the same elements.
const KEEPS_ELEMENTS: &[&str] = &[
    "filter",
    "slice",
    "sort",
    "sorted",
    "reverse",
    "concat",
    "copy",
    "iter",
    "into_iter",
    "iter_mut",
    "values",
    "skip",
    "take",
    "rev",
    "to_vec",
    "clone",
    "collect",
    "cloned",
    "copied",
    "chunks",
    "dedup",
    "drain",
    "splice",
    "union",
    "difference",
    "intersection",
    "peekable",
    "fuse",
    "step_by",
    "chain",
    "unwrap",
    "expect",
    "unwrap_or_default",
    "as_slice",
    "toSorted",
    "toReversed",
    "skip_while",
    "take_while",
    "inspect",
    "enumerate_values",
];

/// Methods of a collection that give one element.
const GIVES_ELEMENT: &[&str] = &[
    "find",
    "pop",
    "at",
    "first",
    "last",
    "shift",
    "next",
    "get",
    "max_by_key",
    "min_by_key",
    "nth",
    "findLast",
    "popleft",
    "setdefault",
    "remove",
];

/// Methods of a collection that call their function argument with each element.
pub(super) const EACH_ELEMENT: &[&str] = &[
    "map",
    "forEach",
    "filter",
    "flatMap",
    "some",
    "every",
    "find",
    "findIndex",
    "findLast",
    "for_each",
    "filter_map",
    "flat_map",
    "any",
    "all",
    "then",
    "sort_by_key",
    "partition",
    "position",
    "for_each_concurrent",
    "try_for_each",
    "retain",
    "inspect",
    "group_by",
    "sort_by",
    "take_while",
    "skip_while",
    "map_while",
    "find_map",
];

impl<'a> Linker<'a> {
    /// Methods of collections, whose elements stay known.
    pub(super) fn collection_call(&mut self, receiver: ValueId, method: &str, args: &[ValueId]) -> Option<ValueId> {
        let element = match self.get(receiver) {
            Value::Collection(element) | Value::Mapping(element) => element,
            _ => return None,
        };
        if KEEPS_ELEMENTS.contains(&method) {
            return Some(self.value(Value::Collection(element)));
        }
        if GIVES_ELEMENT.contains(&method) {
            return Some(element);
        }
        if matches!(method, "map" | "flatMap" | "filter_map" | "flat_map" | "and_then") {
            let result = match args.first().map(|&arg| self.get(arg)) {
                Some(Value::Def(function)) => self.return_value(function, None, UNKNOWN),
                _ => UNKNOWN,
            };
            let result = if matches!(method, "flatMap" | "flat_map") { self.element_or_self(result) } else { result };
            return Some(self.value(Value::Collection(result)));
        }
        Some(UNKNOWN)
    }

    fn element_or_self(&mut self, value: ValueId) -> ValueId {
        match self.get(value) {
            Value::Collection(element) => element,
            _ => value,
        }
    }

    pub(super) fn same_collection(&mut self, values: &[ValueId]) -> ValueId {
        let first = values.first().copied().unwrap_or(UNKNOWN);
        match self.get(first) {
            Value::Collection(_) => first,
            Value::Mapping(element) => self.value(Value::Collection(element)),
            Value::Literal(..) => first,
            _ => {
                let element = self.element(first);
                self.value(Value::Collection(element))
            }
        }
    }
}
