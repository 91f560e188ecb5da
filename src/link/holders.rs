//! What a framework's object holds under names the project chose: `fastify.decorate('prisma', client)` and the interface that declares it, `c.set('db', db)`, the
//! context that procedures are handed. Values are evaluated where they are set, when somebody first asks for them.

use rustc_hash::FxHashMap;

use super::evaluate::Linker;
use super::tables::UNKNOWN;
use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts};
use crate::model::knowledge::Holder;
use crate::model::nesting::{arguments, called_name, last_name};
use crate::model::program::{ApiId, Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

/// Most places asked for one name.
const MAX_PLACES: usize = 8;

/// Longest chain of functions in which a held value is evaluated.
const DEEPEST: usize = 40;

/// Where a held value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The type of an interface's field.
    Field(GlobalDef, NodeId),
    /// The second argument of a call in the code of a definition.
    Set(GlobalDef, NodeId),
    /// A function whose result is the holder.
    Made(GlobalDef),
}

/// What the project's files put into holders.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// (index into `Knowledge::holders`, name) → places; the name is empty for what is made as a whole.
    sources: FxHashMap<(usize, String), Vec<Source>>,
    /// What was evaluated; `None` while it is.
    values: FxHashMap<(usize, String), Option<ValueId>>,
}

/// What a file puts into holders. `own` are the frameworks that the file imports: `set` is a method of much else, so that there the file has to know
/// the framework, unless the holder counts anywhere.
fn sources(facts: &FileFacts, file: FileId, holders: &[Holder], own: &[u16]) -> Vec<(usize, String, Source)> {
    let mut found = Vec::new();
    match facts.language.family() {
        Family::TypeScript => {}
        Family::Python => return assigned(facts, file, holders, own),
        Family::Rust => return found,
    }
    let named = |names: &[String], name: &str| names.iter().any(|own| own == name);
    for (at, holder) in holders.iter().enumerate() {
        let is_known = holder.anywhere || own.contains(&holder.framework);
        let may_set = is_known && holder.set_by.iter().any(|name| facts.names.may_hold(name));
        for (id, def) in facts.definitions() {
            let name = facts.text(def.name);
            match def.kind {
                DefKind::Field if def.annotation.is_some() => {
                    // `declare module 'fastify' { interface FastifyInstance { … } }`
                    let owner = facts.def(def.parent);
                    let is_declared = owner.kind == DefKind::Interface && owner.parent != DefId::MODULE;
                    if is_declared && named(&holder.interfaces, facts.text(owner.name)) {
                        let scope = GlobalDef { file, def: owner.parent };
                        found.extend(def.annotation.map(|node| (at, name.to_string(), Source::Field(scope, node))));
                    }
                }
                DefKind::Function if def.parent == DefId::MODULE && named(&holder.made_by, name) => {
                    found.push((at, String::new(), Source::Made(GlobalDef { file, def: id })));
                }
                _ => {}
            }
        }
        if !may_set {
            continue;
        }
        for (id, def) in facts.definitions() {
            let Some(body) = def.body else { continue };
            facts.arena.walk(body, |node| {
                if !matches!(facts.arena.kind(node), NodeKind::Call { .. })
                    || !called_name(facts, node).is_some_and(|name| named(&holder.set_by, name))
                {
                    return;
                }
                let mut given = arguments(facts, node);
                // `decorate({ orders: new Orders() })`
                if let (1, Some(NodeKind::Collection { items, .. })) =
                    (given.len(), given.clone().next().map(|given| facts.arena.kind(given)))
                {
                    for item in facts.arena.list(items) {
                        if let NodeKind::Entry { key, value } = facts.arena.kind(item)
                            && let Some(name) = facts.string(key)
                        {
                            found.push((at, name.to_string(), Source::Set(GlobalDef { file, def: id }, value)));
                        }
                    }
                }
                if let (Some(key), Some(value)) = (given.next(), given.next())
                    && let Some(name) = facts.string(key)
                {
                    found.push((at, name.to_string(), Source::Set(GlobalDef { file, def: id }, value)));
                }
            });
        }
    }
    found
}

/// What a file sets as attributes of what an application keeps (`app.state.db = …`), or as its entries (`app["db"] = …`).
fn assigned(facts: &FileFacts, file: FileId, holders: &[Holder], own: &[u16]) -> Vec<(usize, String, Source)> {
    let mut found = Vec::new();
    let kept: Vec<(usize, &Holder)> = holders
        .iter()
        .enumerate()
        .filter(|(_, holder)| {
            own.contains(&holder.framework) && holder.set_on.iter().chain(&holder.items_of).any(|name| facts.names.may_hold(name))
        })
        .collect();
    if kept.is_empty() {
        return found;
    }
    let named = |names: &[String], name: Option<&str>| name.is_some_and(|name| names.iter().any(|own| own == name));
    for (id, def) in facts.definitions() {
        let Some(body) = def.body else { continue };
        facts.arena.walk(body, |node| {
            let NodeKind::Assign { target, value, op: AssignOp::Set } = facts.arena.kind(node) else { return };
            let (object, key, is_item) = match facts.arena.kind(target) {
                NodeKind::Member { object, name, .. } => (object, Some(facts.text(name)), false),
                NodeKind::Index { object, index } => (object, facts.string(index), true),
                _ => return,
            };
            let Some(key) = key else { return };
            let name = last_name(facts, object).map(|name| facts.text(name));
            for (at, holder) in &kept {
                if named(if is_item { &holder.items_of } else { &holder.set_on }, name) {
                    found.push((*at, key.to_string(), Source::Set(GlobalDef { file, def: id }, value)));
                }
            }
        });
    }
    found
}

/// The file puts something into a holder, which others may read.
pub(super) fn hands_on(facts: &FileFacts, file: FileId, holders: &[Holder], own: &[u16]) -> bool {
    !sources(facts, file, holders, own).is_empty()
}

impl Held {
    /// Gathers what all files put into holders.
    pub(super) fn of(linker: &Linker) -> Held {
        let holders = &linker.knowledge.holders;
        let mut held = Held::default();
        for (at, facts) in linker.facts.iter().enumerate() {
            let file = FileId(at as u32);
            let own = linker.frameworks_of.get(at).map(Vec::as_slice).unwrap_or_default();
            for (holder, name, source) in sources(facts, file, holders, own) {
                held.sources.entry((holder, name)).or_default().push(source);
            }
        }
        held
    }
}

impl Linker<'_> {
    /// `name` of a holder, where the project put something there.
    pub(super) fn held(&mut self, api: ApiId, name: &str) -> ValueId {
        let path = self.apis.path(api);
        let Some(holder) = self.knowledge.holders.iter().position(|holder| holder.api == path) else { return UNKNOWN };
        self.held_by(holder, name)
    }

    /// `request.app["db"]`
    pub(super) fn held_item(&mut self, value: ValueId, key: Option<&str>) -> ValueId {
        let (Some(key), Value::Api { api, .. }) = (key, self.get(value)) else { return UNKNOWN };
        let path = self.apis.path(api);
        let holder = self.knowledge.holders.iter().position(|holder| !holder.items_of.is_empty() && holder.api == path);
        holder.map_or(UNKNOWN, |holder| self.held_by(holder, key))
    }

    /// `c.get('db')`
    pub(super) fn held_under(&mut self, api: ApiId, args: &[NodeId]) -> ValueId {
        if self.knowledge.holders.is_empty() || args.len() != 1 {
            return UNKNOWN;
        }
        let path = self.apis.path(api);
        let is_read = |holder: &Holder| {
            path.strip_prefix(holder.api.as_str())
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|method| holder.read_by.iter().any(|own| own == method))
        };
        let Some(holder) = self.knowledge.holders.iter().position(is_read) else { return UNKNOWN };
        let file = self.here().file;
        match self.facts[file.index()].string(args[0]).map(str::to_string) {
            Some(name) => self.held_by(holder, &name),
            None => UNKNOWN,
        }
    }

    fn held_by(&mut self, holder: usize, name: &str) -> ValueId {
        let key = (holder, name.to_string());
        if let Some(known) = self.held.values.get(&key) {
            return known.unwrap_or(UNKNOWN);
        }
        if self.frames.len() > DEEPEST {
            return UNKNOWN;
        }
        let whole = self.held.sources.get(&(holder, String::new())).cloned().unwrap_or_default();
        let places = self.held.sources.get(&key).cloned().unwrap_or_default();
        self.held.values.insert(key.clone(), None);
        let mut found = UNKNOWN;
        for source in places.into_iter().chain(whole).take(MAX_PLACES) {
            if found == UNKNOWN {
                found = self.held_value(source, name);
            }
        }
        self.held.values.insert(key, Some(found));
        found
    }

    fn held_value(&mut self, source: Source, name: &str) -> ValueId {
        match source {
            Source::Field(scope, annotation) => self.within(scope, |linker| linker.type_value(annotation)),
            Source::Set(function, value) => {
                let known = self.node_values[function.file.index()][value.index()];
                if known != UNKNOWN {
                    return known;
                }
                self.run(self.outermost_function(function));
                self.node_values[function.file.index()][value.index()]
            }
            Source::Made(function) => {
                let made = self.return_value(function, None, UNKNOWN);
                match self.get(made) {
                    Value::Literal(..) | Value::Instance { .. } => self.member(made, name),
                    _ => UNKNOWN,
                }
            }
        }
    }

    /// The function around a closure, whose locals it sees.
    fn outermost_function(&self, function: GlobalDef) -> GlobalDef {
        let facts = &self.facts[function.file.index()];
        let mut at = function.def;
        while facts.def(at).flags.has(DefFlags::CLOSURE) && facts.def(at).parent != DefId::MODULE {
            at = facts.def(at).parent;
        }
        GlobalDef { file: function.file, def: at }
    }
}
