//! Which table or model a query is about.

use super::reader::{Link, Reader};
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::knowledge::{ApiFact, ArgumentRef, RoleSign, Subject};
use crate::model::nesting::{argument_value, arguments, chain, chain_root, last_name};
use crate::model::program::{ApiId, Value};
use crate::model::role::{GlobalDef, Role, Strength};
use crate::model::source::Family;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// A class that a query may be about.
struct Candidate {
    class: GlobalDef,
    /// The code names the class or knowledge says so; otherwise it only passes an instance along.
    named: bool,
}

impl<'p> Reader<'_, 'p> {
    /// The model or table of a query: what knowledge points at, else the first model named along the chain, else any class that is
    /// no manager, repository or base of them.
    pub(super) fn subject(&self, link: &Link) -> Option<String> {
        if let Subject::Captured = link.query.subject
            && link.table.is_some()
        {
            return link.table.clone();
        }
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut named = None;
        if let Subject::Argument(reference) = &link.query.subject
            && let Some(node) = self.argument(link.call, reference)
        {
            self.candidates(node, &mut candidates);
            named = self.table_name(node);
        }
        if candidates.is_empty() && named.is_some() {
            return named;
        }
        for node in chain(self.facts, link.call).skip(1) {
            self.candidate(node, &mut candidates);
        }
        for argument in arguments(self.facts, link.call).take(2) {
            self.candidates(argument, &mut candidates);
        }
        // Managers and bases lead to rows of a model; they are none.
        candidates.retain(|candidate| {
            let name = self.program.name(candidate.class);
            !api_names().statements.no_models.ends(name)
        });
        let role = |candidate: &Candidate| self.program.role(candidate.class).map(|evidence| evidence.role);
        let model = candidates.iter().find(|candidate| role(candidate) == Some(Role::Model));
        let plain = |candidate: &&Candidate| {
            candidate.named
                && !matches!(role(candidate), Some(Role::Repository | Role::Service | Role::Router | Role::Schema))
                && !self.is_of_http(candidate.class)
        };
        // `update(users::table.find(&user.id))` is about users, whatever type the identifier has.
        let told = chain(self.facts, link.call).find_map(|node| self.macro_table(node));
        let by_folder = |class: GlobalDef| self.program.role(class).is_some_and(|evidence| evidence.strength == Strength::Folder);
        let class = model
            .filter(|candidate| told.is_none() || !by_folder(candidate.class))
            .map(|candidate| self.class_table(candidate.class))
            .or(told)
            .or_else(|| candidates.iter().find(plain).map(|candidate| self.class_table(candidate.class)));
        // A variable that holds a model (`const User = model("User", schema)`) is asked by its own name.
        class
            .or_else(|| chain(self.facts, link.call).skip(1).find_map(|node| self.model_variable(node)))
            .or_else(|| self.held_by(link))
            .or_else(|| self.row_table(link.call))
    }

    /// What a library's own object is made for, whatever else it serves as: `Collection<Book>`, where `Book` is a schema too.
    fn held_by(&self, link: &Link) -> Option<String> {
        if self.facts.language.family() != Family::Rust {
            return None;
        }
        let package = |api: ApiId| self.program.apis[api.0 as usize].path.split('.').next();
        chain(self.facts, link.call).skip(1).find_map(|node| match self.program.value(self.file, node) {
            Value::Api { api, subject: Some(class), .. } if package(api) == package(link.api) => Some(self.class_table(class)),
            _ => None,
        })
    }

    /// The name of a model; of one that is made into more than a class, the table that an attribute gives it (every SeaORM model is a `Model`).
    fn class_table(&self, class: GlobalDef) -> String {
        let facts = self.program.file(class.file);
        let keys = || self.program.knowledge.generated.iter().filter_map(|made| made.table.as_deref());
        let attributes = facts.def(class.def).decorators.iter().flat_map(|&attribute| arguments_with_names(facts, attribute));
        let named = attributes.filter(|(name, _)| keys().any(|key| key == *name)).find_map(|(_, value)| facts.string(value));
        named.unwrap_or_else(|| self.program.name(class)).to_string()
    }

    /// TypeScript: the model of a row by where a local has it from: `const user = await User.findById(id); await user.save()`.
    fn row_table(&self, call: NodeId) -> Option<String> {
        let root = chain_root(self.facts, call);
        let is_local = matches!(self.facts.arena.kind(root), NodeKind::Name(_)) && self.facts.language.family() == Family::TypeScript;
        self.values_of(root).into_iter().filter(|&value| is_local && value != root).find_map(|value| self.row_source(value, 0))
    }

    /// The model that a value is a row of: asked or made here, or in a function of the project that gives it.
    fn row_source(&self, value: NodeId, depth: u8) -> Option<String> {
        let value = match self.facts.arena.kind(value) {
            NodeKind::Await(value) => value,
            _ => value,
        };
        let is_new = matches!(self.facts.arena.kind(value), NodeKind::Call { form: CallForm::New, .. });
        let model = chain(self.facts, value).skip(1).find_map(|node| match is_new {
            // A client is made, too.
            true => self.held_model(node),
            // `mongoose.Model`, not the library itself.
            false => self.model_variable(node).filter(|_| self.program.api(self.file, node).is_none_or(|api| api.path.contains('.'))),
        });
        if model.is_some() {
            return model;
        }
        let NodeKind::Call { callee, .. } = self.facts.arena.kind(value) else { return None };
        let function = match self.program.value(self.file, callee) {
            Value::Def(function) | Value::Method { method: function, .. } if depth < 2 => function,
            _ => return None,
        };
        let facts = self.program.file(function.file);
        let def = facts.def(function.def);
        let body = def.body.filter(|_| matches!(def.kind, DefKind::Function | DefKind::Method))?;
        let nesting = self.program.nesting(function.file);
        let reader =
            Reader { program: self.program, file: function.file, facts, nesting, associations: self.associations, assigned: None.into() };
        // `(id) => User.findById(id)`
        let mut given: Vec<NodeId> = match facts.arena.kind(body) {
            NodeKind::Block { items, value: true } => facts.arena.list(items).last().into_iter().collect(),
            _ => Vec::new(),
        };
        facts.arena.walk(body, |node| {
            if let NodeKind::Return(Some(value)) = facts.arena.kind(node) {
                given.push(value);
            }
        });
        given.into_iter().flat_map(|value| reader.values_of(value)).find_map(|value| reader.row_source(value, depth + 1))
    }

    /// The project's own request or response, which carries rows but is none: `class SignedInRequest(HttpRequest)`.
    fn is_of_http(&self, class: GlobalDef) -> bool {
        self.program
            .def(class)
            .bases
            .iter()
            .filter_map(|&base| self.program.api(class.file, base))
            .any(|api| self.program.facts_of(api).any(|(fact, _)| *fact == ApiFact::HttpLayer))
    }

    /// Rust: a table that a macro made a module of, as the start of a statement or what one is about: `users::table.find(id)`,
    /// `insert_into(users)` with `use schema::users::dsl::*`.
    fn macro_table(&self, node: NodeId) -> Option<String> {
        if self.facts.language.family() != Family::Rust {
            return None;
        }
        let starts = std::iter::once(node).chain(arguments(self.facts, node).take(1));
        for start in starts.flat_map(|start| std::iter::once(start).chain(self.values_of(start))) {
            for part in chain(self.facts, start) {
                match self.facts.arena.kind(part) {
                    NodeKind::Member { object, name, path: true } if self.facts.text(name) == "table" => {
                        return last_name(self.facts, object).map(|name| self.facts.text(name).to_string());
                    }
                    NodeKind::Name(name)
                        if self.facts.text(name) != "diesel" && self.is_module_made_by_macro(part, self.facts.text(name)) =>
                    {
                        return Some(self.facts.text(name).to_string());
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// `users` of `use schema::users::dsl::{id, users}`, or of a glob of the module of its name.
    fn is_module_made_by_macro(&self, node: NodeId, name: &str) -> bool {
        let owner = self.facts.def(self.nesting.owner(node));
        let is_own = owner.params.iter().any(|param| param.name.is_some_and(|param| self.facts.text(param) == name));
        !is_own
            && self.facts.imports.iter().any(|import| {
                let path = self.facts.text(import.specifier);
                let mut parts = path.rsplit("::");
                let last = parts.next();
                // `schema::users::dsl`, `schema::users`
                let module = if last == Some("dsl") { parts.next() } else { last };
                module == Some(name) && (last == Some("dsl") || parts.any(|part| part == "schema"))
            })
    }

    /// Classes a statement given as an argument is about: `select(User).where(…)`, also through a local name.
    fn candidates(&self, argument: NodeId, found: &mut Vec<Candidate>) {
        let value = argument_value(self.facts, argument);
        for node in chain(self.facts, value) {
            self.candidate(node, found);
        }
        for given in self.values_of(value) {
            for node in chain(self.facts, given) {
                self.candidate(node, found);
            }
        }
    }

    /// The class a node is about, is, or is an instance of.
    fn candidate(&self, node: NodeId, found: &mut Vec<Candidate>) {
        let is_class = |class: GlobalDef| matches!(self.program.def(class).kind, DefKind::Class | DefKind::Struct | DefKind::Variable);
        let mut value = self.program.value(self.file, node);
        for _ in 0..4 {
            match value {
                Value::Api { subject: Some(class), .. } | Value::Def(class) if is_class(class) => {
                    found.push(Candidate { class, named: true })
                }
                Value::Instance { class, .. } if is_class(class) => found.push(Candidate { class, named: false }),
                Value::Collection(of) => {
                    value = self.program.value_of(of);
                    continue;
                }
                _ => {}
            }
            break;
        }
    }

    /// A table named by a literal (`db("users")`), or held by a variable that a library's table maker made (`from(users)`).
    fn table_name(&self, node: NodeId) -> Option<String> {
        if let Some(text) = self.facts.string(node) {
            // `"users as u"`, but not SQL text.
            let (name, alias) = text.split_once(' ').unwrap_or((text, "as"));
            let is_name = !name.is_empty() && alias.trim_start().to_ascii_lowercase().starts_with("as");
            return is_name.then(|| name.to_string());
        }
        let Value::Api { api, .. } = self.program.value(self.file, node) else { return None };
        let maker = self.program.apis[api.0 as usize].path.strip_suffix("()")?;
        let knowledge = self.program.knowledge;
        let is_model = knowledge.facts(maker).iter().any(|found| {
            matches!(knowledge.entries[found.entry as usize].fact, ApiFact::Role { role: Role::Model, sign: RoleSign::Call, .. })
        });
        let name = last_name(self.facts, node).filter(|_| is_model)?;
        Some(self.facts.text(name).to_string())
    }

    /// `User` of `const User = mongoose.model("User", schema)`: a library's object under a class's name of its own.
    fn model_variable(&self, node: NodeId) -> Option<String> {
        if let Some(text) = self.held_model(node) {
            return Some(text);
        }
        let NodeKind::Name(name) = self.facts.arena.kind(node) else { return None };
        let Value::Api { api, guessed: false, .. } = self.program.value(self.file, node) else { return None };
        let text = self.facts.text(name);
        let path = &self.program.apis[api.0 as usize].path;
        let own = path.rsplit(['.', '/']).next() != Some(text) && !path.contains("()");
        let is_class = text.starts_with(|c: char| c.is_uppercase()) && text.contains(|c: char| c.is_lowercase());
        (own && is_class).then(|| text.to_string())
    }

    /// The name under which JavaScript holds a model that a call made: `db.tutorials`, `models.User`.
    fn held_model(&self, node: NodeId) -> Option<String> {
        let (NodeKind::Name(name) | NodeKind::Member { name, path: false, .. }) = self.facts.arena.kind(node) else { return None };
        let api = self.program.api(self.file, node).filter(|_| self.facts.language.family() == Family::TypeScript)?;
        let is_model = |fact: &ApiFact| matches!(fact, ApiFact::Role { role: Role::Model, sign: RoleSign::Base, .. });
        let text = self.facts.text(name);
        let last = crate::model::words::words(text).pop().unwrap_or_default();
        let says_nothing = vocabulary().queries.holders.has(last);
        // `const guest = new User()` is a row.
        let is_row = || {
            let made = |&value: &NodeId| matches!(self.facts.arena.kind(value), NodeKind::Call { form: CallForm::New, .. });
            self.values_of(node).iter().any(made)
        };
        let is_it = !says_nothing
            && !api.path.ends_with(&format!(".{text}"))
            && self.program.facts_of(api).any(|(fact, _)| is_model(fact))
            && !is_row();
        is_it.then(|| text.to_string())
    }

    fn argument(&self, call: NodeId, reference: &ArgumentRef) -> Option<NodeId> {
        match reference {
            ArgumentRef::Position(at) => {
                let mut positional =
                    arguments(self.facts, call).filter(|&node| !matches!(self.facts.arena.kind(node), NodeKind::Argument { .. }));
                positional.nth(*at as usize)
            }
            ArgumentRef::Name(path) => match path.split_once('.') {
                Some((position, key)) => {
                    let object = self.argument(call, &ArgumentRef::Position(position.parse().ok()?))?;
                    let NodeKind::Collection { items, .. } = self.facts.arena.kind(object) else { return None };
                    self.facts.arena.list(items).find_map(|item| match self.facts.arena.kind(item) {
                        NodeKind::Entry { key: node, value } if self.facts.string(node) == Some(key) => Some(value),
                        _ => None,
                    })
                }
                None => arguments(self.facts, call).find_map(|node| match self.facts.arena.kind(node) {
                    NodeKind::Argument { name, value } if self.facts.text(name) == path => Some(value),
                    _ => None,
                }),
            },
        }
    }
}

/// The named arguments of a call.
fn arguments_with_names(facts: &FileFacts, call: NodeId) -> impl Iterator<Item = (&str, NodeId)> {
    arguments(facts, call).filter_map(|argument| match facts.arena.kind(argument) {
        NodeKind::Argument { name, value } => Some((facts.text(name), value)),
        _ => None,
    })
}
