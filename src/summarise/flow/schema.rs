//! What schemas of validation libraries promise: `z.object({ sort: z.enum(["name", "age"]) }).parse(x).sort` is one of the two.

use super::Analysis;
use super::calls::Argument;
use super::evaluate::Frame;

use super::value::{Key, Shape, Value};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, Name};
use crate::model::knowledge::{ApiFact, segments};
use crate::model::program::Value as Known;
use crate::model::role::GlobalDef;
use crate::model::source::FileId;
use crate::rulebook::vocabulary::api_names;

/// Schemas inside schemas are read down to here.
const DEEPEST: u8 = 12;
/// Most fields of a schema that are kept apart.
const MOST_FIELDS: usize = 64;

/// What a parameter of a function that makes schemas stands for.
struct Given {
    param: (FileId, Name),
    argument: (FileId, NodeId),
}

/// What is known of data that has passed a schema.
pub(super) enum Form {
    /// Numbers, enumerations, identifiers: nothing can be injected.
    Fixed,
    Fields(Vec<(Key, Form)>, Others),
    Elements(Box<Form>),
    /// Whatever it was before.
    Open,
}

/// What becomes of fields that a schema does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    /// They are left out, or the whole is refused: the keys are those of the schema.
    Dropped,
    Kept,
}

impl<'a> Analysis<'_, 'a> {
    /// `schema.parse(x)`: what comes out, if the receiver is a schema that is known.
    pub(super) fn parsed(&mut self, frame: &Frame<'a>, schema: NodeId, name: &str, data: &Value) -> Option<Value> {
        if !api_names().validation.parses.has(name) {
            return None;
        }
        let schema = local_value(frame, schema).unwrap_or(schema);
        let form = self.form(frame.file, schema, 0)?;
        let passed = passed(&form, data);
        // `const { error, value } = schema.validate(x)`; of other libraries it is the data itself.
        if name.starts_with("validate") {
            let mut result = passed.clone();
            let key = self.keys.text("value");
            result.set(&[key], passed);
            return Some(result);
        }
        if !name.starts_with("safe") {
            return Some(passed);
        }
        let mut result = Value::harmless();
        let key = self.keys.text("data");
        result.set(&[key], passed);
        Some(result)
    }

    /// The form that the schema at a node describes; `None` when it is no schema.
    fn form(&mut self, file: FileId, node: NodeId, depth: u8) -> Option<Form> {
        self.form_with(file, node, &[], depth)
    }

    /// The same inside a function that makes schemas, whose parameters stand for `given`.
    fn form_with(&mut self, file: FileId, node: NodeId, given: &[Given], depth: u8) -> Option<Form> {
        if depth > DEEPEST {
            return Some(Form::Open);
        }
        let facts = self.program.file(file);
        match facts.arena.kind(node) {
            NodeKind::Name(_) => {
                let (file, value) = self.named_value(file, node, given)?;
                self.form_with(file, value, &[], depth + 1)
            }
            NodeKind::Call { callee, args, .. } => {
                let args: Vec<NodeId> = facts.arena.list(args).collect();
                match self.schema_fact(file, callee) {
                    Some(ApiFact::FixedSchema) => Some(Form::Fixed),
                    Some(ApiFact::ObjectSchema) => {
                        let others = self.others(file, callee);
                        Some(self.fields(file, args.first().copied(), given, depth, others))
                    }
                    Some(ApiFact::ListSchema) => {
                        let inner = args.first().and_then(|&arg| self.form_with(file, arg, given, depth + 1)).unwrap_or(Form::Open);
                        Some(Form::Elements(Box::new(inner)))
                    }
                    _ => self.link(file, callee, &args, given, depth),
                }
            }
            _ => None,
        }
    }

    /// What a name in a schema stands for: the argument for a parameter, the value of a constant.
    fn named_value(&self, file: FileId, node: NodeId, given: &[Given]) -> Option<(FileId, NodeId)> {
        let NodeKind::Name(name) = self.program.file(file).arena.kind(node) else { return None };
        if let Some(own) = given.iter().find(|own| own.param == (file, name)) {
            return Some(own.argument);
        }
        let named = match self.program.value(file, node) {
            Known::Def(def) => Some(def),
            _ => self.scopes.module_name(file, name),
        };
        let def = named.filter(|def| self.program.def(*def).kind == DefKind::Variable)?;
        Some((def.file, self.program.def(def).value?))
    }

    /// What a function of the project makes a schema of: `withPaging({ … })`.
    fn made(&mut self, file: FileId, callee: NodeId, args: &[NodeId], given: &[Given], depth: u8) -> Option<Form> {
        let Known::Def(def) = self.program.value(file, callee) else { return None };
        let definition = self.program.def(def);
        if definition.kind != DefKind::Function || depth > 6 {
            return None;
        }
        let facts = self.program.file(def.file);
        let body = definition.body?;
        let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return None };
        let result = match facts.arena.list(items).last().map(|last| facts.arena.kind(last)) {
            Some(NodeKind::Return(value)) => value?,
            _ => return None,
        };
        let given: Vec<Given> = definition
            .params
            .iter()
            .zip(args)
            .filter_map(|(param, &arg)| {
                let argument = self.named_value(file, arg, given).unwrap_or((file, arg));
                Some(Given { param: (def.file, param.name?), argument })
            })
            .collect();
        self.form_with(def.file, result, &given, depth + 1)
    }

    /// A call in a chain: `schema.optional()`, `schema.extend({ … })`.
    fn link(&mut self, file: FileId, callee: NodeId, args: &[NodeId], given: &[Given], depth: u8) -> Option<Form> {
        let NodeKind::Member { object, name, .. } = self.program.file(file).arena.kind(callee) else {
            return self.made(file, callee, args, given, depth);
        };
        let own = self.is_schema_library(file, callee);
        let name = self.program.file(file).text(name);
        let first = args.first().copied();
        if own && matches!(name, "union" | "discriminatedUnion") {
            return Some(self.either(file, if name == "union" { first } else { args.get(1).copied() }, given, depth));
        }
        if own && name == "intersection" {
            let forms: Vec<Form> =
                args.iter().take(2).map(|&arg| self.form_with(file, arg, given, depth + 1).unwrap_or(Form::Open)).collect();
            return Some(forms.into_iter().reduce(both).unwrap_or(Form::Open));
        }
        let before = self.form_with(file, object, given, depth + 1).or_else(|| own.then_some(Form::Open))?;
        let added = match name {
            // Made of what is fixed, it is fixed.
            "transform" | "overwrite" => return Some(if matches!(before, Form::Fixed) { before } else { Form::Open }),
            "pipe" => return Some(first.and_then(|arg| self.form_with(file, arg, given, depth + 1)).unwrap_or(Form::Open)),
            "refine" | "check" if matches!(before, Form::Open) => {
                return Some(if first.is_some_and(|test| self.tests_form(file, test)) { Form::Fixed } else { Form::Open });
            }
            "or" => {
                let other = first.and_then(|arg| self.form_with(file, arg, given, depth + 1));
                let fixed = matches!((&before, other), (Form::Fixed, Some(Form::Fixed)));
                return Some(if fixed { Form::Fixed } else { Form::Open });
            }
            "extend" | "safeExtend" | "augment" | "keys" | "shape" => self.fields(file, first, given, depth, Others::Dropped),
            name if api_names().validation.opens.has(name) => return Some(opened(before)),
            "merge" | "and" | "concat" => first.and_then(|arg| self.form_with(file, arg, given, depth + 1)).unwrap_or(Form::Open),
            "array" => return Some(Form::Elements(Box::new(before))),
            _ => return Some(before),
        };
        Some(both(before, added))
    }

    /// The function at `test` holds for harmless text only: `.refine(unit => UNITS.includes(unit))`, `.refine(isValidZone)`.
    fn tests_form(&mut self, file: FileId, test: NodeId) -> bool {
        let facts = self.program.file(file);
        match facts.arena.kind(test) {
            NodeKind::Closure(def) => {
                let mut frame = Frame::new(facts, GlobalDef { file, def: DefId::MODULE });
                self.closure_passes(&mut frame, def)
            }
            NodeKind::Name(name) => super::guard::says_valid(facts.text(name)),
            _ => false,
        }
    }

    /// `z.union([z.literal("a"), z.number()])`, `z.discriminatedUnion("type", [a, b])`.
    fn either(&mut self, file: FileId, node: Option<NodeId>, given: &[Given], depth: u8) -> Form {
        let facts = self.program.file(file);
        let Some(NodeKind::Collection { items, .. }) = node.map(|node| facts.arena.kind(node)) else { return Form::Open };
        let items = facts.arena.list(items);
        if items.len() > MOST_FIELDS {
            return Form::Open;
        }
        let forms: Vec<Form> = items.map(|item| self.form_with(file, item, given, depth + 1).unwrap_or(Form::Open)).collect();
        forms.into_iter().reduce(one_of).unwrap_or(Form::Open)
    }

    /// What the library does with fields that the schema made here does not name.
    fn others(&self, file: FileId, callee: NodeId) -> Others {
        let path = self.program.api(file, callee).map_or("", |api| api.path.as_str());
        let (package, name) = (path.split('.').next().unwrap_or(path), path.rsplit('.').next().unwrap_or(path));
        let closes = api_names().validation.closes.has(package) && !api_names().validation.opens.has(name);
        if closes { Others::Dropped } else { Others::Kept }
    }

    fn fields(&mut self, file: FileId, node: Option<NodeId>, given: &[Given], depth: u8, others: Others) -> Form {
        let mut fields = Vec::new();
        self.add_fields(file, node, given, depth, &mut fields);
        Form::Fields(fields, others)
    }

    fn add_fields(&mut self, file: FileId, node: Option<NodeId>, given: &[Given], depth: u8, out: &mut Vec<(Key, Form)>) {
        let facts = self.program.file(file);
        let Some(node) = node.filter(|_| depth <= DEEPEST) else { return };
        let NodeKind::Collection { items, .. } = facts.arena.kind(node) else {
            if let Some((file, value)) = self.named_value(file, node, given) {
                self.add_fields(file, Some(value), &[], depth + 1, out);
            }
            return;
        };
        for item in facts.arena.list(items).take(MOST_FIELDS) {
            match facts.arena.kind(item) {
                NodeKind::Entry { key, value } => {
                    let NodeKind::Str(name) = facts.arena.kind(key) else { continue };
                    let form = self.form_with(file, value, given, depth + 1).unwrap_or(Form::Open);
                    let key = self.keys.name(self.program, file, name);
                    out.retain(|(have, _)| *have != key);
                    out.push((key, form));
                }
                NodeKind::Spread { value, .. } => self.add_fields(file, Some(value), given, depth + 1, out),
                _ => {}
            }
        }
    }

    // ---- functions that are given a schema ----------------------------------------------------------------------------------------

    /// The result of a call of a function that parses by the schema it is given: `parseRequest(request, schema)`.
    pub(super) fn parsed_within(
        &mut self,
        frame: &Frame<'a>,
        target: GlobalDef,
        callee: NodeId,
        args: &[Argument],
        result: Value,
    ) -> Value {
        if self.schema_packages.is_empty() || args.is_empty() {
            return result;
        }
        let parses = self.parses_by(target);
        if parses == 0 {
            return result;
        }
        let shift = self.receiver_shift(frame, target, callee);
        let mut result = result;
        for (at, argument) in args.iter().take_while(|argument| argument.name.is_none()).enumerate() {
            if at + shift >= 64 || parses & (1 << (at + shift)) == 0 {
                continue;
            }
            let schema = local_value(frame, argument.node).unwrap_or(argument.node);
            if let Some(form) = self.form(frame.file, schema, 0) {
                result = fit(&form, &result);
            }
        }
        result
    }

    /// The parameters of a function on which it calls `parse` and the like (bit per parameter).
    fn parses_by(&mut self, function: GlobalDef) -> u64 {
        if let Some(&known) = self.parsers.get(&function) {
            return known;
        }
        let facts = self.program.file(function.file);
        let def = facts.def(function.def);
        let mut found = 0;
        if let Some(body) = def.body.filter(|_| !def.params.is_empty()) {
            facts.arena.walk(body, |node| {
                if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
                    && let NodeKind::Member { object, name: method, .. } = facts.arena.kind(callee)
                    && let NodeKind::Name(name) = facts.arena.kind(object)
                    && api_names().validation.parses.has(facts.text(method))
                    && let Some(index) = def.params.iter().take(64).position(|param| param.name == Some(name))
                {
                    found |= 1 << index;
                }
            });
        }
        self.parsers.insert(function, found);
        found
    }

    /// What knowledge says of the schema a call makes, also after other calls of its chain: `z.string().min(1).uuid()`.
    fn schema_fact(&self, file: FileId, callee: NodeId) -> Option<&'a ApiFact> {
        let is_schema = |fact: &ApiFact| matches!(fact, ApiFact::FixedSchema | ApiFact::ObjectSchema | ApiFact::ListSchema);
        let api = self.program.api(file, callee)?;
        if let Some((fact, _)) = self.program.facts_of(api).find(|(fact, _)| is_schema(fact)) {
            return Some(fact);
        }
        let steps = segments(&api.path);
        let root = steps.iter().position(|step| *step == "()")?;
        let short = format!("{}{}", steps[..=root].concat(), steps.last()?);
        let knowledge = self.program.knowledge;
        knowledge.facts(&short).into_iter().map(|found| &knowledge.entries[found.entry as usize].fact).find(|fact| is_schema(fact))
    }

    /// The path begins with a package that knows schemas.
    pub(super) fn is_schema_library(&self, file: FileId, callee: NodeId) -> bool {
        self.program.api(file, callee).is_some_and(|api| {
            let package = api.path.split(['.', '(']).next().unwrap_or("");
            self.schema_packages.iter().any(|known| known == package)
        })
    }
}

/// What a variable of the function under way is declared as: `const order = z.enum(["asc", "desc"])`.
fn local_value(frame: &Frame, node: NodeId) -> Option<NodeId> {
    let NodeKind::Name(name) = frame.kind(node) else { return None };
    let body = frame.facts.def(frame.function.def).body?;
    let mut found = None;
    frame.facts.arena.walk_while(body, |at| {
        if let NodeKind::Declare { target, value: Some(value), .. } = frame.kind(at)
            && frame.kind(target) == NodeKind::Name(name)
        {
            found = found.or(Some(value));
        }
        found.is_none()
    });
    found
}

/// Packages with schemas, by what knowledge says of them.
pub(super) fn packages(program: &crate::model::program::Program) -> Vec<String> {
    let mut found: Vec<String> = program
        .apis
        .iter()
        .filter(|api| {
            program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::FixedSchema | ApiFact::ObjectSchema | ApiFact::ListSchema))
        })
        .filter_map(|api| api.path.split(['.', '(']).next().map(str::to_string))
        .collect();
    found.sort();
    found.dedup();
    found
}

impl Others {
    fn and(self, other: Others) -> Others {
        if self == Others::Dropped { other } else { self }
    }
}

/// A schema that lets pass what it does not name: `schema.passthrough()`.
fn opened(form: Form) -> Form {
    match form {
        Form::Fields(fields, _) => Form::Fields(fields, Others::Kept),
        form => form,
    }
}

/// Data that has passed both.
fn both(before: Form, added: Form) -> Form {
    match (before, added) {
        (Form::Fields(mut fields, others), Form::Fields(more, other)) => {
            fields.retain(|(key, _)| more.iter().all(|(new, _)| new != key));
            fields.extend(more);
            Form::Fields(fields, others.and(other))
        }
        (Form::Open, added) => added,
        (before, _) => before,
    }
}

/// Data that has passed one of two. Objects lack the fields that only the other has.
fn one_of(a: Form, b: Form) -> Form {
    match (a, b) {
        (Form::Fixed, Form::Fixed) => Form::Fixed,
        (Form::Fields(mut fields, others), Form::Fields(more, other)) => {
            for (key, form) in more {
                match fields.iter().position(|(have, _)| *have == key) {
                    Some(at) => {
                        let have = std::mem::replace(&mut fields[at].1, Form::Open);
                        fields[at].1 = one_of(have, form);
                    }
                    None => fields.push((key, form)),
                }
            }
            Form::Fields(fields, others.and(other))
        }
        (Form::Elements(a), Form::Elements(b)) => Form::Elements(Box::new(one_of(*a, *b))),
        _ => Form::Open,
    }
}

/// A result that is, or has in one of its parts, data which has passed.
fn fit(form: &Form, result: &Value) -> Value {
    let Form::Fields(..) = form else {
        return if result.shape.is_none() { passed(form, result) } else { result.clone() };
    };
    let mut out = passed(form, result);
    if let Some(Shape::Fields(parts)) = result.shape.as_deref() {
        for (key, part) in parts.iter().filter(|(key, _)| key.is_named()) {
            out.set(&[*key], passed(form, part));
        }
    }
    out
}

/// The data after it has passed.
fn passed(form: &Form, data: &Value) -> Value {
    match form {
        Form::Fixed => Value::number(),
        Form::Open => data.clone(),
        Form::Elements(inner) => Value::elements(passed(inner, &data.element())),
        Form::Fields(fields, others) => {
            let mut out = data.clone();
            for (key, form) in fields {
                out.set(&[*key], passed(form, &data.member(*key)));
            }
            if *others == Others::Dropped {
                out.set(&[Key::KEYS], Value::checked());
            }
            out
        }
    }
}
