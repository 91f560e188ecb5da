//! Names to variables: scopes of functions, classes and modules, imports and exports.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::graph::{Obj, Sym, Thing, Use, Var};
use super::{Function, Slot, Solver};
use crate::languages::python::modules::PythonTarget;
use crate::link::modules::Target;
use crate::link::scopes::{Binding, is_class_like};
use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, ImportItem, Name, ParamKind};
use crate::model::program::Value;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

impl<'a> Solver<'_, 'a> {
    pub(super) fn facts(&self, file: FileId) -> &'a FileFacts {
        &self.linker.facts[file.index()]
    }

    pub(super) fn python(&self) -> bool {
        self.linker.family(self.file) == Family::Python
    }

    pub(super) fn symbol(&mut self, text: &'a str) -> Sym {
        let texts = &mut self.texts;
        *self.symbols.entry(text).or_insert_with(|| {
            texts.push(text);
            Sym(texts.len() as u32 - 1)
        })
    }

    pub(super) fn text_of(&self, sym: Sym) -> &'a str {
        self.texts[sym.0 as usize]
    }

    /// The symbol of a name of a file.
    pub(super) fn sym(&mut self, file: FileId, name: Name) -> Sym {
        let facts = self.facts(file);
        if self.file_symbols[file.index()].is_empty() {
            self.file_symbols[file.index()] = vec![u32::MAX; facts.names.len()];
        }
        let known = self.file_symbols[file.index()][name.0 as usize];
        if known != u32::MAX {
            return Sym(known);
        }
        let sym = self.symbol(facts.text(name));
        self.file_symbols[file.index()][name.0 as usize] = sym.0;
        sym
    }

    /// The key of the element at a position.
    pub(super) fn position(&mut self, at: u32) -> Sym {
        if let Some(&known) = self.positions.get(&at) {
            return known;
        }
        self.texts.push("#");
        let sym = Sym(self.texts.len() as u32 - 1);
        self.positions.insert(at, sym);
        self.position_syms.insert(sym);
        sym
    }

    /// The key a constant is: text is a name, a small number a position.
    pub(super) fn constant(&mut self, file: FileId, node: NodeId) -> Option<Sym> {
        let facts = self.facts(file);
        match facts.arena.kind(node) {
            NodeKind::Str(name) => {
                let text = facts.text(name);
                // `o["1"]` and `o[1]` are one property in JavaScript.
                if self.linker.family(file) == Family::TypeScript
                    && let Ok(at) = text.parse::<u32>()
                {
                    return Some(self.position(at));
                }
                (text.len() <= 64).then(|| self.sym(file, name))
            }
            NodeKind::Number(name) => {
                let at = facts.text(name).parse::<u32>().ok()?;
                Some(self.position(at))
            }
            _ => None,
        }
    }

    /// The variables of a function, with its parameters.
    pub(super) fn function(&mut self, id: GlobalDef) -> Rc<Function> {
        if let Some(known) = self.functions.get(&id) {
            return known.clone();
        }
        let def = self.facts(id.file).def(id.def);
        let params: Vec<Var> = def.params.iter().map(|_| self.graph.var()).collect();
        let receiver = def.params.iter().position(|param| param.kind == ParamKind::Receiver);
        let python = self.linker.family(id.file) == Family::Python;
        let this = match (receiver, python) {
            (Some(at), true) => params[at],
            _ => self.graph.var(),
        };
        let mut function = Function { result: self.graph.var(), yields: self.graph.var(), params, this, rest: None, named_rest: None };
        for (at, param) in def.params.iter().enumerate() {
            if matches!(param.kind, ParamKind::Rest | ParamKind::KeywordRest) {
                let container = self.graph.container();
                self.graph.put(function.params[at], container);
                match param.kind {
                    ParamKind::Rest => function.rest = Some(container),
                    _ => function.named_rest = Some(container),
                }
            }
        }
        let class = def.parent;
        if def.kind == DefKind::Method && is_class_like(self.facts(id.file).def(class).kind) {
            let class = GlobalDef { file: id.file, def: class };
            let thing = match def.flags.has(DefFlags::CLASS_METHOD) || (!python && def.flags.has(DefFlags::STATIC)) {
                true => Thing::Class(class),
                false => Thing::Instance(class),
            };
            if !python || !def.flags.has(DefFlags::STATIC) {
                let receiver = self.graph.obj(thing);
                self.graph.put(function.this, receiver);
            }
        }
        let function = Rc::new(function);
        self.functions.insert(id, function.clone());
        function
    }

    /// The names a body binds, with the number of assignments of each.
    fn bound_names(&self, id: GlobalDef) -> FxHashMap<Name, u32> {
        let facts = self.facts(id.file);
        let arena = &facts.arena;
        let def = facts.def(id.def);
        let python = facts.language.family() == Family::Python;
        let is_module = id.def == DefId::MODULE;
        let mut names: FxHashMap<Name, u32> = FxHashMap::default();
        let mut declared_elsewhere: Vec<Name> = Vec::new();
        let add = |names: &mut FxHashMap<Name, u32>, pattern: NodeId| {
            pattern_names(facts, pattern, &mut |name| *names.entry(name).or_default() += 1);
        };
        for param in &def.params {
            if let Some(name) = param.name {
                *names.entry(name).or_default() += 1;
            }
            if let Some(pattern) = param.pattern {
                add(&mut names, pattern);
            }
        }
        if let Some(body) = def.body {
            arena.walk(body, |node| match arena.kind(node) {
                NodeKind::Assign { target, op: AssignOp::Set | AssignOp::With | AssignOp::Test, .. }
                    if python || is_module && matches!(arena.kind(target), NodeKind::Name(_)) =>
                {
                    add(&mut names, target);
                }
                // JavaScript: counts, but does not declare.
                NodeKind::Assign { target, op: AssignOp::Set, .. } => {
                    if let NodeKind::Name(name) = arena.kind(target)
                        && let Some(count) = names.get_mut(&name)
                    {
                        *count += 1;
                    }
                }
                NodeKind::Declare { target, .. } => add(&mut names, target),
                NodeKind::Loop { target: Some(target), .. } => add(&mut names, target),
                NodeKind::Handler { binding: Some(binding), .. } => add(&mut names, binding),
                NodeKind::Arm { pattern, .. } if python => add(&mut names, pattern),
                NodeKind::Define(inner) => *names.entry(facts.def(inner).name).or_default() += 1,
                // `global x`, `nonlocal x`: a statement of bare names.
                NodeKind::Block { items, .. } if python && !is_module => {
                    for item in arena.list(items) {
                        if let NodeKind::Other(parts) = arena.kind(item)
                            && arena.list(parts).all(|part| matches!(arena.kind(part), NodeKind::Name(_)))
                        {
                            declared_elsewhere.extend(arena.list(parts).filter_map(|part| match arena.kind(part) {
                                NodeKind::Name(name) => Some(name),
                                _ => None,
                            }));
                        }
                    }
                }
                _ => {}
            });
        }
        for name in declared_elsewhere {
            names.remove(&name);
        }
        names
    }

    /// Makes the scope of a function, class or module.
    pub(super) fn open_scope(&mut self, id: GlobalDef) {
        let mut names: Vec<(Name, u32)> = self.bound_names(id).into_iter().collect();
        names.sort_unstable();
        let facts = self.facts(id.file);
        let def = facts.def(id.def);
        let class = (def.kind == DefKind::Class).then(|| self.graph.obj(Thing::Class(id)));
        let params: FxHashMap<Name, Var> = match def.kind {
            DefKind::Function | DefKind::Method => {
                let function = self.function(id);
                def.params.iter().zip(&function.params).filter_map(|(param, &var)| Some((param.name?, var))).collect()
            }
            _ => FxHashMap::default(),
        };
        let mut slots = FxHashMap::default();
        for (name, count) in names {
            let (merged, is_param) = match (class, params.get(&name)) {
                (Some(class), _) => {
                    let key = self.sym(id.file, name);
                    (self.graph.field(class, key), false)
                }
                (None, Some(&param)) if count == 1 => (param, true),
                (None, Some(&param)) => {
                    let merged = self.graph.var();
                    self.graph.flow(param, merged);
                    (merged, true)
                }
                (None, None) if id.def == DefId::MODULE => {
                    let key = self.sym(id.file, name);
                    (self.module_name(id.file, key), false)
                }
                (None, None) => (self.graph.var(), false),
            };
            let current = if is_param { params.get(&name).copied().unwrap_or(merged) } else { merged };
            slots.insert(name, Slot { merged, current, versions: count > 1 });
        }
        // Imports of a function bind there.
        for (at, import) in facts.imports.iter().enumerate() {
            if import.scope == id.def
                && id.def != DefId::MODULE
                && !import.re_export
                && let Some(local) = import.local
            {
                let var = self.import_var(id.file, at as u32);
                match slots.get(&local) {
                    Some(slot) => self.graph.flow(var, slot.merged),
                    None => {
                        slots.insert(local, Slot { merged: var, current: var, versions: false });
                    }
                }
            }
        }
        self.scopes.insert(id, slots);
    }

    /// Binds a name to what is in `value`.
    pub(super) fn assign_name(&mut self, name: Name, value: Option<Var>, constant: Option<Sym>) {
        let Some(var) = self.name_target(name) else { return };
        if let Some(constant) = constant {
            self.constants.entry(var).or_default().push(constant);
        }
        if let Some(value) = value {
            self.graph.flow(value, var);
        }
    }

    /// The variable an assignment to a name writes: a new version when it surely happens.
    pub(super) fn name_target(&mut self, name: Name) -> Option<Var> {
        let scope = self.scope;
        let sure = self.depth == 0;
        if let Some(slot) = self.scopes.get_mut(&scope).and_then(|slots| slots.get_mut(&name)) {
            if !slot.versions {
                return Some(slot.merged);
            }
            if !sure {
                return Some(slot.current);
            }
            let version = self.graph.var();
            slot.current = version;
            let merged = slot.merged;
            self.graph.flow(version, merged);
            return Some(version);
        }
        self.outer_name(name)
    }

    /// The variable a name reads here.
    pub(super) fn name(&mut self, name: Name) -> Option<Var> {
        if let Some(slot) = self.scopes.get(&self.scope).and_then(|slots| slots.get(&name)) {
            return Some(slot.current);
        }
        self.outer_name(name)
    }

    /// A name of a scope around the current one.
    fn outer_name(&mut self, name: Name) -> Option<Var> {
        let facts = self.facts(self.file);
        let mut at = self.scope.def;
        while at != DefId::MODULE {
            at = facts.def(at).parent;
            if is_class_like(facts.def(at).kind) {
                continue;
            }
            if let Some(slot) = self.scopes.get(&GlobalDef { file: self.file, def: at }).and_then(|slots| slots.get(&name)) {
                return Some(slot.merged);
            }
        }
        let text = facts.text(name);
        let scopes = &self.linker.scopes[self.file.index()];
        let bound = scopes.name(DefId::MODULE, text).is_some() || !scopes.stars(DefId::MODULE).is_empty();
        if !bound {
            return None;
        }
        let key = self.sym(self.file, name);
        Some(self.module_name(self.file, key))
    }

    /// The variable of a module's own name, through its imports.
    pub(super) fn module_name(&mut self, file: FileId, key: Sym) -> Var {
        if let Some(&known) = self.module_fields.get(&(file, key)) {
            return known;
        }
        let var = self.graph.var();
        self.module_fields.insert((file, key), var);
        let text = self.text_of(key);
        let binding = self.linker.scopes[file.index()].name(DefId::MODULE, text);
        match binding {
            Some(Binding::Import(at)) => {
                let import = self.import_var(file, at);
                self.graph.flow(import, var);
            }
            Some(Binding::Def(_)) => {}
            None if self.linker.family(file) == Family::Python => self.python_outside(file, text, key, var),
            None => {}
        }
        var
    }

    /// A name that a Python module gets by a star import, or a submodule.
    fn python_outside(&mut self, file: FileId, text: &str, key: Sym, var: Var) {
        for star in self.linker.scopes[file.index()].stars(DefId::MODULE).to_vec() {
            let Target::Module(module) = self.linker.import_targets[file.index()][star as usize].clone() else { continue };
            let facts = self.facts(module.file);
            let hidden = match &facts.all {
                Some(all) => !all.iter().any(|&listed| facts.text(listed) == text),
                None => text.starts_with('_'),
            };
            if !hidden && module.def == DefId::MODULE {
                let from = self.module_name(module.file, key);
                self.graph.flow(from, var);
            }
        }
        if let Some(PythonTarget::File(child)) = self.linker.modules.python.child(&PythonTarget::File(file), text) {
            let module = self.graph.obj(Thing::Module(GlobalDef { file: child, def: DefId::MODULE }));
            self.graph.put(var, module);
        }
    }

    /// What an import binds.
    pub(super) fn import_var(&mut self, file: FileId, at: u32) -> Var {
        if let Some(&known) = self.import_vars.get(&(file, at)) {
            return known;
        }
        let var = self.graph.var();
        self.import_vars.insert((file, at), var);
        let import = &self.facts(file).imports[at as usize];
        let target = self.linker.import_targets[file.index()][at as usize].clone();
        match (import.item, target) {
            (ImportItem::Named(name), Target::Module(module)) if module.def == DefId::MODULE => {
                let key = self.sym(file, name);
                let from = self.module_member(module.file, key);
                self.graph.flow(from, var);
            }
            (ImportItem::Module, Target::Module(module)) => self.put_module(module, var),
            _ => {
                // Roots, namespaces, inline modules: what light types say.
                let value = self.linker.import_value(file, at);
                let value = self.linker.get(value);
                self.put_value(value, var);
            }
        }
        var
    }

    /// `import * as x`, `require("./x")`: the module, or what it assigned to `module.exports`.
    pub(super) fn put_module(&mut self, module: GlobalDef, var: Var) {
        let obj = self.graph.obj(Thing::Module(module));
        self.graph.put(var, obj);
        if self.linker.scopes[module.file.index()].exports.contains_key("=") {
            let key = self.symbol("=");
            let whole = self.module_member(module.file, key);
            self.graph.flow(whole, var);
        }
    }

    /// A name that others can take from a module.
    pub(super) fn module_member(&mut self, file: FileId, key: Sym) -> Var {
        if self.linker.family(file) == Family::Python {
            return self.module_name(file, key);
        }
        let module = self.graph.obj(Thing::Module(GlobalDef { file, def: DefId::MODULE }));
        if let Some(known) = self.graph.known_field(module, key) {
            return known;
        }
        let var = self.graph.field(module, key);
        let text = self.text_of(key);
        let scopes = &self.linker.scopes[file.index()];
        let exported = scopes.exported.get(text).copied();
        let export = scopes.exports.get(text).copied();
        let re_export = scopes.re_exports.get(text).copied();
        let whole = scopes.exports.contains_key("=") && text != "=";
        if let Some(def) = exported {
            let name = self.facts(file).def(def).name;
            let name = self.sym(file, name);
            let local = self.module_name(file, name);
            self.graph.flow(local, var);
        }
        if let Some(export) = export {
            let node = self.facts(file).exports[export as usize].value;
            self.export_node(file, node, var);
        }
        if let Some(import) = re_export {
            let from = self.import_var(file, import);
            self.graph.flow(from, var);
        }
        if exported.is_none() && export.is_none() && re_export.is_none() && text != "default" {
            for star in self.linker.scopes[file.index()].star_re_exports.clone() {
                if let Target::Module(inner) = self.linker.import_targets[file.index()][star as usize].clone() {
                    let from = self.module_member(inner.file, key);
                    self.graph.flow(from, var);
                }
            }
        }
        if whole {
            let equals = self.symbol("=");
            let from = self.module_member(file, equals);
            match text {
                "default" => self.graph.flow(from, var),
                _ => {
                    let site = self.no_site();
                    self.graph.use_at(from, Use::Load { key, to: var, site, this: None });
                }
            }
        } else if text == "default" && export.is_none() && exported.is_none() && re_export.is_none() {
            self.graph.put(var, module);
        }
        var
    }

    /// What an export statement exports.
    fn export_node(&mut self, file: FileId, node: NodeId, var: Var) {
        let facts = self.facts(file);
        match facts.arena.kind(node) {
            NodeKind::Name(name) => {
                let key = self.sym(file, name);
                let local = self.module_name(file, key);
                self.graph.flow(local, var);
            }
            NodeKind::Define(def) => {
                let obj = self.definition(GlobalDef { file, def });
                self.graph.put(var, obj);
            }
            NodeKind::Closure(def) => {
                let obj = self.graph.obj(Thing::Function(GlobalDef { file, def }));
                self.graph.put(var, obj);
            }
            _ => {
                // The walk of that file fills this in.
                let waiting = self.exported.entry((file, node)).or_insert(None);
                let from = match *waiting {
                    Some(from) => from,
                    None => {
                        let from = self.graph.var();
                        *waiting = Some(from);
                        from
                    }
                };
                self.graph.flow(from, var);
            }
        }
    }

    /// The object a definition makes.
    pub(super) fn definition(&mut self, id: GlobalDef) -> Obj {
        match self.facts(id.file).def(id.def).kind {
            DefKind::Function | DefKind::Method => self.graph.obj(Thing::Function(id)),
            _ => self.graph.obj(Thing::Class(id)),
        }
    }

    /// Puts what light types know of a value into a variable.
    pub(super) fn put_value(&mut self, value: Value, var: Var) {
        let obj = match value {
            Value::Instance { class, .. } if self.linker.family(class.file) != Family::Rust => self.graph.obj(Thing::Instance(class)),
            Value::Module(module) => self.graph.obj(Thing::Module(module)),
            Value::Def(def) if matches!(self.facts(def.file).def(def.def).kind, DefKind::Function | DefKind::Class) => self.definition(def),
            _ => return,
        };
        self.graph.put(var, obj);
    }

    /// `this`/`self` of the code being walked.
    pub(super) fn receiver(&mut self) -> Option<Var> {
        let facts = self.facts(self.file);
        let python = self.python();
        let mut at = self.scope.def;
        loop {
            let def = facts.def(at);
            let id = GlobalDef { file: self.file, def: at };
            let own = match def.kind {
                DefKind::Method => !python || def.params.iter().any(|param| param.kind == ParamKind::Receiver),
                DefKind::Function => !python && !def.flags.has(DefFlags::ARROW),
                _ => false,
            };
            if own {
                return Some(self.function(id).this);
            }
            if is_class_like(def.kind) && !python {
                let var = self.graph.var();
                let instance = self.graph.obj(Thing::Instance(id));
                self.graph.put(var, instance);
                return Some(var);
            }
            if at == DefId::MODULE {
                return None;
            }
            at = def.parent;
        }
    }

    /// The class around the code being walked.
    pub(super) fn class_here(&self) -> Option<GlobalDef> {
        let facts = self.facts(self.file);
        let mut at = self.scope.def;
        loop {
            if is_class_like(facts.def(at).kind) {
                return Some(GlobalDef { file: self.file, def: at });
            }
            if at == DefId::MODULE {
                return None;
            }
            at = facts.def(at).parent;
        }
    }
}

/// The names a pattern binds.
fn pattern_names(facts: &FileFacts, pattern: NodeId, add: &mut dyn FnMut(Name)) {
    let arena = &facts.arena;
    match arena.kind(pattern) {
        NodeKind::Name(name) => add(name),
        NodeKind::Spread { value, .. } | NodeKind::Entry { value, .. } | NodeKind::Argument { value, .. } => {
            pattern_names(facts, value, add)
        }
        NodeKind::Assign { target, op: AssignOp::Default, .. } => pattern_names(facts, target, add),
        NodeKind::Declare { target, .. } => pattern_names(facts, target, add),
        NodeKind::Collection { items, .. } | NodeKind::Other(items) => {
            let items: Vec<NodeId> = arena.list(items).collect();
            items.into_iter().for_each(|item| pattern_names(facts, item, add));
        }
        NodeKind::Call { args, .. } => {
            let args: Vec<NodeId> = arena.list(args).collect();
            args.into_iter().for_each(|arg| pattern_names(facts, arg, add));
        }
        NodeKind::Binary { left, right, .. } => {
            pattern_names(facts, left, add);
            pattern_names(facts, right, add);
        }
        _ => {}
    }
}
