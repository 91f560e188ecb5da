//! What the languages' own functions do with data: text and collection methods, casts, macros.
//!
//! Only names that mean the same on any receiver worth knowing; libraries are described by knowledge.

use super::Analysis;
use super::build::Piece;
use super::calls::Argument;
use super::environment::Variable;
use super::evaluate::Frame;
use super::lookup::{self};
use super::value::{Kind, Origin, Shape, Strand, Value, merge, sorted};
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::finding::Confidence;
use crate::model::knowledge::SourceKind;
use crate::model::program::Value as Known;
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::model::summary::{Step, StepPlace};

/// Methods whose result is (part of) what they are called on.
const SAME_DATA: &[&str] = &[
    "strip",
    "lstrip",
    "rstrip",
    "trim",
    "trimStart",
    "trimEnd",
    "trim_start",
    "trim_end",
    "trim_matches",
    "lower",
    "upper",
    "toLowerCase",
    "toUpperCase",
    "to_lowercase",
    "to_uppercase",
    "to_ascii_lowercase",
    "to_ascii_uppercase",
    "title",
    "capitalize",
    "casefold",
    "swapcase",
    "encode",
    "decode",
    "toString",
    "to_string",
    "to_owned",
    "as_str",
    "as_ref",
    "as_deref",
    "as_bytes",
    "as_mut",
    "into",
    "into_owned",
    "into_inner",
    "into_string",
    "to_str",
    "to_string_lossy",
    "clone",
    "cloned",
    "copy",
    "copied",
    "deref",
    "borrow",
    "unwrap",
    "unwrap_or_default",
    "expect",
    "ok",
    "first",
    "last",
    "next",
    "pop",
    "shift",
    "slice",
    "substring",
    "substr",
    "split",
    "rsplit",
    "splitlines",
    "split_whitespace",
    "split_once",
    "partition",
    "lines",
    "iter",
    "into_iter",
    "iter_mut",
    "collect",
    "rev",
    "reverse",
    "reversed",
    "toSorted",
    "sort",
    "sorted",
    "flat",
    "flatten",
    "dedup",
    "take",
    "skip",
    "valueOf",
    "normalize",
    "splice",
    "at",
    "peek",
    "zfill",
    "ljust",
    "rjust",
    "center",
    "expandtabs",
    "removeprefix",
    "removesuffix",
    "dict",
    "to_dict",
    "toJSON",
    "model_dump",
    "json",
    "read",
    "getvalue",
    "as_string",
    "freeze",
    "to_vec",
    "unwrap_unchecked",
    "dump",
    "groups",
    "group",
    "all",
    "exec",
];

/// Methods whose result holds what they are called on and what they are given.
const MIXED_DATA: &[&str] = &[
    "concat",
    "padStart",
    "padEnd",
    "unwrap_or",
    "or",
    "merge",
    "union",
    "chain",
    "zip",
    "setdefault",
    "getOrDefault",
    "with",
    "assign",
    "extend_from_slice",
];

/// Methods whose result is a number, a boolean, or as harmless.
const HARMLESS: &[&str] = &[
    "length",
    "len",
    "count",
    "size",
    "isdigit",
    "isnumeric",
    "isalpha",
    "isalnum",
    "indexOf",
    "lastIndexOf",
    "index",
    "rfind",
    "startsWith",
    "endsWith",
    "startswith",
    "endswith",
    "starts_with",
    "ends_with",
    "includes",
    "has",
    "contains",
    "contains_key",
    "is_empty",
    "isEmpty",
    "test",
    "is_match",
    "getTime",
    "timestamp",
    "as_millis",
    "as_secs",
    "as_micros",
    "as_nanos",
    "num_seconds",
    "num_milliseconds",
    "toFixed",
    "is_some",
    "is_none",
    "is_ok",
    "is_err",
    "hexdigest",
    "digest",
    "hash",
    "md5",
    "sha1",
    "sha256",
    "sha512",
    "isoformat",
    "toISOString",
    "every",
    "some",
    "any",
    "localeCompare",
    "charCodeAt",
    "codePointAt",
    "total_seconds",
    "getFullYear",
    "getMonth",
    "getDate",
];

/// Functions of the languages that give back what they are given.
const SAME_ARGUMENT: &[&str] = &[
    "str",
    "String",
    "repr",
    "unicode",
    "list",
    "tuple",
    "set",
    "frozenset",
    "sorted",
    "reversed",
    "iter",
    "next",
    "dict",
    "bytes",
    "decodeURIComponent",
    "decodeURI",
    "encodeURIComponent",
    "encodeURI",
    "unescape",
    "Some",
    "Ok",
    "Array",
    "Object",
    "copy",
    "deepcopy",
    "dedent",
    "unquote",
    "unquote_plus",
    "fromEntries",
    "loads",
    "dumps",
    "parse",
    "stringify",
    "structuredClone",
    "resolve",
    "cast",
    "min",
    "max",
    "Set",
    "Map",
    "from_utf8",
    "from_utf8_lossy",
    "cleandoc",
    "indent",
    "ascii",
    "bytearray",
    "memoryview",
    "chain",
];

/// Functions of the languages whose result is a number or as harmless.
const HARMLESS_FUNCTIONS: &[&str] = &[
    "int",
    "float",
    "bool",
    "len",
    "round",
    "abs",
    "ord",
    "hash",
    "id",
    "sum",
    "isinstance",
    "issubclass",
    "hasattr",
    "callable",
    "range",
    "parseInt",
    "parseFloat",
    "Number",
    "Boolean",
    "BigInt",
    "isNaN",
    "isFinite",
    "typeof",
    "complex",
    "divmod",
    "pow",
    "Symbol",
];

/// Methods that put their argument into what they are called on.
const ADDS: &[&str] =
    &["append", "push", "add", "extend", "insert", "unshift", "push_back", "push_front", "appendleft", "push_str", "update", "set"];

impl<'a> Analysis<'_, 'a> {
    pub(super) fn builtin(
        &mut self,
        frame: &mut Frame<'a>,
        call: &Call<'_>,
        held: Option<Value>,
        arguments: Vec<Argument>,
        returned: Option<Value>,
    ) -> Value {
        if call.form == CallForm::Macro {
            return self.macro_call(frame, call, &arguments);
        }
        if self.has_safe_type_arguments(frame, call.node) {
            return Value::number();
        }
        match (call.receiver, held) {
            (Some(object), Some(held)) => self.method(frame, call, object, held, &arguments, returned),
            _ => self.function_call(frame, call, &arguments, returned),
        }
    }

    pub(super) fn macro_call(&mut self, frame: &mut Frame<'a>, call: &Call<'_>, arguments: &[Argument]) -> Value {
        if matches!(call.name, "write" | "writeln")
            && let Some((target, rest)) = arguments.split_first()
            && let Some(place) = self.place(frame, target.node)
        {
            let before = target.value.clone();
            let mut pieces = vec![Piece::value(before.clone())];
            pieces.extend(rest.iter().map(|argument| Piece::after(argument.value.clone(), before.tail)));
            let text = self.build(frame, call.node, pieces);
            frame.env.put(&place, text);
            return Value::harmless();
        }
        match call.name {
            "panic" | "unreachable" | "todo" | "unimplemented" => frame.env.dead = true,
            "bail" => frame.leave(),
            "assert" | "debug_assert" | "ensure" => {
                if let Some(first) = arguments.first() {
                    self.refine(frame, first.node, true);
                }
                return Value::harmless();
            }
            _ => {}
        }
        if frame.env.dead {
            return Value::harmless();
        }
        // `sqlx::query!("…", name)` binds what it is given; other macros of libraries give no text either.
        if matches!(self.program.value(frame.file, call.callee), Known::Api { .. }) {
            return Value::harmless();
        }
        self.weakened(frame, call.node, arguments, None)
    }

    pub(super) fn method(
        &mut self,
        frame: &mut Frame<'a>,
        call: &Call<'_>,
        object: NodeId,
        held: Value,
        arguments: &[Argument],
        returned: Option<Value>,
    ) -> Value {
        let name = call.name;
        let first = arguments.first();
        if let Some(first) = first
            && let Some(passed) = self.parsed(frame, object, name, &first.value)
        {
            return passed;
        }
        if ADDS.contains(&name) && self.grow(frame, call, object, &held, arguments) {
            return Value::harmless();
        }
        let object_names = lookup::last_name(self.program, frame.file, object).unwrap_or("");
        if matches!(frame.kind(object), NodeKind::Name(_)) && matches!(object_names, "Object" | "Array" | "Reflect") {
            return self.namespace_call(frame, call, object_names, arguments, returned);
        }
        if let Some(value) = self.bound_call(frame, call, &held, arguments) {
            return value;
        }
        match name {
            "format" if lookup::last_name(self.program, frame.file, object) == Some("util") => {
                return self.formatted(frame, call, arguments);
            }
            "format" if frame.facts.language.family() == Family::Python => {
                let before = held.tail;
                let mut pieces = vec![Piece::value(Value { tail: None, ..held })];
                pieces.extend(arguments.iter().map(|argument| Piece::after(argument.value.flat(), before)));
                return self.build(frame, call.node, pieces);
            }
            "replace" | "replaceAll" | "replace_all" | "replacen" if arguments.len() >= 2 => {
                // The text with a piece put in: what the piece holds is built into it.
                match doubled_quotes(frame, arguments) {
                    // A name between such quotes stays one.
                    Some('"' | '`' | ']') => return Value::text(),
                    Some(_) => return quoted(&held),
                    None => {}
                }
                let put_is_harmless = arguments[1].value.is_harmless();
                match self.pattern_text(frame, arguments[0].node, 0).map(left_by) {
                    Some(Left::Names) if put_is_harmless => return Value::text(),
                    Some(Left::NoQuotes) if put_is_harmless => return quoted(&held),
                    _ => {}
                }
                let before = held.tail;
                let put = arguments.get(1).map(|argument| argument.value.flat()).unwrap_or_default();
                if put.is_harmless() || put.closure().is_some() {
                    return Value { kind: Kind::Text, ..held.flat() };
                }
                return self.build(frame, call.node, vec![Piece::value(held.flat()), Piece::after(put, before)]);
            }
            // `re.sub(r"[^a-z_]", "", name)`, `NOT_IN_NAMES.sub("", name)`.
            "sub" | "subn" if frame.facts.language.family() == Family::Python => {
                let direct = object_names == "re";
                let pattern = if direct { first.map(|first| first.node) } else { Some(object) };
                let put = arguments.get(usize::from(direct)).is_some_and(|put| put.value.is_harmless());
                let subject = arguments.get(1 + usize::from(direct)).map(|subject| subject.value.clone()).unwrap_or_default();
                match pattern.and_then(|pattern| self.pattern_text(frame, pattern, 0)).map(left_by) {
                    Some(Left::Names) if put => return Value::text(),
                    Some(Left::NoQuotes) if put => return quoted(&subject),
                    _ => {}
                }
            }
            "partial" if object_names == "functools" => {
                if let Some((function, rest)) = arguments.split_first()
                    && let Some(target) = function.value.closure()
                {
                    return self.called_with(frame, call.node, target, rest);
                }
            }
            // `["?"].repeat(n)`, `iter::repeat("?")`.
            "repeat" | "repeat_n" => {
                return match first {
                    Some(first) if held.is_harmless() && first.value.kind == Kind::Text => Value::elements(first.value.clone()),
                    _ if matches!(held.shape.as_deref(), Some(Shape::Tuple(_) | Shape::Elements(_))) => Value::elements(held.element()),
                    _ => held,
                };
            }
            // `ALLOWED.find(a => a === given)` is one of them.
            "find" | "findLast" if returned.is_some() => return held.element(),
            "substitute" | "safe_substitute" => {
                let mut pieces = vec![Piece::value(held.flat())];
                pieces.extend(arguments.iter().map(|argument| Piece::after(argument.value.flat(), None)));
                return self.build(frame, call.node, pieces);
            }
            "join" => {
                // `sep.join(items)` in Python, `items.join(sep)` elsewhere.
                let items = if frame.facts.language.family() == Family::Python {
                    first
                        .map(|first| if first.value.shape.is_some() { first.value.walked(true).flat() } else { first.value.flat() })
                        .unwrap_or_default()
                } else {
                    held.flat()
                };
                return Value { strands: items.strands, ..Value::text() };
            }
            "concat" if held.kind == Kind::Text => {
                let mut pieces = vec![Piece::value(held)];
                pieces.extend(arguments.iter().map(|argument| Piece::after(argument.value.flat(), None)));
                return self.build(frame, call.node, pieces);
            }
            "concat" if matches!(held.shape.as_deref(), Some(Shape::Tuple(_) | Shape::Elements(_))) => {
                let mut list = held;
                for Argument { value, .. } in arguments {
                    match value.shape.as_deref() {
                        Some(Shape::Tuple(_) | Shape::Elements(_)) => list.add(&value.element()),
                        _ => list.add(value),
                    }
                }
                return list;
            }
            "keys" => return held.keys(),
            "values" => return Value::elements(held.element()),
            "items" | "entries" if arguments.is_empty() => {
                return Value::elements(Value::shaped(Shape::Tuple(vec![held.keys().element(), held.element()])));
            }
            "keys_of" => return held.keys(),
            "enumerate" | "char_indices" => return Value::elements(Value::shaped(Shape::Tuple(vec![Value::number(), held.element()]))),
            "get" | "getlist" | "get_all" | "getAll" | "pop" | "remove" if !arguments.is_empty() => {
                if arguments.iter().any(|argument| argument.name.as_deref() == Some("type") && self.is_safe_type(frame, argument.node)) {
                    return Value::number();
                }
                let part = match first.map(|first| frame.kind(first.node)) {
                    Some(NodeKind::Str(key)) => {
                        let key = self.keys.name(self.program, frame.file, key);
                        held.member(key)
                    }
                    _ => held.element(),
                };
                let default = arguments.get(1).map(|argument| argument.value.clone());
                let part = if name == "getlist" || name == "getAll" { Value::elements(part) } else { part };
                return match default {
                    Some(default) => part.join(&default),
                    None => part,
                };
            }
            "parse" if frame.facts.language.family() == Family::Rust => return Value { kind: Kind::Any, ..held },
            "filter" => return self.filtered(frame, &held, arguments),
            "map" | "flatMap" | "flat_map" | "filter_map" => {
                if first.is_some_and(|first| self.makes_harmless(frame, first.node)) {
                    return Value::elements(Value::number());
                }
                if let Some(returned) = returned {
                    let held_once = held.shape.is_none() && frame.facts.language.family() == Family::Rust;
                    return match (name, held_once) {
                        ("map", true) => returned.join(&Value::elements(returned.clone())),
                        ("map", false) => Value::elements(returned),
                        _ => Value::elements(returned.element().join(&returned)),
                    };
                }
            }
            "reduce" | "fold" | "then" | "and_then" | "map_or" | "map_or_else" | "unwrap_or_else" | "or_else" | "catch" | "finally" => {
                if let Some(returned) = returned {
                    return match name {
                        "then" | "and_then" | "reduce" | "fold" => returned,
                        _ => returned.join(&held),
                    };
                }
                return held;
            }
            _ => {}
        }
        if object_names == "sql" && matches!(name, "Identifier" | "Literal" | "Placeholder") {
            return Value::harmless();
        }
        if is_empty_container(object_names, name) && arguments.iter().all(|argument| argument.value.is_harmless()) {
            return Value { kind: if object_names == "String" { Kind::Text } else { Kind::Any }, ..Value::harmless() };
        }
        let is_namespace = matches!(frame.kind(object), NodeKind::Name(_))
            && matches!(
                object_names,
                "Object"
                    | "Array"
                    | "JSON"
                    | "Promise"
                    | "Number"
                    | "String"
                    | "Math"
                    | "Date"
                    | "Box"
                    | "Arc"
                    | "Rc"
                    | "Cow"
                    | "Some"
                    | "Option"
                    | "json"
                    | "copy"
                    | "textwrap"
                    | "inspect"
                    | "Reflect"
                    | "Buffer"
            );
        if is_namespace {
            return self.namespace_call(frame, call, object_names, arguments, returned);
        }
        if HARMLESS.contains(&name) {
            return Value::number();
        }
        let known = self.is_known_object(frame, object, &held);
        if SAME_DATA.contains(&name) && known {
            return Value { kind: if held.kind == Kind::Number { Kind::Any } else { held.kind }, ..held };
        }
        if MIXED_DATA.contains(&name) && known {
            return arguments.iter().fold(held, |all, argument| all.join(&argument.value));
        }
        if held.strands.is_empty() && held.kind == Kind::Text && SAME_ARGUMENT.contains(&name) {
            return held;
        }
        self.weakened(frame, call.node, arguments, Some(&held))
    }

    /// What is held is plain data, not an object of a library whose methods may mean anything.
    pub(super) fn is_known_object(&self, frame: &Frame<'a>, object: NodeId, held: &Value) -> bool {
        if !held.is_harmless() || held.shape.is_some() || held.kind != Kind::Any || held.checked {
            return true;
        }
        match self.program.value(frame.file, object) {
            Known::Api { api, .. } => self.program.apis[api.0 as usize].path.starts_with("builtins."),
            Known::Instance { .. } | Known::Def(_) | Known::Module(_) | Known::Namespace(_) => false,
            _ => true,
        }
    }

    pub(super) fn namespace_call(
        &mut self,
        frame: &mut Frame<'a>,
        call: &Call<'_>,
        namespace: &str,
        arguments: &[Argument],
        returned: Option<Value>,
    ) -> Value {
        let first = arguments.first().map(|argument| argument.value.clone()).unwrap_or_default();
        match (namespace, call.name) {
            ("Math" | "Number" | "Date", _) | ("Buffer", "byteLength") => Value::number(),
            ("Object", "keys" | "getOwnPropertyNames") => first.keys(),
            ("Object", "values") => Value::elements(first.element()),
            ("Object", "entries") => Value::elements(Value::shaped(Shape::Tuple(vec![first.keys().element(), first.element()]))),
            ("Array", "from") => match returned {
                Some(returned) => Value::elements(returned),
                None => first,
            },
            ("Array", "isArray") => Value::number(),
            ("Object", "assign") => {
                arguments.iter().skip(1).fold(first, |all, argument| all.join(&argument.value.clone().without_unknown()))
            }
            _ => {
                let _ = frame;
                arguments.iter().skip(1).fold(first, |all, argument| all.join(&argument.value))
            }
        }
    }

    pub(super) fn function_call(
        &mut self,
        frame: &mut Frame<'a>,
        call: &Call<'_>,
        arguments: &[Argument],
        returned: Option<Value>,
    ) -> Value {
        let first = arguments.first().map(|argument| argument.value.clone()).unwrap_or_default();
        match call.name {
            // What is counted up to is a number.
            "range" if frame.facts.language.family() == Family::Python => {
                for argument in arguments {
                    self.check_place(frame, argument.node);
                }
                return Value::elements(Value::number());
            }
            // Who goes on has the other one.
            "Err" if frame.facts.language.family() == Family::Rust => return Value::harmless(),
            "sprintf" | "vsprintf" => return self.formatted(frame, call, arguments),
            "enumerate" => return Value::elements(Value::shaped(Shape::Tuple(vec![Value::number(), first.element()]))),
            "zip" => {
                let items = arguments.iter().map(|argument| argument.value.element()).collect();
                return Value::elements(Value::shaped(Shape::Tuple(items)));
            }
            "map" if arguments.first().is_some_and(|first| self.makes_harmless(frame, first.node)) => {
                return Value::elements(Value::number());
            }
            "partial" | "partialmethod" => {
                if let Some((function, rest)) = arguments.split_first()
                    && let Some(target) = function.value.closure()
                {
                    return self.called_with(frame, call.node, target, rest);
                }
            }
            "map" => {
                return returned
                    .map_or_else(|| arguments.get(1).map(|argument| argument.value.clone()).unwrap_or_default(), Value::elements);
            }
            "filter" => return arguments.get(1).map(|argument| argument.value.clone()).unwrap_or_default(),
            "getattr" => {
                let default = arguments.get(2).map(|argument| argument.value.clone()).unwrap_or_default();
                let part = match arguments.get(1).map(|argument| frame.kind(argument.node)) {
                    Some(NodeKind::Str(key)) => {
                        let key = self.keys.name(self.program, frame.file, key);
                        first.member(key)
                    }
                    _ => first.element(),
                };
                return part.join(&default);
            }
            "dict" if arguments.iter().any(|argument| argument.key.is_some()) => {
                let mut object = first;
                for argument in arguments {
                    if let Some(key) = argument.key {
                        object.set(&[key], argument.value.clone());
                    }
                }
                return object;
            }
            _ => {}
        }
        if HARMLESS_FUNCTIONS.contains(&call.name) || (call.form == CallForm::New && arguments.is_empty()) {
            return Value::number();
        }
        let builtin = match self.program.value(frame.file, call.callee) {
            Known::Api { api, .. } => self.program.apis[api.0 as usize].path.starts_with("builtins."),
            Known::Unknown => true,
            _ => false,
        };
        if SAME_ARGUMENT.contains(&call.name) {
            let text = matches!(call.name, "str" | "String" | "repr");
            let kind = if text { Kind::Text } else { first.kind };
            let held = arguments.iter().skip(1).fold(first, |all, argument| all.join(&argument.value));
            return if builtin && text { Value { kind, ..held.flat() } } else { held };
        }
        if let Some(closure) = returned
            && matches!(frame.kind(call.callee), NodeKind::Closure(_))
        {
            return closure;
        }
        if let NodeKind::Closure(def) = frame.kind(call.callee) {
            return self.run(frame, GlobalDef { file: frame.file, def }, &[]);
        }
        self.weakened(frame, call.node, arguments, None)
    }

    /// The name of a function whose results are harmless, given to `map`: `ids.map(Number)`, `map(int, ids)`.
    fn makes_harmless(&self, frame: &Frame<'a>, node: NodeId) -> bool {
        match frame.kind(node) {
            NodeKind::Name(name) => {
                HARMLESS_FUNCTIONS.contains(&frame.facts.text(name))
                    && frame.env.get(Variable::named(name)).is_none()
                    && self.scopes.module_name(frame.file, name).is_none()
            }
            _ => false,
        }
    }

    /// `run.bind(null, sql)`, `run.call(null, sql)`, `run.apply(null, [sql])`.
    fn bound_call(&mut self, frame: &mut Frame<'a>, call: &Call<'_>, held: &Value, arguments: &[Argument]) -> Option<Value> {
        let target = held.closure()?;
        let (_, rest) = arguments.split_first()?;
        match call.name {
            "bind" | "call" => Some(self.called_with(frame, call.node, target, rest)),
            "apply" => {
                let given = rest.first()?.value.clone();
                let params = self.program.def(target).params.len();
                let bound: Vec<Option<Value>> = (0..params).map(|at| Some(given.at(at))).collect();
                let flow = self.flow_of(target)?;
                Some(self.apply(frame, call.node, target, &flow, &bound, Confidence::Medium))
            }
            _ => None,
        }
    }

    /// A function called, now or later, with these arguments.
    fn called_with(&mut self, frame: &mut Frame<'a>, site: NodeId, target: GlobalDef, arguments: &[Argument]) -> Value {
        let Some(flow) = self.flow_of(target) else { return Value::harmless() };
        let bound = self.bind_arguments(frame, target, site, arguments, None);
        let result = self.apply(frame, site, target, &flow, &bound, Confidence::Medium);
        Value { shape: Some(std::rc::Rc::new(Shape::Closure(target))), ..result }
    }

    /// The regular expression that an expression is, through `re.compile` and constants.
    fn pattern_text(&self, frame: &Frame<'a>, node: NodeId, depth: u8) -> Option<&'a str> {
        if let NodeKind::Name(name) = frame.kind(node) {
            let known = match self.program.value(frame.file, node) {
                Known::Def(def) => Some(def),
                _ => self.scopes.module_name(frame.file, name),
            }?;
            return pattern_at(self.program.file(known.file), self.program.def(known).value?, depth);
        }
        pattern_at(frame.facts, node, depth)
    }

    /// `util.format("… %s", x)`.
    fn formatted(&mut self, frame: &mut Frame<'a>, call: &Call<'_>, arguments: &[Argument]) -> Value {
        let Some((template, rest)) = arguments.split_first() else { return Value::text() };
        let before = template.value.tail;
        let mut pieces = vec![Piece::value(template.value.flat())];
        pieces.extend(rest.iter().map(|argument| Piece::after(argument.value.flat(), before)));
        self.build(frame, call.node, pieces)
    }

    /// The result of a call that nothing is known of: not the data that went in, but not free of it either.
    pub(super) fn weakened(&mut self, frame: &Frame<'a>, node: NodeId, arguments: &[Argument], held: Option<&Value>) -> Value {
        let mut strands: Vec<Strand> = held.map(Value::all_strands).unwrap_or_default();
        for argument in arguments {
            strands = merge(&strands, &argument.value.all_strands());
        }
        if strands.is_empty() && held.is_some_and(|held| held.kind == Kind::Number) {
            return Value::number();
        }
        if strands.is_empty() {
            return if self.is_pure(frame.file, node) { Value::harmless() } else { self.unknown_at(frame, node) };
        }
        let step = Step { function: frame.function, place: StepPlace::Node(node) };
        let strands =
            strands.into_iter().map(|strand| Strand { weak: true, built: None, way: self.ways.then(strand.way, step), ..strand }).collect();
        Value { strands: sorted(strands), ..Value::default() }
    }

    /// `list.append(x)`, `text.push_str(x)`: the variable holds more than before.
    pub(super) fn grow(&mut self, frame: &mut Frame<'a>, call: &Call<'_>, object: NodeId, held: &Value, arguments: &[Argument]) -> bool {
        let Some(place) = self.place(frame, object) else { return false };
        let is_of_language = |path: &str| {
            let root = path.split(['.', '(']).next().unwrap_or_default();
            root == "builtins"
                || frame.facts.language.family() == Family::Rust && matches!(root, "std" | "alloc" | "Vec" | "VecDeque" | "String")
        };
        let library = matches!(self.program.value(frame.file, object), Known::Api { api, .. } if !is_of_language(&self.program.apis[api.0 as usize].path));
        if library || arguments.is_empty() {
            return false;
        }
        let mut value = held.clone();
        let rust_text =
            call.name == "push_str" || (call.name == "push" && frame.facts.language.family() == Family::Rust && held.kind == Kind::Text);
        match call.name {
            _ if rust_text => {
                let before = held.tail;
                let put = arguments.first().map(|argument| argument.value.flat()).unwrap_or_default();
                value = self.build(frame, call.node, vec![Piece::value(value), Piece::after(put, before)]);
            }
            "extend" | "update" => {
                for argument in arguments {
                    match argument.key {
                        Some(key) => value.set(&[key], argument.value.clone()),
                        None if call.name == "update" => value = value.join(&argument.value),
                        None => value.add(&argument.value.element()),
                    }
                }
            }
            // Which of its entries is read later, nobody knows.
            "insert" if arguments.len() == 2 && frame.facts.language.family() == Family::Rust => {
                if let NodeKind::Str(name) = frame.kind(arguments[0].node) {
                    let key = self.keys.name(self.program, frame.file, name);
                    value.set(&[key], arguments[1].value.clone());
                } else {
                    let request = |strand: &Strand| strand.origin == Origin::Source(SourceKind::Request);
                    let put = arguments[1].value.map(&mut |strand| vec![Strand { weak: strand.weak || !request(strand), ..*strand }]);
                    value.put_any(&arguments[0].value, &put);
                }
            }
            "set" => {
                let [key, put] = arguments else { return false };
                match frame.kind(key.node) {
                    NodeKind::Str(name) => {
                        let key = self.keys.name(self.program, frame.file, name);
                        value.set(&[key], put.value.clone());
                    }
                    _ => value.strands = merge(&value.strands, &put.value.all_strands()),
                }
            }
            _ => {
                for argument in arguments {
                    let item = if argument.spread { argument.value.element() } else { argument.value.clone() };
                    value.add(&item);
                }
            }
        }
        self.ensure(frame, object);
        if let NodeKind::Member { object: owner, name, .. } = frame.kind(object)
            && frame.kind(owner) == NodeKind::Receiver
            && let Some(class) = frame.class
        {
            let key = self.keys.name(self.program, frame.file, name);
            self.put_field(class, key, &value);
        }
        frame.env.put(&place, value);
        true
    }

    /// `s.parse::<i32>()`, `query.get_result::<i64>(conn)`: what comes back is of a safe type.
    pub(super) fn has_safe_type_arguments(&self, frame: &Frame<'a>, node: NodeId) -> bool {
        let NodeKind::Call { callee, .. } = frame.kind(node) else { return false };
        let NodeKind::Apply { args, .. } = frame.kind(callee) else { return false };
        let args = frame.list(args);
        frame.facts.language.family() == Family::Rust && !args.is_empty() && args.iter().all(|&arg| self.is_safe_type(frame, arg))
    }

    /// `columns.filter(c => ALLOWED.includes(c))`: what the test lets through.
    pub(super) fn filtered(&mut self, frame: &mut Frame<'a>, held: &Value, arguments: &[Argument]) -> Value {
        let Some(first) = arguments.first() else { return held.clone() };
        let NodeKind::Closure(def) = frame.kind(first.node) else { return held.clone() };
        let definition = frame.facts.def(def);
        let (Some(body), Some(name)) = (definition.body, definition.params.first().and_then(|param| param.name)) else {
            return held.clone();
        };
        let NodeKind::Block { items, .. } = frame.kind(body) else { return held.clone() };
        let test = match frame.list(items).last().map(|&last| (last, frame.kind(last))) {
            Some((_, NodeKind::Return(Some(value)))) => value,
            Some((last, _)) => last,
            None => return held.clone(),
        };
        let before = frame.env.clone();
        frame.env.set(Variable::named(name), held.element());
        self.refine(frame, test, true);
        let passed = frame.env.get(Variable::named(name)).cloned().unwrap_or_default();
        frame.env = before;
        if passed.checked { Value::elements(Value::harmless()) } else { held.clone() }
    }
}

/// `Vec::new()`, `String::with_capacity(64)`.
fn is_empty_container(object: &str, name: &str) -> bool {
    matches!(name, "new" | "with_capacity" | "default")
        && matches!(
            object,
            "Vec" | "String" | "HashMap" | "HashSet" | "BTreeMap" | "BTreeSet" | "VecDeque" | "IndexMap" | "SmallVec" | "ArrayVec"
        )
}

/// A literal regular expression, as itself or compiled.
fn pattern_at(facts: &FileFacts, node: NodeId, depth: u8) -> Option<&str> {
    match facts.arena.kind(node) {
        NodeKind::Str(name) | NodeKind::Regex(name) => Some(facts.text(name)),
        NodeKind::Call { args, .. } if depth == 0 => pattern_at(facts, facts.arena.list(args).next()?, 1),
        _ => None,
    }
}

/// What is left of a text after everything that matches a regular expression is replaced.
enum Left {
    /// Letters, digits and the like: `[^a-zA-Z0-9_]`, `/\W/g`.
    Names,
    /// Text without one kind of quotes: `["';]`.
    NoQuotes,
    Anything,
}

fn left_by(pattern: &str) -> Left {
    let pattern = match pattern.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
        // Without `g`, only the first one is replaced.
        Some((inner, flags)) if flags.contains('g') => inner,
        Some(_) => return Left::Anything,
        None => pattern,
    };
    let pattern = pattern.trim_end_matches('+');
    if matches!(pattern, "\\W" | "\\D") {
        return Left::Names;
    }
    let Some(class) = pattern.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return Left::Anything };
    let Some(kept) = class.strip_prefix('^') else {
        return if class.contains(['"', '\'', '`']) { Left::NoQuotes } else { Left::Anything };
    };
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '$' | '\\');
    let classes = ["\\s", "\\S", "\\W", "\\D"].iter().any(|wide| kept.contains(wide));
    if kept.chars().all(safe) && !classes { Left::Names } else { Left::Anything }
}

/// The kind of quotes that `replace("'", "''")` doubles.
fn doubled_quotes(frame: &Frame, arguments: &[Argument]) -> Option<char> {
    let literal = |at: usize| match arguments.get(at).map(|argument| frame.kind(argument.node)) {
        Some(NodeKind::Str(name)) => Some(frame.facts.text(name)),
        Some(NodeKind::Regex(name)) => frame.facts.text(name).strip_prefix('/')?.strip_suffix("/g"),
        _ => None,
    };
    match (literal(0)?.trim_start_matches('\\'), literal(1)?) {
        ("'", "''" | "\\'") => Some('\''),
        ("\"", "\"\"") => Some('"'),
        ("`", "``") => Some('`'),
        ("]", "]]") => Some(']'),
        _ => None,
    }
}

/// Text quoted by hand: no proof against an attacker, but no finding where nothing is known of the value.
fn quoted(held: &Value) -> Value {
    let strands = held.all_strands().into_iter().filter(|strand| matches!(strand.origin, Origin::Source(SourceKind::Request)));
    Value { strands: sorted(strands.map(|strand| Strand { weak: true, ..strand }).collect()), ..Value::text() }
}

/// A call, as the built-in functions see it.
pub(super) struct Call<'n> {
    pub(super) node: NodeId,
    pub(super) callee: NodeId,
    pub(super) name: &'n str,
    pub(super) receiver: Option<NodeId>,
    pub(super) form: CallForm,
}
