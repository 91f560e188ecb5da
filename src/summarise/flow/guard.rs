//! Conditions that check data: where the code goes on, the data is one of a few known values or has a harmless form.
//!
//! ```text
//! if column not in ALLOWED: raise …        after it, `column` is harmless
//! sort = order if order in ("asc", "desc") else "asc"
//! if (typeof id !== 'number') return
//! ```

use super::Analysis;
use super::environment::Variable;
use super::evaluate::Frame;
use super::lookup::{self, Safety};
use super::statements::is_literal_pattern;
use super::value::{Key, Kind, Origin, Shape, Value};
use crate::model::body::{AssignOp, BinaryOp, CallForm, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefId, Name};
use crate::model::knowledge::SourceKind;
use crate::model::program::{CallKind, Resolution};
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::rulebook::vocabulary::vocabulary;

/// Methods of text that hold only for harmless text.
const SHAPE_TESTS: &[&str] = &[
    "isdigit",
    "isnumeric",
    "isdecimal",
    "isidentifier",
    "isalnum",
    "isalpha",
    "is_numeric",
    "is_alphanumeric",
    "is_alphabetic",
    "is_ascii_digit",
    "is_ascii_alphabetic",
    "is_ascii_alphanumeric",
    "is_ascii_hexdigit",
    "is_ascii_lowercase",
    "is_ascii_uppercase",
];
/// Methods that give the elements or pieces of what they are called on.
const WALKS: &[&str] = &[
    "split",
    "rsplit",
    "splitlines",
    "split_whitespace",
    "chars",
    "bytes",
    "iter",
    "into_iter",
    "as_bytes",
    "entries",
    "filter",
    "values",
];

/// Most variables with conditions that are remembered at one time.
const MOST_CONDITIONS: usize = 16;

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
            NodeKind::Binary { op: BinaryOp::Or, left, right } if truth => {
                // One of the two holds: what both of them check is checked.
                let mut other = frame.env.clone();
                self.refine_at(frame, left, true, depth + 1);
                std::mem::swap(&mut frame.env, &mut other);
                self.refine_at(frame, right, true, depth + 1);
                let here = std::mem::take(&mut frame.env);
                frame.env = other.join(here);
            }
            NodeKind::Binary { op: BinaryOp::And, left, right } => {
                let mut other = frame.env.clone();
                self.refine_at(frame, left, false, depth + 1);
                std::mem::swap(&mut frame.env, &mut other);
                self.refine_at(frame, right, false, depth + 1);
                let here = std::mem::take(&mut frame.env);
                frame.env = other.join(here);
            }
            // `set(columns) - ALLOWED` is empty.
            NodeKind::Binary { op: BinaryOp::Subtract, left, .. } if !truth => self.check_elements(frame, left, 0),
            NodeKind::Binary { op, left, right } => self.comparison(frame, op, left, right, truth),
            // `sorted(set(columns) - ALLOWED)` is empty.
            NodeKind::Call { callee, args, .. } if !truth && keeps_length(frame, callee) && frame.list(args).len() == 1 => {
                let given = frame.list(args)[0];
                self.refine_at(frame, given, false, depth + 1);
            }
            NodeKind::Call { callee, args, form } => {
                let args = frame.list(args);
                if truth {
                    self.test_call(frame, callee, &args, form);
                    self.vouched(frame, condition, callee, &args);
                }
                self.element_test(frame, callee, &args, truth, depth + 1);
            }
            // `if (COLUMNS[name])`: it is one of the keys.
            NodeKind::Index { object, index } if truth => self.lookup_test(frame, object, index),
            NodeKind::Assign { op: AssignOp::Test, .. } if truth => self.pattern_test(frame, condition),
            NodeKind::Name(name) => {
                let variable = Variable::named(name);
                if let Some(&(_, known)) = frame.conditions.iter().find(|(known, _)| *known == variable) {
                    self.refine_at(frame, known, truth, depth + 1);
                } else if !truth {
                    self.check_place(frame, condition);
                }
            }
            // What is false is no text with anything in it.
            NodeKind::Member { path: false, .. } | NodeKind::Index { .. } if !truth => self.check_place(frame, condition),
            _ => {}
        }
    }

    /// `matches!(sort, "name" | "date")`, `if let "name" = sort`.
    fn pattern_test(&mut self, frame: &mut Frame<'a>, test: NodeId) {
        if let NodeKind::Assign { target, value, op: AssignOp::Test } = frame.kind(test)
            && is_literal_pattern(frame, target, 0)
        {
            self.check_place(frame, value);
        }
    }

    /// A constant mapping has something under `key`.
    fn lookup_test(&mut self, frame: &mut Frame<'a>, mapping: NodeId, key: NodeId) {
        let held = self.evaluate(frame, mapping);
        if held.is_harmless() && matches!(held.shape.as_deref(), Some(Shape::Fields(fields)) if !fields.is_empty()) {
            self.check_place(frame, key);
        }
    }

    /// Every element passes a test: `all(c in ALLOWED for c in columns)`, `columns.every(c => ALLOWED.includes(c))`, and what `any`
    /// and `some` say when they find none.
    fn element_test(&mut self, frame: &mut Frame<'a>, callee: NodeId, args: &[NodeId], truth: bool, depth: u8) {
        let callee = self.callee_of(frame, callee);
        let Some(name) = lookup::last_name(self.program, frame.file, callee) else { return };
        let Some(&first) = args.first() else { return };
        if !(if truth { matches!(name, "all" | "every") } else { matches!(name, "any" | "some") }) {
            return;
        }
        match (frame.kind(callee), frame.kind(first)) {
            (NodeKind::Name(_), NodeKind::Loop { target: Some(target), source: Some(source), body, .. }) => {
                if let NodeKind::Name(element) = frame.kind(target)
                    && self.passes(frame, Variable::named(element), body, truth, depth)
                {
                    self.check_elements(frame, source, 0);
                }
            }
            (NodeKind::Member { object, .. }, NodeKind::Closure(def)) => {
                let definition = frame.facts.def(def);
                let param = definition.params.first().and_then(|param| param.name);
                if let (Some(param), Some(test)) = (param, definition.body.and_then(|body| only_result(frame, body)))
                    && self.passes(frame, Variable::named(param), test, truth, depth)
                {
                    self.check_elements(frame, object, 0);
                }
            }
            (NodeKind::Member { object, .. }, NodeKind::Name(_) | NodeKind::Member { .. }) if truth => {
                let test = lookup::last_name(self.program, frame.file, first).unwrap_or("");
                if ARGUMENT_TESTS.contains(&test) || SHAPE_TESTS.contains(&test) || says_valid(test) {
                    self.check_elements(frame, object, 0);
                }
            }
            _ => {}
        }
    }

    /// Anything for which the closure, a test of one parameter, is true is harmless.
    pub(super) fn closure_passes(&mut self, frame: &mut Frame<'a>, closure: DefId) -> bool {
        let definition = frame.facts.def(closure);
        let param = definition.params.first().and_then(|param| param.name);
        let test = definition.body.and_then(|body| only_result(frame, body));
        matches!((param, test), (Some(param), Some(test)) if self.passes(frame, Variable::named(param), test, true, 0))
    }

    /// Anything that passes the test is harmless. `depth`: conditions that this one stands in; a kept answer may stand in its own test
    /// (`found = found || names.any(|name| found || …)`).
    fn passes(&mut self, frame: &mut Frame<'a>, element: Variable, test: NodeId, truth: bool, depth: u8) -> bool {
        let before = frame.env.clone();
        let anything = self.unknown_at(frame, test);
        frame.env.set(element, anything);
        self.refine_at(frame, test, truth, depth);
        let passed = frame.env.get(element).is_some_and(|value| value.checked && value.is_harmless());
        frame.env = before;
        passed
    }

    /// What a walk over the expression at `node` gives is harmless from here on.
    pub(super) fn check_elements(&mut self, frame: &mut Frame<'a>, node: NodeId, depth: u8) {
        if depth > 8 {
            return;
        }
        if let NodeKind::Call { callee, args, .. } = frame.kind(node) {
            let first = frame.list(args).first().copied();
            match (frame.kind(callee), first) {
                (NodeKind::Member { object, name, .. }, first) => {
                    let name = frame.facts.text(name);
                    let named = lookup::last_name(self.program, frame.file, object) == Some("Object");
                    match (name, first) {
                        ("keys" | "entries" | "getOwnPropertyNames", Some(first)) if named => self.check_keys(frame, first),
                        ("keys" | "items" | "entries", None) => self.check_keys(frame, object),
                        _ if WALKS.contains(&name) || NORMALISERS.contains(&name) => self.check_elements(frame, object, depth + 1),
                        _ => {}
                    }
                }
                (NodeKind::Name(name), Some(first))
                    if matches!(frame.facts.text(name), "set" | "list" | "tuple" | "sorted" | "iter" | "frozenset") =>
                {
                    self.check_elements(frame, first, depth + 1);
                }
                _ => {}
            }
            return;
        }
        // The elements of a mapping are its keys; its values say nothing.
        if frame.facts.language.family() == Family::Python && reads_values(frame, node) {
            self.check_keys(frame, node);
        } else {
            self.check_place(frame, node);
        }
    }

    /// The keys of the mapping at `node` are harmless from here on.
    fn check_keys(&mut self, frame: &mut Frame<'a>, node: NodeId) {
        let Some(place) = self.place(frame, node) else { return };
        let mut held = self.evaluate(frame, node);
        self.ensure(frame, node);
        held.set(&[Key::KEYS], Value::checked());
        frame.env.put(&place, held);
    }

    /// Knows what conditions speak of, so that both ways on from it mean the same.
    pub(super) fn prepare(&mut self, frame: &mut Frame<'a>, condition: NodeId, depth: u8) {
        if depth > 16 || frame.env.dead {
            return;
        }
        match frame.kind(condition) {
            NodeKind::Unary { value, .. } | NodeKind::Argument { value, .. } => self.prepare(frame, value, depth + 1),
            NodeKind::Binary { left, right, .. } => {
                self.prepare(frame, left, depth + 1);
                self.prepare(frame, right, depth + 1);
            }
            NodeKind::Call { callee, args, .. } => {
                if let NodeKind::Member { object, .. } = frame.kind(callee) {
                    self.prepare(frame, object, depth + 1);
                }
                for arg in frame.list(args).into_iter().take(4) {
                    self.prepare(frame, arg, depth + 1);
                }
            }
            NodeKind::Member { path: false, .. } | NodeKind::Index { .. } => self.ensure(frame, condition),
            _ => {}
        }
    }

    /// A function of the project whose result is true only for arguments that it tested: `if not is_column(name): abort(400)`.
    fn vouched(&mut self, frame: &mut Frame<'a>, call: NodeId, callee: NodeId, args: &[NodeId]) {
        let callees: Vec<GlobalDef> = self
            .program
            .calls_at(frame.function, call)
            .iter()
            .filter(|edge| edge.kind == CallKind::Call && edge.resolution > Resolution::NameOnly)
            .map(|edge| edge.callee)
            .collect();
        let vouches = callees.iter().map(|&callee| self.flow_of(callee).map_or(0, |flow| flow.vouches)).reduce(|all, one| all & one);
        let (Some(&target), Some(vouches)) = (callees.first(), vouches.filter(|&vouches| vouches != 0)) else { return };
        let shift = self.receiver_shift(frame, target, callee);
        for (at, &arg) in args.iter().enumerate() {
            if matches!(frame.kind(arg), NodeKind::Argument { .. } | NodeKind::Spread { .. }) {
                break;
            }
            let bit = at + shift;
            if bit < 64 && vouches & (1 << bit) != 0 {
                self.check_place(frame, arg);
            }
        }
    }

    /// Takes in what the unit gives back: which of its parameters are harmless where that is true.
    pub(super) fn note_verdict(&mut self, frame: &mut Frame<'a>, result: NodeId) {
        let params = &frame.facts.def(frame.unit.def).params;
        if frame.function != frame.unit || params.is_empty() || frame.vouches == Some(0) {
            return;
        }
        let falsy = match frame.kind(result) {
            NodeKind::Bool(truth) => !truth,
            NodeKind::Null => true,
            NodeKind::Return(_) | NodeKind::Raise(_) => return,
            _ => false,
        };
        if falsy {
            return;
        }
        let before = frame.env.clone();
        self.refine(frame, result, true);
        let mut checked = 0;
        for (index, param) in params.iter().enumerate().take(64) {
            let held = param.name.and_then(|name| frame.env.get(Variable::named(name)));
            if held.is_some_and(|value| value.checked && value.is_harmless()) {
                checked |= 1 << index;
            }
        }
        frame.env = before;
        frame.vouches = Some(frame.vouches.map_or(checked, |all| all & checked));
    }

    /// Remembers that a variable holds what a condition gave.
    pub(super) fn note_condition(&mut self, frame: &mut Frame<'a>, target: NodeId, value: NodeId) {
        let NodeKind::Name(name) = frame.kind(target) else { return };
        let is_condition = match frame.kind(value) {
            NodeKind::Binary { op, .. } => {
                !matches!(op, BinaryOp::Add | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder | BinaryOp::Coalesce)
            }
            NodeKind::Unary { op: UnaryOp::Not, .. } | NodeKind::Call { .. } | NodeKind::Index { .. } => true,
            _ => false,
        };
        if is_condition && frame.conditions.len() < MOST_CONDITIONS {
            frame.conditions.push((Variable::named(name), value));
        }
    }

    /// A variable gets another value: what was known through it, or about it, holds no more.
    pub(super) fn forget_conditions(&mut self, frame: &mut Frame<'a>, name: Name) {
        if frame.conditions.is_empty() {
            return;
        }
        let variable = Variable::named(name);
        let facts = frame.facts;
        frame.conditions.retain(|&(holder, condition)| {
            let mut mentioned = holder == variable;
            facts.arena.walk_while(condition, |node| {
                mentioned |= facts.arena.kind(node) == NodeKind::Name(name);
                !mentioned
            });
            !mentioned
        });
    }

    fn comparison(&mut self, frame: &mut Frame<'a>, op: BinaryOp, left: NodeId, right: NodeId, truth: bool) {
        if self.position_test(frame, op, left, right, truth) {
            return;
        }
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

    /// `ALLOWED.indexOf(column) !== -1`.
    fn position_test(&mut self, frame: &mut Frame<'a>, op: BinaryOp, left: NodeId, right: NodeId, truth: bool) -> bool {
        let NodeKind::Call { callee, args, .. } = frame.kind(left) else { return false };
        let NodeKind::Member { object, name, .. } = frame.kind(callee) else { return false };
        let Some(&first) = frame.list(args).first().filter(|_| frame.facts.text(name) == "indexOf") else { return false };
        let is_zero = |node| matches!(frame.kind(node), NodeKind::Number(name) if frame.facts.text(name) == "0");
        let is_minus_one = matches!(frame.kind(right), NodeKind::Unary { op: UnaryOp::Negate, .. });
        let found = match op {
            BinaryOp::NotEqual | BinaryOp::IsNot | BinaryOp::Greater if is_minus_one => truth,
            BinaryOp::Equal | BinaryOp::Is if is_minus_one => !truth,
            BinaryOp::GreaterEqual if is_zero(right) => truth,
            BinaryOp::Less if is_zero(right) => !truth,
            _ => return false,
        };
        if found {
            let among = self.evaluate(frame, object);
            if self.is_allow_list(&among) {
                self.check_place(frame, first);
            }
        }
        true
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
            if let ("matches", Some(first)) = (name, first) {
                self.pattern_test(frame, first);
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
            if let ("get", Some(first)) = (name, first) {
                self.lookup_test(frame, object, first);
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
        }
        let Some(first) = first else { return };
        match name {
            "isinstance" => {
                let safe = args.get(1).is_some_and(|&types| lookup::safety(self.program, &self.scopes, frame.file, types) == Safety::Safe);
                if safe {
                    self.check_place(frame, first);
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

/// Gives as many as it is given: none where there are none.
fn keeps_length(frame: &Frame, callee: NodeId) -> bool {
    frame.facts.language.family() == Family::Python
        && matches!(frame.kind(callee), NodeKind::Name(name) if matches!(frame.facts.text(name), "sorted" | "list" | "tuple" | "set" | "len" | "bool"))
}

/// What a closure with nothing but a result gives back.
fn only_result(frame: &Frame, body: NodeId) -> Option<NodeId> {
    let NodeKind::Block { items, .. } = frame.kind(body) else { return Some(body) };
    match frame.list(items).as_slice() {
        [only] => match frame.kind(*only) {
            NodeKind::Return(value) => value,
            _ => Some(*only),
        },
        _ => None,
    }
}

/// The function under way reads values of the mapping at `node`.
fn reads_values(frame: &Frame, node: NodeId) -> bool {
    let NodeKind::Name(name) = frame.kind(node) else { return false };
    let Some(body) = frame.facts.def(frame.function.def).body else { return false };
    let is_it = |node| frame.kind(node) == NodeKind::Name(name);
    let mut found = false;
    frame.facts.arena.walk_while(body, |node| {
        found |= match frame.kind(node) {
            NodeKind::Index { object, .. } => is_it(object),
            NodeKind::Member { object, name, .. } => is_it(object) && matches!(frame.facts.text(name), "items" | "values" | "get"),
            _ => false,
        };
        !found
    });
    found
}

/// `is_valid_column`, `isAllowedSort`: a test by name.
pub(super) fn says_valid(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let bare = lower.trim_start_matches("is").trim_start_matches('_');
    vocabulary().inputs.valid.starts(bare) && bare.len() != lower.len()
}
