//! Classes that the base of all models is made with: `db = SQLAlchemy(model_class=Rows)`, `Base = declarative_base(cls=Rows)`. What they
//! have, every model has.

use super::evaluate::Linker;
use crate::model::body::NodeKind;
use crate::model::facts::{DefId, DefKind};
use crate::model::knowledge::{ApiFact, ArgumentRef};
use crate::model::program::{ApiId, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

impl Linker<'_> {
    /// The class that the project makes this base with; `None` where it makes several, and where it makes none.
    pub(super) fn mixed_in(&mut self, base: ApiId) -> Option<GlobalDef> {
        let maker = self.apis.path(base).split_once("()")?.0.to_string();
        let maker = self.apis.intern_beside(base, &maker);
        if let Some(&known) = self.mixed_in.get(&maker) {
            return known;
        }
        self.mixed_in.insert(maker, None);
        let argument = self.apis.facts(maker).find_map(|(fact, _)| match fact {
            ApiFact::MixesIn { argument: ArgumentRef::Name(name) } => Some(name.clone()),
            _ => None,
        })?;
        let mut found = Vec::new();
        for at in 0..self.facts.len() as u32 {
            let file = FileId(at);
            let facts = &self.facts[file.index()];
            if facts.language.family() != Family::Python || !facts.names.may_hold(&argument) {
                continue;
            }
            for node in facts.arena.ids() {
                let NodeKind::Call { callee, args, .. } = facts.arena.kind(node) else { continue };
                let given = facts.arena.list(args).find_map(|arg| match facts.arena.kind(arg) {
                    NodeKind::Argument { name, value } if facts.text(name) == argument => Some(value),
                    _ => None,
                });
                let Some(given) = given else { continue };
                let module = GlobalDef { file, def: DefId::MODULE };
                let (made, class) = self.within(module, |linker| (linker.eval(callee), linker.eval(given)));
                let is_maker = matches!(self.get(made), Value::Api { api, .. } if api == maker);
                if let (true, Value::Def(class)) = (is_maker, self.get(class)) {
                    found.push(class);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        let only = match found[..] {
            [class] if self.facts[class.file.index()].def(class.def).kind == DefKind::Class => Some(class),
            _ => None,
        };
        self.mixed_in.insert(maker, only);
        only
    }
}
