//! Conditions that check data: where the code goes on, the data is one of a few known values or has a harmless form.
//!
//! ```text
//! if column not in ALLOWED: raise …        after it, `column` is harmless
//! sort = order if order in ("asc", "desc") else "asc"
//! if (typeof id !== 'number') return
//! ```

use super::Analysis;
use super::evaluate::Frame;
use super::lookup::{self, Safety};
use super::value::{Kind, Origin, Value};
use crate::model::body::{BinaryOp, CallForm, NodeId, NodeKind, UnaryOp};
use crate::model::knowledge::SourceKind;

/// Methods of text that hold only for harmless text.
const SHAPE_TESTS: &[&str] = &["isdigit", "isnumeric", "isdecimal", "isidentifier", "isalnum", "isalpha", "is_numeric", "is_alphanumeric"];

/// Functions that hold only when their argument has a harmless form.
const ARGUMENT_TESTS: &[&str] =
    &["isInteger", "isSafeInteger", "isFinite", "isUUID", "isUuid", "isInt", "isNumeric", "isAlphanumeric", "isMongoId", "isValidObjectId"];

/// Membership tests on a collection.
const MEMBERSHIP: &[&str] = &["includes", "has", "contains", "contains_key", "hasOwnProperty", "__contains__", "count"];

/// Text methods that do not change which allow-list entry a text is.
const NORMALISERS: &[&str] = &[
    "lower",
    "upper",
    "strip",
    "lstrip",
    "rstrip",
    "toLowerCase",
    "toUpperCase",
    "trim",
    "to_lowercase",
    "to_uppercase",
    "casefold",
    "as_str",
    "as_ref",
    "as_deref",
    "toString",
    "to_string",
    "removeprefix",
    "removesuffix",
    "clone",
    "to_ascii_lowercase",
];

impl<'a> Analysis<'_, 'a> {
    /// Takes in that `condition` turned out to be `truth`.
    pub(super) fn refine(&mut self, frame: &mut Frame<'a>, condition: NodeId, truth: bool) {
        self.refine_at(frame, condition, truth, 0);
    }

    fn refine_at(&mut self, frame: &mut Frame<'a>, condition: NodeId, truth: bool, depth: u8) {
        if depth > 16 || frame.env.dead {
            return;
        }
        match frame.kind(condition) {
            NodeKind::Unary { op: UnaryOp::Not, value } => self.refine_at(frame, value, !truth, depth + 1),
            NodeKind::Binary { op: BinaryOp::And, left, right } if truth => {
                self.refine_at(frame, left, true, depth + 1);
                self.refine_at(frame, right, true, depth + 1);
            }
            NodeKind::Binary { op: BinaryOp::Or, left, right } if !truth => {
                self.refine_at(frame, left, false, depth + 1);
                self.refine_at(frame, right, false, depth + 1);
            }
            NodeKind::Binary { op: BinaryOp::Or, left, right } if truth => self.either_equals(frame, left, right),
            NodeKind::Binary { op, left, right } => self.comparison(frame, op, left, right, truth),
            NodeKind::Call { callee, args, form } if truth => {
                let args = frame.list(args);
                self.test_call(frame, callee, &args, form);
            }
            _ => {}
        }
    }

    /// `x == "a" || x == "b"`.
    fn either_equals(&mut self, frame: &mut Frame<'a>, left: NodeId, right: NodeId) {
        let subject = |node| match frame.kind(node) {
            NodeKind::Binary { op: BinaryOp::Equal | BinaryOp::Is, left, right } => {
                matches!(frame.kind(right), NodeKind::Str(_) | NodeKind::Number(_)).then_some(left)
            }
            _ => None,
        };
        let (Some(a), Some(b)) = (subject(left), subject(right)) else { return };
        let (Some(first), Some(second)) = (self.place(frame, a), self.place(frame, b)) else { return };
        if first == second {
            self.check_place(frame, a);
        }
    }

    fn comparison(&mut self, frame: &mut Frame<'a>, op: BinaryOp, left: NodeId, right: NodeId, truth: bool) {
        match (op, truth) {
            (BinaryOp::In, true) | (BinaryOp::NotIn, false) => {
                let among = self.evaluate(frame, right);
                if self.is_allow_list(&among) {
                    self.check_place(frame, left);
                }
            }
            (BinaryOp::Equal | BinaryOp::Is, true) | (BinaryOp::NotEqual | BinaryOp::IsNot, false) => {
                if let NodeKind::Unary { op: UnaryOp::TypeOf, value } = frame.kind(left) {
                    if let NodeKind::Str(name) = frame.kind(right)
                        && matches!(frame.facts.text(name), "number" | "boolean" | "bigint" | "undefined")
                    {
                        self.check_place(frame, value);
                    }
                    return;
                }
                for (subject, other) in [(left, right), (right, left)] {
                    if matches!(frame.kind(subject), NodeKind::Str(_) | NodeKind::Number(_) | NodeKind::Null | NodeKind::Bool(_)) {
                        continue;
                    }
                    if self.evaluate(frame, other).is_harmless() {
                        self.check_place(frame, subject);
                    }
                }
            }
            // `set(columns) <= ALLOWED`.
            (BinaryOp::LessEqual, true) => {
                if let NodeKind::Call { callee, args, .. } = frame.kind(left)
                    && lookup::last_name(self.program, frame.file, callee) == Some("set")
                    && let Some(first) = frame.list(args).first()
                {
                    self.check_place(frame, *first);
                }
            }
            _ => {}
        }
    }

    /// A collection that data cannot have got into. Of unknown origin is good enough: nobody tests membership in what the client sent.
    fn is_allow_list(&self, value: &Value) -> bool {
        value.kind == Kind::Any && !value.all_strands().iter().any(|strand| matches!(strand.origin, Origin::Source(SourceKind::Request)))
    }

    fn test_call(&mut self, frame: &mut Frame<'a>, callee: NodeId, args: &[NodeId], form: CallForm) {
        let callee = self.callee_of(frame, callee);
        let Some(name) = lookup::last_name(self.program, frame.file, callee) else { return };
        let first = args.first().copied();
        if form == CallForm::Macro {
            if name == "matches"
                && let Some(first) = first
            {
                self.check_place(frame, first);
            }
            return;
        }
        if let NodeKind::Member { object, .. } = frame.kind(callee) {
            if SHAPE_TESTS.contains(&name) {
                self.check_place(frame, object);
                return;
            }
            if MEMBERSHIP.contains(&name)
                && let Some(first) = first
            {
                let among = self.evaluate(frame, object);
                if self.is_allow_list(&among) {
                    self.check_place(frame, first);
                }
                return;
            }
            if matches!(name, "test" | "is_match")
                && let Some(first) = first
            {
                self.check_place(frame, first);
                return;
            }
            if matches!(name, "match" | "fullmatch")
                && let Some(last) = args.get(1).or(first.as_ref())
            {
                // `re.match(pattern, x)`, `PATTERN.match(x)`; `x.match(/…/)` in JavaScript.
                let subject = if matches!(frame.kind(*last), NodeKind::Regex(_)) { object } else { *last };
                self.check_place(frame, subject);
                return;
            }
            if name == "issubset" {
                self.check_inside(frame, object);
                return;
            }
            if name == "hasOwn"
                && let Some(&key) = args.get(1)
            {
                self.check_place(frame, key);
                return;
            }
            if name == "every" && args.iter().any(|&arg| matches!(frame.kind(arg), NodeKind::Closure(_))) {
                self.check_place(frame, object);
                return;
            }
        }
        let Some(first) = first else { return };
        match name {
            "isinstance" => {
                let safe = args.get(1).is_some_and(|&types| lookup::safety(self.program, &self.scopes, frame.file, types) == Safety::Safe);
                if safe {
                    self.check_place(frame, first);
                }
            }
            "all" => {
                if let NodeKind::Loop { source: Some(source), .. } = frame.kind(first) {
                    self.check_place(frame, source);
                }
            }
            _ if ARGUMENT_TESTS.contains(&name) || says_valid(name) => {
                for &arg in args {
                    self.check_place(frame, arg);
                }
            }
            _ => {}
        }
    }

    /// `set(columns)` → `columns`.
    fn check_inside(&mut self, frame: &mut Frame<'a>, node: NodeId) {
        match frame.kind(node) {
            NodeKind::Call { args, .. } => {
                if let Some(first) = frame.list(args).first() {
                    self.check_place(frame, *first);
                }
            }
            _ => self.check_place(frame, node),
        }
    }

    /// What stands at `node` is harmless from here on.
    pub(super) fn check_place(&mut self, frame: &mut Frame<'a>, node: NodeId) {
        let node = under_normalisers(frame, node);
        let Some(place) = self.place(frame, node) else { return };
        self.ensure(frame, node);
        frame.env.put(&place, Value::checked());
    }

    /// Makes what a place is part of known to the environment, so that the rest of it keeps its meaning.
    pub(super) fn ensure(&mut self, frame: &mut Frame<'a>, node: NodeId) {
        let mut outer = Vec::new();
        let mut at = node;
        for _ in 0..4 {
            match frame.kind(at) {
                NodeKind::Member { object, path: false, .. } | NodeKind::Index { object, .. } => {
                    outer.push(object);
                    at = object;
                }
                NodeKind::Cast { value, .. } | NodeKind::Unary { op: UnaryOp::Other, value } => at = value,
                _ => break,
            }
        }
        for object in outer.into_iter().rev() {
            if let Some(place) = self.place(frame, object)
                && frame.env.at(&place).is_none()
            {
                let value = self.evaluate(frame, object);
                frame.env.put(&place, value);
            }
        }
    }
}

/// `x` of `x.lower()`, `str(x)`.
fn under_normalisers(frame: &Frame, node: NodeId) -> NodeId {
    let mut at = node;
    for _ in 0..4 {
        match frame.kind(at) {
            NodeKind::Call { callee, args, .. } => match frame.kind(callee) {
                NodeKind::Member { object, name, .. } if NORMALISERS.contains(&frame.facts.text(name)) => at = object,
                NodeKind::Name(name) if matches!(frame.facts.text(name), "str" | "String") => match frame.list(args).first() {
                    Some(&first) => at = first,
                    None => return at,
                },
                _ => return at,
            },
            NodeKind::Cast { value, .. } => at = value,
            _ => return at,
        }
    }
    at
}

/// `is_valid_column`, `isAllowedSort`: a test by name.
fn says_valid(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let bare = lower.trim_start_matches("is").trim_start_matches('_');
    ["valid", "allowed", "safe", "permitted", "whitelisted", "allowlisted"].iter().any(|word| bare.starts_with(word))
        && bare.len() != lower.len()
}
