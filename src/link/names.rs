//! Imports to values, and the names of modules: through aliases, re-exports, barrels, star imports and packages.

use super::calls::is_callable;
use super::evaluate::Linker;
use super::modules::{self, Target};
use super::scopes::Binding;
use super::tables::UNKNOWN;
use crate::languages::python::modules::PythonTarget;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts, Import, ImportItem};
use crate::model::knowledge::{ApiFact, RoleSign};
use crate::model::program::{Value, ValueId};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::words::words;

/// Modules through which a name is followed, one re-exporting the next. Each is a few frames of the stack, and remembers the name.
const MOST_RE_EXPORTS: u32 = 200;

impl<'a> Linker<'a> {
    /// What a parameter stands for by its name alone: what a framework calls so, or the row of the model after which it is called.
    pub(super) fn meant_by_name(&mut self, function: GlobalDef, name: &str, is_typed: bool) -> ValueId {
        match self.convention(function.file, name) {
            UNKNOWN if !is_typed && self.family(function.file) == Family::Python && !self.is_called_by_others(function) => {
                self.namesake(function.file, name)
            }
            known => known,
        }
    }

    /// A method of a class that extends one of a library, which calls it as it likes.
    fn is_called_by_others(&mut self, function: GlobalDef) -> bool {
        let facts = &self.facts[function.file.index()];
        let class = GlobalDef { file: function.file, def: facts.def(function.def).parent };
        facts.def(class.def).kind == DefKind::Class && !self.class_info(class).outside.is_empty()
    }

    /// The row of a model of the project that the file knows: `order` where it imports `Order`.
    fn namesake(&mut self, file: FileId, name: &str) -> ValueId {
        let class: String = words(name).iter().map(|word| capitalised(word)).collect();
        let Some(binding) = self.scopes[file.index()].name(DefId::MODULE, &class) else { return UNKNOWN };
        let value = self.binding_value(file, binding);
        let Value::Def(class) = self.get(value) else { return UNKNOWN };
        if self.facts[class.file.index()].def(class.def).kind != DefKind::Class {
            return UNKNOWN;
        }
        let is_model = |fact: &ApiFact| matches!(fact, ApiFact::Role { role: Role::Model, sign: RoleSign::Base, when: None });
        let is_row = self.hierarchy(class).into_iter().any(|owner| {
            let outside = self.class_info(owner).outside;
            outside.iter().any(|&api| self.apis.facts(api).any(|(fact, _)| is_model(fact)))
        });
        if is_row { self.value(Value::Instance { class, argument: UNKNOWN }) } else { UNKNOWN }
    }

    /// The model that a class names in an attribute, the first of several that does: `queryset`, `Meta.model`, `get_queryset()`.
    pub(super) fn subject_named(&mut self, class: GlobalDef, paths: &str) -> Option<GlobalDef> {
        paths.split('|').find_map(|path| {
            let start = self.value(Value::Def(class));
            let value = path.split('.').fold(start, |value, name| match name.strip_suffix("()") {
                Some(method) => self.result_of(class, value, method),
                None => self.member(value, name),
            });
            self.class_of(value).filter(|&model| model != class)
        })
    }

    /// What a method of the class gives.
    fn result_of(&mut self, class: GlobalDef, value: ValueId, method: &str) -> ValueId {
        let member = self.member(value, method);
        match self.get(member) {
            Value::Def(function) | Value::Method { method: function, .. } => self.return_value(function, Some(class), UNKNOWN),
            _ => UNKNOWN,
        }
    }

    /// What an import binds.
    pub(super) fn import_value(&mut self, file: FileId, at: u32) -> ValueId {
        if let Some(known) = self.import_values.get(&(file, at)) {
            return known.unwrap_or(UNKNOWN);
        }
        self.import_values.insert((file, at), None);
        let facts = self.facts;
        let import = &facts[file.index()].imports[at as usize];
        let value = match self.family(file) {
            Family::Rust => self.rust_import(file, import),
            Family::Python => self.python_import(file, at, import),
            Family::TypeScript => self.typescript_import(file, at, import),
        };
        self.import_values.insert((file, at), Some(value));
        value
    }

    fn python_import(&mut self, file: FileId, at: u32, import: &Import) -> ValueId {
        let target = self.import_targets[file.index()][at as usize].clone();
        let specifier = self.facts[file.index()].text(import.specifier);
        match import.item {
            ImportItem::Root => {
                let root = specifier.split('.').next().unwrap_or(specifier);
                let target = self.modules.python.resolve(file, 0, root).into();
                self.target_value(target, Family::Python)
            }
            ImportItem::Named(name) => {
                let name = self.facts[file.index()].text(name);
                let is_namespace = matches!(target, Target::Namespace(_));
                if let Target::Module(package) = target {
                    return self.module_member(package, name).unwrap_or_else(|| self.submodule_in_circle(package, name));
                }
                let value = self.target_member(target, name, Family::Python);
                // A folder that only shares its name with a library.
                if value == UNKNOWN && is_namespace { self.api(&format!("{specifier}.{name}"), Family::Python) } else { value }
            }
            _ => self.target_value(target, Family::Python),
        }
    }

    /// A circle of imports that comes back to this very name ends at the submodule: `from . import name` in `__init__`, or in a module of which
    /// `__init__` imports everything.
    fn submodule_in_circle(&mut self, package: GlobalDef, name: &str) -> ValueId {
        match self.modules.python.child(&PythonTarget::File(package.file), name) {
            Some(child) => self.target_value(child.into(), Family::Python),
            None => UNKNOWN,
        }
    }

    fn typescript_import(&mut self, file: FileId, at: u32, import: &Import) -> ValueId {
        let target = self.import_targets[file.index()][at as usize].clone();
        match import.item {
            ImportItem::Named(name) => {
                let name = self.facts[file.index()].text(name);
                self.target_member(target, name, Family::TypeScript)
            }
            _ => match target {
                Target::Module(module) => self.common_js_value(module),
                other => self.target_value(other, Family::TypeScript),
            },
        }
    }

    /// `require('./x')` gives what the module assigned to `module.exports`, or the module with its names.
    pub(super) fn common_js_value(&mut self, module: GlobalDef) -> ValueId {
        let whole = self.value(Value::Module(module));
        let scopes = &self.scopes[module.file.index()];
        let Some(&export) = scopes.exports.get("=") else { return whole };
        if scopes.exports.len() > 1 {
            return whole;
        }
        let value = self.export_value(module.file, export);
        if value == UNKNOWN { whole } else { value }
    }

    /// A whole module as a value.
    pub(super) fn target_value(&mut self, target: Target, family: Family) -> ValueId {
        match target {
            Target::Module(module) => self.value(Value::Module(module)),
            Target::External(path) => self.api(&path, family),
            Target::Namespace(path) => {
                let id = self.apis.intern(&path, family);
                self.value(Value::Namespace(id))
            }
            Target::Generated(_) | Target::Unresolved(_) | Target::Asset => UNKNOWN,
        }
    }

    /// A name of a module.
    fn target_member(&mut self, target: Target, name: &str, family: Family) -> ValueId {
        match target {
            Target::Module(module) => self.module_member(module, name).unwrap_or(UNKNOWN),
            Target::External(path) => self.outside_member(&path, name, family),
            Target::Namespace(path) => self.namespace_member(&path, name),
            // Code that a tool writes and nobody commits: known if knowledge says so of any package.
            Target::Generated(path) | Target::Unresolved(path) => match self.knowledge.canonical(&format!("{path}.{name}")) {
                Some(known) => self.api(known, family),
                None => UNKNOWN,
            },
            Target::Asset => UNKNOWN,
        }
    }

    /// A name of an external package; the default export is the package itself.
    fn outside_member(&mut self, package: &str, name: &str, family: Family) -> ValueId {
        if name == "default" { self.api(package, family) } else { self.api(&format!("{package}.{name}"), family) }
    }

    pub(super) fn namespace_member(&mut self, path: &str, name: &str) -> ValueId {
        let namespace = PythonTarget::Namespace(path.to_string());
        match self.modules.python.child(&namespace, name) {
            Some(child) => self.target_value(child.into(), Family::Python),
            None => UNKNOWN,
        }
    }

    /// A name of a project module, wherever it is really defined.
    pub(super) fn module_member(&mut self, module: GlobalDef, name: &str) -> Option<ValueId> {
        if let Some(&known) = self.member_values.get(&module).and_then(|names| names.get(name)) {
            self.circle.is_cut |= known.is_none() && self.circle.open.iter().any(|(at, asked)| *at == module && **asked == *name);
            return known;
        }
        if self.re_exports_open >= MOST_RE_EXPORTS {
            return None;
        }
        // A circle of re-exports ends here.
        self.member_values.entry(module).or_default().insert(name.into(), None);
        self.re_exports_open += 1;
        self.circle.open.push((module, name.into()));
        let found = match self.family(module.file) {
            Family::Python => self.python_member(module, name),
            Family::TypeScript => self.typescript_member(module, name),
            Family::Rust => self.rust_member(module, name),
        };
        self.re_exports_open -= 1;
        let open = self.circle.open.pop();
        if let Some(slot) = self.member_values.get_mut(&module).and_then(|names| names.get_mut(name)) {
            *slot = found;
        }
        match found {
            Some(_) => self.circle.has_found = true,
            None => self.circle.missed.extend(open),
        }
        if self.re_exports_open == 0 {
            self.close_circle();
        }
        found
    }

    /// Modules that were asked while the question stood open in one around them, and so knew of nothing, may be asked again, unless nobody knew.
    fn close_circle(&mut self) {
        let circle = std::mem::take(&mut self.circle);
        if !circle.is_cut || !circle.has_found {
            return;
        }
        for (module, name) in circle.missed {
            if let Some(names) = self.member_values.get_mut(&module) {
                names.remove(&name);
            }
        }
    }

    fn python_member(&mut self, module: GlobalDef, name: &str) -> Option<ValueId> {
        if let Some(binding) = self.scopes[module.file.index()].name(module.def, name) {
            // A submodule imported under its own name in `__init__` is that submodule.
            let value = self.binding_value(module.file, binding);
            if value != UNKNOWN || matches!(binding, Binding::Def(_)) {
                return Some(value);
            }
        }
        for star in self.scopes[module.file.index()].stars(module.def).to_vec() {
            if let Some(value) = self.star_member(module.file, star, name) {
                return Some(value);
            }
        }
        if let Some(value) = self.lazy_member(module, name) {
            return Some(value);
        }
        let here = PythonTarget::File(module.file);
        let child = self.modules.python.child(&here, name)?;
        Some(self.target_value(child.into(), Family::Python))
    }

    /// A name through `from m import *` / `use m::*`.
    pub(super) fn star_member(&mut self, file: FileId, star: u32, name: &str) -> Option<ValueId> {
        let facts = self.facts;
        let import = &facts[file.index()].imports[star as usize];
        if self.family(file) == Family::Rust {
            return self.rust_glob(file, import, name);
        }
        match self.import_targets[file.index()][star as usize].clone() {
            Target::Module(module) => {
                let listed = facts[module.file.index()].all.as_ref();
                let hidden = match listed {
                    Some(all) => !all.iter().any(|&listed| facts[module.file.index()].text(listed) == name),
                    None => name.starts_with('_'),
                };
                if hidden { None } else { self.module_member(module, name) }
            }
            Target::External(path) => {
                let api = self.apis.intern(&format!("{path}.{name}"), self.family(file));
                self.apis.is_known(api).then(|| self.value(Value::Api { api, subject: None, guessed: false }))
            }
            _ => None,
        }
    }

    fn typescript_member(&mut self, module: GlobalDef, name: &str) -> Option<ValueId> {
        if module.def != DefId::MODULE {
            let binding = self.scopes[module.file.index()].name(module.def, name)?;
            return Some(self.binding_value(module.file, binding));
        }
        let file = module.file;
        let scopes = &self.scopes[file.index()];
        if let Some(&def) = scopes.exported.get(name) {
            return Some(self.def_value(GlobalDef { file, def }));
        }
        if let Some(&export) = scopes.exports.get(name) {
            return Some(self.export_value(file, export));
        }
        if let Some(&import) = scopes.re_exports.get(name) {
            return Some(self.import_value(file, import));
        }
        for star in scopes.star_re_exports.clone() {
            if name != "default"
                && let Target::Module(inner) = self.import_targets[file.index()][star as usize].clone()
                && let Some(value) = self.module_member(inner, name)
            {
                return Some(value);
            }
        }
        if let Some(value) = self.member_of_packages(file, name) {
            return Some(value);
        }
        // CommonJS: `import x from './x'` is `module.exports`; other names are its properties.
        if let Some(&whole) = self.scopes[file.index()].exports.get("=") {
            let value = self.export_value(file, whole);
            if name == "default" {
                return Some(if value == UNKNOWN { self.value(Value::Module(module)) } else { value });
            }
            let member = self.member(value, name);
            return (member != UNKNOWN).then_some(member);
        }
        if name == "default" && !self.scopes[file.index()].exports.is_empty() {
            return Some(self.value(Value::Module(module)));
        }
        None
    }

    /// A name that a file hands on from a package: `export * from '@prisma/client'`.
    fn member_of_packages(&mut self, file: FileId, name: &str) -> Option<ValueId> {
        if name == "default" {
            return None;
        }
        let paths: Vec<String> = self.scopes[file.index()]
            .star_re_exports
            .iter()
            .filter_map(|&star| match &self.import_targets[file.index()][star as usize] {
                Target::External(path) => Some(format!("{path}.{name}")),
                _ => None,
            })
            .collect();
        let only = paths.len() == 1;
        paths.into_iter().find_map(|path| {
            let api = self.apis.intern(&path, Family::TypeScript);
            (only || self.apis.is_known(api)).then(|| self.value(Value::Api { api, subject: None, guessed: false }))
        })
    }

    /// The value of an `export` statement or a `module.exports` assignment.
    pub(super) fn export_value(&mut self, file: FileId, export: u32) -> ValueId {
        let node = self.facts[file.index()].exports[export as usize].value;
        let known = self.node_values[file.index()][node.index()];
        if known != UNKNOWN {
            return known;
        }
        if let NodeKind::Define(def) = self.facts[file.index()].arena.kind(node) {
            return self.def_value(GlobalDef { file, def });
        }
        if self.frames.len() > 60 {
            return UNKNOWN;
        }
        self.within(GlobalDef { file, def: DefId::MODULE }, |linker| linker.eval(node))
    }

    // ---- Rust ----

    /// `crate`, `self`, `super`, `Self`.
    pub(super) fn rust_keyword(&mut self, from: GlobalDef, name: &str) -> Option<ValueId> {
        match name {
            "crate" | "$crate" => {
                let root = self.modules.rust.root_of(from.file)?;
                Some(self.value(Value::Module(root)))
            }
            "self" => {
                let module = self.rust_module_of(from);
                Some(self.value(Value::Module(module)))
            }
            "super" => {
                let module = self.rust_module_of(from);
                let parent = self.modules.rust.parent(module)?;
                Some(self.value(Value::Module(parent)))
            }
            "Self" => {
                let class = self.within(from, |linker| linker.current_class())?;
                Some(self.value(Value::Def(class)))
            }
            _ => None,
        }
    }

    /// The module (file or inline) a definition stands in.
    pub(super) fn rust_module_of(&self, from: GlobalDef) -> GlobalDef {
        let facts = &self.facts[from.file.index()];
        let mut at = from.def;
        for _ in 0..256 {
            if at == DefId::MODULE || facts.def(at).kind == DefKind::Module {
                break;
            }
            at = facts.def(at).parent;
        }
        GlobalDef { file: from.file, def: at }
    }

    /// A Rust name no scope of the file binds: a declared module, an extern crate, a glob-imported external name, the prelude.
    pub(super) fn rust_outside(&mut self, from: GlobalDef, name: &str) -> ValueId {
        let module = self.rust_module_of(from);
        if let Some(child) = self.modules.rust.child(module, name) {
            return self.value(Value::Module(child));
        }
        if let Some(target) = modules::extern_crate(&self.modules, from.file, name) {
            return self.rust_target(target);
        }
        if name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return match name {
                "String" => self.api("builtins.str", Family::Rust),
                _ => self.api(name, Family::Rust),
            };
        }
        match name {
            "i8" | "i16" | "i32" | "i64" | "i128" | "u8" | "u16" | "u32" | "u64" | "u128" | "isize" | "usize" | "f32" | "f64" | "bool"
            | "char" | "str" => self.api(&format!("builtins.{name}"), Family::Rust),
            _ => UNKNOWN,
        }
    }

    /// Modules and functions have namespaces of their own: after `mod home; pub use home::*;` a call of `home`, or `home` handed
    /// over, means the function.
    pub(super) fn rust_callable(&mut self, file: FileId, node: NodeId, value: ValueId) -> ValueId {
        let Value::Module(module) = self.get(value) else { return value };
        if self.family(file) != Family::Rust {
            return value;
        }
        let Some(function) = self.rust_namesake(module) else { return value };
        self.node_values[file.index()][node.index()] = function;
        function
    }

    /// The function that the parent of a module knows by the module's name.
    fn rust_namesake(&mut self, module: GlobalDef) -> Option<ValueId> {
        let parent = self.modules.rust.parent(module)?;
        let path = self.modules.rust.path_of(module);
        let name = path.rsplit("::").next()?.to_string();
        let bound = self.scopes[parent.file.index()].name(parent.def, &name).map(|binding| self.binding_value(parent.file, binding));
        let is_function = |linker: &Linker, value: ValueId| matches!(linker.get(value), Value::Def(def) if super::calls::is_callable(linker.facts[def.file.index()].def(def.def).kind));
        if let Some(value) = bound.filter(|&value| is_function(self, value)) {
            return Some(value);
        }
        for star in self.scopes[parent.file.index()].stars(parent.def).to_vec() {
            let import = &self.facts[parent.file.index()].imports[star as usize];
            let specifier = self.facts[parent.file.index()].text(import.specifier);
            // `star_member` does not look for the first name of a glob's own path.
            let value = match specifier.split("::").next() == Some(name.as_str()) {
                true => match self.rust_path(GlobalDef { file: parent.file, def: import.scope }, specifier) {
                    base if matches!(self.get(base), Value::Module(_)) => Some(self.rust_step(base, &name)),
                    _ => None,
                },
                false => self.star_member(parent.file, star, &name),
            };
            if let Some(value) = value.filter(|&value| is_function(self, value)) {
                return Some(value);
            }
        }
        None
    }

    fn rust_import(&mut self, file: FileId, import: &Import) -> ValueId {
        let facts = self.facts;
        let specifier = facts[file.index()].text(import.specifier);
        let scope = GlobalDef { file, def: import.scope };
        let base = self.rust_path(scope, specifier);
        match import.item {
            ImportItem::Named(name) => {
                let name = facts[file.index()].text(name);
                self.rust_step(base, name)
            }
            _ => base,
        }
    }

    /// A path `a::b::c` from a scope.
    pub(super) fn rust_path(&mut self, scope: GlobalDef, path: &str) -> ValueId {
        let mut parts = path.split("::").filter(|part| !part.is_empty());
        let Some(first) = parts.next() else { return UNKNOWN };
        let mut value = match path.starts_with("::") {
            true => match modules::extern_crate(&self.modules, scope.file, first) {
                Some(target) => self.rust_target(target),
                None => self.rust_crate(first),
            },
            false => self.rust_first(scope, first),
        };
        for part in parts {
            let step = self.rust_step(value, part);
            // What a path goes through is a module or a type, whatever function has the same name.
            value = match (self.get(value), self.get(step)) {
                (Value::Module(module), Value::Def(def)) if is_callable(self.facts[def.file.index()].def(def.def).kind) => {
                    let child = self.modules.rust.child(module, part);
                    child.map_or(step, |child| self.value(Value::Module(child)))
                }
                _ => step,
            };
        }
        value
    }

    /// First segment of a `use` path: keywords, a module declared here, a crate, a name in scope.
    fn rust_first(&mut self, scope: GlobalDef, name: &str) -> ValueId {
        if let Some(value) = self.rust_keyword(scope, name) {
            return value;
        }
        let module = self.rust_module_of(scope);
        if let Some(child) = self.modules.rust.child(module, name) {
            return self.value(Value::Module(child));
        }
        if let Some(target) = modules::extern_crate(&self.modules, scope.file, name) {
            return self.rust_target(target);
        }
        let value = self.lookup_static(module, name, false);
        if value == UNKNOWN { self.rust_crate(name) } else { value }
    }

    fn rust_target(&mut self, target: Target) -> ValueId {
        match target {
            Target::External(package) => self.rust_crate(&package),
            target => self.target_value(target, Family::Rust),
        }
    }

    /// A crate of others. Where a package of another language has the same name, knowledge gives it one of its own: `crate:mongodb`.
    fn rust_crate(&mut self, name: &str) -> ValueId {
        match self.knowledge.canonical(&format!("crate:{name}")) {
            Some(own) => self.api(own, Family::Rust),
            None => self.api(name, Family::Rust),
        }
    }

    pub(super) fn rust_step(&mut self, base: ValueId, name: &str) -> ValueId {
        match self.get(base) {
            Value::Module(module) => self.module_member(module, name).unwrap_or(UNKNOWN),
            _ => self.member(base, name),
        }
    }

    fn rust_member(&mut self, module: GlobalDef, name: &str) -> Option<ValueId> {
        if name == "self" {
            return Some(self.value(Value::Module(module)));
        }
        if name == "super" {
            let parent = self.modules.rust.parent(module)?;
            return Some(self.value(Value::Module(parent)));
        }
        if let Some(binding) = self.scopes[module.file.index()].name(module.def, name) {
            let value = self.binding_value(module.file, binding);
            if value != UNKNOWN || matches!(binding, Binding::Def(_)) {
                return Some(value);
            }
        }
        if let Some(child) = self.modules.rust.child(module, name) {
            return Some(self.value(Value::Module(child)));
        }
        if let Some(&made) = self.generated.get(&module).and_then(|names| names.get(name)) {
            return Some(made);
        }
        for star in self.scopes[module.file.index()].stars(module.def).to_vec() {
            if let Some(value) = self.star_member(module.file, star, name) {
                return Some(value);
            }
        }
        None
    }

    fn rust_glob(&mut self, file: FileId, import: &Import, name: &str) -> Option<ValueId> {
        let specifier = self.facts[file.index()].text(import.specifier);
        // The base must not be looked up through this very glob.
        if self.frames.len() > 60 || specifier.split("::").next() == Some(name) {
            return None;
        }
        let base = self.glob_base(file, import.scope, specifier);
        match self.get(base) {
            Value::Module(module) if module != self.rust_module_of(GlobalDef { file, def: import.scope }) => {
                self.module_member(module, name)
            }
            Value::Def(class) => {
                let member = self.scopes[class.file.index()].member(class.def, name)?;
                Some(self.def_value(GlobalDef { file: class.file, def: member }))
            }
            Value::Api { api, .. } => {
                let step = self.apis.step(api, &format!(".{name}"));
                let is_known = self.apis.is_known(step) || self.knowledge.leads_on(self.apis.path(step));
                is_known.then(|| self.value(Value::Api { api: step, subject: None, guessed: false }))
            }
            _ => None,
        }
    }

    fn glob_base(&mut self, file: FileId, scope: DefId, specifier: &str) -> ValueId {
        let key = GlobalDef { file, def: scope };
        if self.globs_open.contains(&(key, specifier.to_string())) {
            return UNKNOWN;
        }
        self.globs_open.insert((key, specifier.to_string()));
        let value = self.rust_path(key, specifier);
        self.globs_open.remove(&(key, specifier.to_string()));
        value
    }

    /// Names that derive macros make beside the types they decorate (`DeriveEntityModel` makes `Entity`).
    pub(super) fn collect_generated(&mut self) {
        let knowledge = self.knowledge;
        if knowledge.generated.is_empty() {
            return;
        }
        for file in 0..self.facts.len() {
            let file = FileId(file as u32);
            if self.family(file) != Family::Rust {
                continue;
            }
            let facts: &'a FileFacts = &self.facts[file.index()];
            for (id, def) in facts.definitions() {
                for &decorator in &def.decorators {
                    for node in super::roles::derived(facts, decorator) {
                        let scope = GlobalDef { file, def: def.parent };
                        let value = self.within(scope, |linker| linker.eval(node));
                        let Value::Api { api, .. } = self.get(value) else { continue };
                        for made in knowledge.generated.iter().filter(|made| made.by == self.apis.path(api)).collect::<Vec<_>>() {
                            let api = self.apis.intern(&made.api, Family::Rust);
                            let subject = Some(GlobalDef { file, def: id });
                            let value = self.value(Value::Api { api, subject, guessed: false });
                            let module = self.rust_module_of(scope);
                            self.generated.entry(module).or_default().insert(made.name.as_str(), value);
                        }
                    }
                }
            }
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
