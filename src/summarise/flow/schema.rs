//! What schemas of validation libraries promise: `z.object({ sort: z.enum(["name", "age"]) }).parse(x).sort` is one of the two.

use super::Analysis;
use super::evaluate::Frame;

use super::value::{Key, Value};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::DefKind;
use crate::model::knowledge::{ApiFact, segments};
use crate::model::program::Value as Known;
use crate::model::source::FileId;

/// Schemas inside schemas are read down to here.
const DEEPEST: u8 = 12;
/// Most fields of a schema that are kept apart.
const MOST_FIELDS: usize = 64;

/// What is known of data that has passed a schema.
pub(super) enum Form {
    /// Numbers, enumerations, identifiers: nothing can be injected.
    Fixed,
    Fields(Vec<(Key, Form)>),
    Elements(Box<Form>),
    /// Whatever it was before.
    Open,
}

impl<'a> Analysis<'_, 'a> {
    /// `schema.parse(x)`: what comes out, if the receiver is a schema that is known.
    pub(super) fn parsed(&mut self, frame: &Frame<'a>, schema: NodeId, name: &str, data: &Value) -> Option<Value> {
        if !matches!(name, "parse" | "parseAsync" | "safeParse" | "safeParseAsync" | "validateSync" | "cast") {
            return None;
        }
        let schema = local_value(frame, schema).unwrap_or(schema);
        let form = self.form(frame.file, schema, 0)?;
        let passed = passed(&form, data);
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
        if depth > DEEPEST {
            return Some(Form::Open);
        }
        let facts = self.program.file(file);
        match facts.arena.kind(node) {
            NodeKind::Name(name) => {
                let named = match self.program.value(file, node) {
                    Known::Def(def) => Some(def),
                    _ => self.scopes.module_name(file, name),
                };
                let def = named.filter(|def| self.program.def(*def).kind == DefKind::Variable)?;
                self.form(def.file, self.program.def(def).value?, depth + 1)
            }
            NodeKind::Call { callee, args, .. } => {
                let args: Vec<NodeId> = facts.arena.list(args).collect();
                match self.schema_fact(file, callee) {
                    Some(ApiFact::FixedSchema) => Some(Form::Fixed),
                    Some(ApiFact::ObjectSchema) => Some(self.fields(file, args.first().copied(), depth)),
                    Some(ApiFact::ListSchema) => {
                        let inner = args.first().and_then(|&arg| self.form(file, arg, depth + 1)).unwrap_or(Form::Open);
                        Some(Form::Elements(Box::new(inner)))
                    }
                    _ => self.link(file, callee, &args, depth),
                }
            }
            _ => None,
        }
    }

    /// A call in a chain: `schema.optional()`, `schema.extend({ … })`.
    fn link(&mut self, file: FileId, callee: NodeId, args: &[NodeId], depth: u8) -> Option<Form> {
        let NodeKind::Member { object, name, .. } = self.program.file(file).arena.kind(callee) else { return None };
        let own = self.is_schema_library(file, callee);
        let name = self.program.file(file).text(name);
        if own && name == "union" {
            return Some(self.all_fixed(file, args.first().copied(), depth));
        }
        let before = self.form(file, object, depth + 1).or_else(|| own.then_some(Form::Open))?;
        let added = match name {
            // Made of what is fixed, it is fixed.
            "transform" | "overwrite" => return Some(if matches!(before, Form::Fixed) { before } else { Form::Open }),
            "pipe" => return Some(args.first().and_then(|&arg| self.form(file, arg, depth + 1)).unwrap_or(Form::Open)),
            "or" => {
                let other = args.first().and_then(|&arg| self.form(file, arg, depth + 1));
                let fixed = matches!((&before, other), (Form::Fixed, Some(Form::Fixed)));
                return Some(if fixed { Form::Fixed } else { Form::Open });
            }
            "extend" | "safeExtend" | "augment" | "keys" | "shape" => self.fields(file, args.first().copied(), depth),
            "merge" | "and" | "concat" => args.first().and_then(|&arg| self.form(file, arg, depth + 1)).unwrap_or(Form::Open),
            "array" => return Some(Form::Elements(Box::new(before))),
            _ => return Some(before),
        };
        Some(match (before, added) {
            (Form::Fields(mut fields), Form::Fields(more)) => {
                fields.retain(|(key, _)| more.iter().all(|(new, _)| new != key));
                fields.extend(more);
                Form::Fields(fields)
            }
            (before, _) => before,
        })
    }

    /// `z.union([z.literal("a"), z.number()])`.
    fn all_fixed(&mut self, file: FileId, node: Option<NodeId>, depth: u8) -> Form {
        let facts = self.program.file(file);
        let Some(NodeKind::Collection { items, .. }) = node.map(|node| facts.arena.kind(node)) else { return Form::Open };
        let fixed = facts
            .arena
            .list(items)
            .take(MOST_FIELDS + 1)
            .enumerate()
            .all(|(at, item)| at < MOST_FIELDS && matches!(self.form(file, item, depth + 1), Some(Form::Fixed)));
        if fixed { Form::Fixed } else { Form::Open }
    }

    fn fields(&mut self, file: FileId, node: Option<NodeId>, depth: u8) -> Form {
        let facts = self.program.file(file);
        let Some(NodeKind::Collection { items, .. }) = node.map(|node| facts.arena.kind(node)) else { return Form::Open };
        let mut fields = Vec::new();
        for item in facts.arena.list(items).take(MOST_FIELDS) {
            let NodeKind::Entry { key, value } = facts.arena.kind(item) else { continue };
            let NodeKind::Str(name) = facts.arena.kind(key) else { continue };
            let form = self.form(file, value, depth + 1).unwrap_or(Form::Open);
            fields.push((self.keys.name(self.program, file, name), form));
        }
        Form::Fields(fields)
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

/// The data after it has passed.
fn passed(form: &Form, data: &Value) -> Value {
    match form {
        Form::Fixed => Value::number(),
        Form::Open => data.clone(),
        Form::Elements(inner) => Value::elements(passed(inner, &data.element())),
        Form::Fields(fields) => {
            let mut out = data.clone();
            for (key, form) in fields {
                out.set(&[*key], passed(form, &data.member(*key)));
            }
            out
        }
    }
}
