//! What each predicate of a rule query asks.

use rustc_hash::FxHashSet;

use super::Place;
use crate::check::loops;
use crate::check::requests;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, Definition, FileFacts};
use crate::model::knowledge::{Access, ApiFact, expand, segments};
use crate::model::nesting::{arguments, walk_deep};
use crate::model::program::{ImportTarget, Value};
use crate::model::query::{Predicate, QueryMatch, Test};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{FileId, Span};

/// Functions looked at for what a function reaches.
const REACHED: usize = 2_000;
/// Assignments followed backwards for where a value comes from.
pub(super) const ORIGINS: u8 = 8;

impl Place<'_> {
    /// True when the predicate holds for one of its captures; one that captured nothing does not hold.
    pub(super) fn holds(&self, predicate: &Predicate, found: &QueryMatch) -> bool {
        let words = &predicate.words;
        let mut spans = found.captures.iter().filter(|capture| capture.name == predicate.capture).map(|capture| capture.span);
        let held = match predicate.test {
            Test::Imports => imports(&self.imported.files[self.file.index()], words),
            Test::PackageImports => {
                let package = self.context.program.project.package_of(self.context.program.path(self.file));
                self.imported.packages.get(&package).is_some_and(|names| imports(names, words))
            }
            Test::PackageNames => {
                let program = self.context.program;
                let package = program.project.package_of(program.path(self.file));
                let mut files = program.facts.iter().enumerate();
                files.any(|(at, facts)| {
                    words.iter().any(|word| facts.names.may_hold(word))
                        && program.project.package_of(program.path(FileId(at as u32))) == package
                })
            }
            Test::PackageExtends => {
                let package = self.context.program.project.package_of(self.context.program.path(self.file));
                self.imported.extended.get(&package).is_some_and(|bases| words.iter().any(|word| bases.contains(word)))
            }
            Test::ResolvesTo => spans.any(|span| self.resolves_to(span, words)),
            Test::Role => spans.any(|span| self.has_role(span, words)),
            Test::Layer => spans.any(|span| self.in_part(words) || self.has_role(span, words)),
            Test::InLoop => spans.any(|span| self.in_loop(span)),
            Test::InDevelopment => spans.any(|span| {
                let facts = self.context.program.file(self.file);
                self.node(span).is_some_and(|node| requests::in_development_branch(facts, self.nesting, node))
            }),
            Test::Reaches => spans.any(|span| self.reaches(span, words)),
            Test::Constant => spans.any(|span| self.node(span).is_some_and(|node| self.constant(self.file, node, 0))),
            Test::Literal => spans.any(|span| self.node(span).is_some_and(|node| self.is_literal(node, words))),
            Test::Default => spans.any(|span| self.node(span).is_some_and(|node| self.is_default(node, words))),
            Test::Overridden => spans.any(|span| self.overridden(span)),
            Test::Tainted => spans.any(|span| self.node(span).is_some_and(|node| self.tainted(node, 0))),
        };
        held != predicate.negated
    }

    fn place(&self) -> loops::Place<'_> {
        let program = self.context.program;
        loops::Place { program, summaries: self.context.summaries, file: self.file, facts: program.file(self.file), nesting: self.nesting }
    }

    /// The node of a span: the one that is just as large, else the smallest that ends there (`b` of `a.b`), else the smallest around it.
    fn node(&self, span: Span) -> Option<NodeId> {
        if let Some(nodes) = self.nodes.get(&(span.start, span.end)) {
            return nodes.last().copied();
        }
        let facts = self.context.program.file(self.file);
        let around = || facts.arena.ids().filter(|&id| facts.arena.span(id).contains(span));
        let size = |id: &NodeId| {
            let own = facts.arena.span(*id);
            own.end - own.start
        };
        around().filter(|&id| facts.arena.span(id).end == span.end).min_by_key(size).or_else(|| around().min_by_key(size))
    }

    fn resolves_to(&self, span: Span, words: &[String]) -> bool {
        let program = self.context.program;
        let knowledge = program.knowledge;
        let meant = self.meanings(span);
        if meant.is_empty() {
            return false;
        }
        let paths = words.iter().flat_map(|word| expand(&word.replace("::", ".")).unwrap_or_else(|_| vec![word.clone()]));
        let mut paths = paths.map(|path| knowledge.canonical(&path).map(str::to_string).unwrap_or(path));
        paths.any(|path| meant.iter().any(|own| fits(&path, own)))
    }

    /// The access paths and names of definitions that the node of a span stands for.
    fn meanings(&self, span: Span) -> Vec<String> {
        let program = self.context.program;
        let nodes: Vec<NodeId> = match self.nodes.get(&(span.start, span.end)) {
            Some(nodes) => nodes.clone(),
            None => self.node(span).into_iter().collect(),
        };
        let mut meant: Vec<String> = Vec::new();
        for node in nodes {
            if let Some(id) = program.api_id(self.file, node).or_else(|| program.called_api_id(self.file, node)) {
                meant.push(program.apis[id.0 as usize].path.clone());
            }
            if let Some(api) = program.called_api(self.file, node) {
                meant.push(api.path.clone());
            }
            if let Value::Def(def) | Value::Method { method: def, .. } = program.value(self.file, node) {
                meant.push(program.qualified_name(def).replace("::", "."));
            }
        }
        for edge in program.imports_of(self.file).iter().filter(|edge| edge.span.contains(span)) {
            match &edge.target {
                ImportTarget::External(specifier) if edge.name.is_empty() => meant.push(specifier.replace("::", ".")),
                ImportTarget::External(specifier) => meant.push(format!("{}.{}", specifier.replace("::", "."), edge.name)),
                _ => meant.extend(edge.definition.map(|def| program.qualified_name(def).replace("::", "."))),
            }
        }
        meant
    }

    fn has_role(&self, span: Span, words: &[String]) -> bool {
        let owner = self.owner(span);
        words.iter().filter_map(|word| Role::from_name(word)).any(|role| self.context.program.is(owner, role))
    }

    fn in_part(&self, words: &[String]) -> bool {
        let parts = &self.context.settings.contract.parts;
        let own = self.parts.parts(self.context.program.path(self.file));
        own.into_iter().any(|at| words.contains(&parts[at].name.value))
    }

    fn in_loop(&self, span: Span) -> bool {
        let nodes = self.nodes.get(&(span.start, span.end));
        let place = self.place();
        nodes.into_iter().flatten().any(|&node| !loops::around(&place, node, false).is_empty())
    }

    fn reaches(&self, span: Span, words: &[String]) -> bool {
        let functions = self.functions(span);
        words.iter().any(|word| match word.as_str() {
            "database-query" => functions.iter().any(|&function| self.queries(function, &|_| true)),
            "database-read" => functions.iter().any(|&function| self.queries(function, &|access| access == Access::Read)),
            "database-write" => functions.iter().any(|&function| self.queries(function, &|access| access == Access::Write)),
            path => self.reaches_path(&functions, path),
        })
    }

    /// The functions a capture means: those a call leads to, the one it defines or names, else the one around it.
    fn functions(&self, span: Span) -> Vec<GlobalDef> {
        let program = self.context.program;
        let facts = program.file(self.file);
        let is_function = |kind: DefKind| matches!(kind, DefKind::Function | DefKind::Method);
        let defined = facts.definitions().find(|(_, def)| is_function(def.kind) && (def.span == span || def.name_span == span));
        if let Some((def, _)) = defined {
            return vec![GlobalDef { file: self.file, def }];
        }
        let owner = self.owner(span);
        let nodes = self.nodes.get(&(span.start, span.end)).cloned().unwrap_or_default();
        let called = nodes.iter().flat_map(|&node| program.calls_at(owner, node)).map(|edge| edge.callee);
        let named = nodes.iter().filter_map(|&node| match program.value(self.file, node) {
            Value::Def(def) | Value::Method { method: def, .. } => Some(def),
            _ => None,
        });
        let found: Vec<GlobalDef> = called.chain(named).collect();
        if found.is_empty() { vec![owner] } else { found }
    }

    fn queries(&self, function: GlobalDef, wanted: &dyn Fn(Access) -> bool) -> bool {
        let summary = self.context.summaries.of(function);
        summary.is_some_and(|summary| summary.reaches.iter().any(|reach| wanted(reach.access)))
    }

    fn reaches_path(&self, from: &[GlobalDef], path: &str) -> bool {
        let program = self.context.program;
        let paths = expand(&path.replace("::", ".")).unwrap_or_else(|_| vec![path.to_string()]);
        let mut seen: FxHashSet<GlobalDef> = from.iter().copied().collect();
        let mut open: Vec<GlobalDef> = from.to_vec();
        while let Some(function) = open.pop() {
            let facts = program.file(function.file);
            let mut hit = paths.iter().any(|path| fits(path, &program.qualified_name(function).replace("::", ".")));
            if let Some(body) = program.def(function).body {
                walk_deep(facts, body, |node| {
                    let api = program.called_api(function.file, node);
                    hit |= api.is_some_and(|api| paths.iter().any(|path| fits(path, &api.path)));
                    !hit
                });
            }
            if hit {
                return true;
            }
            for edge in program.calls_from(function) {
                if seen.len() < REACHED && seen.insert(edge.callee) {
                    open.push(edge.callee);
                }
            }
        }
        false
    }

    /// True when another module of the package sets the variable of this name to something else: settings of production over those of all.
    fn overridden(&self, span: Span) -> bool {
        let program = self.context.program;
        let facts = program.file(self.file);
        let Some(NodeKind::Name(name)) = self.node(span).map(|node| facts.arena.kind(node)) else { return false };
        let name = facts.text(name);
        let package = program.project.package_of(program.path(self.file));
        let own = facts.defs.iter().find(|def| is_setting(facts, def, name)).and_then(|def| def.value);
        program.facts.iter().enumerate().any(|(at, other)| {
            let file = FileId(at as u32);
            file != self.file
                && other.names.may_hold(name)
                && program.project.package_of(program.path(file)) == package
                && !program.is(GlobalDef { file, def: DefId::MODULE }, Role::Test)
                && other.defs.iter().filter(|def| is_setting(other, def, name)).filter_map(|def| def.value).any(|value| {
                    match (own.map(|own| facts.arena.kind(own)), other.arena.kind(value)) {
                        (Some(NodeKind::Bool(own)), NodeKind::Bool(value)) => own != value,
                        _ => true,
                    }
                })
        })
    }

    /// True when a value is fixed by the code: literals, what is built from them, and names that only ever stand for such.
    fn constant(&self, file: FileId, node: NodeId, depth: u8) -> bool {
        if depth > ORIGINS {
            return false;
        }
        let program = self.context.program;
        let facts = program.file(file);
        match facts.arena.kind(node) {
            // `"{{cookiecutter.key}}"` is filled in where a project is made of the template.
            NodeKind::Str(name) => !facts.text(name).split_once("{{").is_some_and(|(_, rest)| rest.contains("}}")),
            NodeKind::Bytes(_) | NodeKind::Number(_) | NodeKind::Bool(_) | NodeKind::Null | NodeKind::Regex(_) => true,
            NodeKind::Collection { .. }
            | NodeKind::Entry { .. }
            | NodeKind::Text { .. }
            | NodeKind::Binary { .. }
            | NodeKind::Unary { .. } => {
                let mut all = true;
                facts.arena.children(node, |child| all &= self.constant(file, child, depth + 1));
                all
            }
            NodeKind::Cast { value, .. } => self.constant(file, value, depth + 1),
            NodeKind::Name(name) => {
                let text = facts.text(name);
                if file == self.file
                    && let Some(values) = self.local_values(node, text)
                {
                    return values.into_iter().all(|value| self.constant(file, value, depth + 1));
                }
                self.constant_definition(file, node, depth)
            }
            NodeKind::Member { .. } => self.constant_definition(file, node, depth),
            _ => false,
        }
    }

    fn constant_definition(&self, file: FileId, node: NodeId, depth: u8) -> bool {
        let program = self.context.program;
        let Value::Def(def) = program.value(file, node) else { return false };
        let definition = program.def(def);
        let is_data = matches!(definition.kind, DefKind::Variable | DefKind::Field | DefKind::Variant);
        is_data && definition.value.is_some_and(|value| self.constant(def.file, value, depth + 1))
    }

    /// What is assigned to a name in the functions around a node, the innermost that assigns it; nothing for a parameter.
    pub(super) fn local_values(&self, node: NodeId, name: &str) -> Option<Vec<NodeId>> {
        let facts = self.context.program.file(self.file);
        let mut at = self.nesting.owner(node);
        for _ in 0..64 {
            let def = facts.def(at);
            if def.params.iter().any(|param| loops::parameter_names(facts, param).iter().any(|own| facts.text(*own) == name)) {
                return None;
            }
            let mut values = Vec::new();
            if let Some(body) = def.body {
                facts.arena.walk(body, |inner| {
                    let (target, value) = match facts.arena.kind(inner) {
                        NodeKind::Assign { target, value, .. } => (target, Some(value)),
                        NodeKind::Declare { target, value, .. } => (target, value),
                        _ => return,
                    };
                    if loops::bound_names(facts, target).iter().any(|bound| facts.text(*bound) == name) {
                        values.extend(value.filter(|&value| value != node));
                    }
                });
            }
            if !values.is_empty() {
                return Some(values);
            }
            if at == DefId::MODULE {
                return None;
            }
            at = def.parent;
        }
        None
    }

    /// True when a value holds data from outside, as far as assignments in its function and the summaries of called functions show.
    fn tainted(&self, node: NodeId, depth: u8) -> bool {
        if depth > ORIGINS {
            return false;
        }
        let program = self.context.program;
        let facts = program.file(self.file);
        let is_source = |api: &crate::model::program::Api| program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::Source(_)));
        if program.api(self.file, node).is_some_and(is_source) || program.called_api(self.file, node).is_some_and(is_source) {
            return true;
        }
        match facts.arena.kind(node) {
            NodeKind::Name(name) => self.name_is_tainted(node, facts.text(name), depth),
            NodeKind::Call { .. } => {
                let edges = program.calls_at(GlobalDef { file: self.file, def: self.nesting.owner(node) }, node);
                let summaries: Vec<_> = edges.iter().filter_map(|edge| self.context.summaries.flow_of(edge.callee)).collect();
                if summaries.iter().any(|summary| summary.result_source.is_some()) {
                    return true;
                }
                // What a function that is not known does with its arguments is not known either: they may be in its result.
                let passes = summaries.is_empty() || summaries.iter().any(|summary| summary.param_to_result != 0);
                let mut inner = Vec::new();
                facts.arena.children(node, |child| inner.push(child));
                passes && (arguments(facts, node).any(|argument| self.tainted(argument, depth + 1)) || inner.first().is_some_and(|&callee| {
                    matches!(facts.arena.kind(callee), NodeKind::Member { object, .. } if self.tainted(object, depth + 1))
                }))
            }
            NodeKind::Closure(_) | NodeKind::Define(_) => false,
            _ => {
                let mut inner = Vec::new();
                facts.arena.children(node, |child| inner.push(child));
                inner.into_iter().any(|child| self.tainted(child, depth + 1))
            }
        }
    }

    fn name_is_tainted(&self, node: NodeId, name: &str, depth: u8) -> bool {
        let program = self.context.program;
        let facts = program.file(self.file);
        let mut at = self.nesting.owner(node);
        for _ in 0..64 {
            let def = facts.def(at);
            let function = GlobalDef { file: self.file, def: at };
            if def.params.iter().any(|param| param.name.is_some_and(|own| facts.text(own) == name)) {
                let mut routes = program.routes.iter().filter(|route| route.params_are_sources);
                return routes.any(|route| program.handler_functions(route.handler).contains(&function));
            }
            if at == DefId::MODULE {
                break;
            }
            at = def.parent;
        }
        let values = self.local_values(node, name).unwrap_or_default();
        values.into_iter().any(|value| self.tainted(value, depth + 1))
    }
}

/// A variable of the module with this name.
fn is_setting(facts: &FileFacts, def: &Definition, name: &str) -> bool {
    def.kind == DefKind::Variable && def.parent == DefId::MODULE && facts.text(def.name) == name
}

/// True when a path is the one written: `*` stands for one name, a package also for what it holds when it ends in `.**`.
fn fits(pattern: &str, path: &str) -> bool {
    if pattern == path {
        return true;
    }
    if let Some(package) = pattern.strip_suffix(".**") {
        return path.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/', '(']));
    }
    if !pattern.contains('*') {
        return false;
    }
    let (wanted, have) = (segments(pattern), segments(path));
    wanted.len() == have.len() && wanted.iter().zip(&have).all(|(wanted, have)| wanted == have || *wanted == ".*" || *wanted == "*")
}

/// True when one of the specifiers is one of the packages, or below it.
fn imports(specifiers: &[String], packages: &[String]) -> bool {
    specifiers.iter().any(|specifier| {
        packages
            .iter()
            .any(|package| specifier.strip_prefix(package.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/'])))
    })
}
