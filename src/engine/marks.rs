//! The roles of definitions for an editor to show above them: "router · reads `orders` through `OrderService.total`".

use super::Engine;
use crate::model::facts::{DefKind, FileFacts};
use crate::model::finding::Location;
use crate::model::knowledge::Access;
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;
use crate::model::summary::{Reach, Summaries};

/// Tables named of one function.
const TABLES: usize = 3;

/// What a definition is, and what it reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleMark {
    /// The definition's name.
    pub place: Location,
    pub role: Role,
    /// Why it has the role.
    pub reason: String,
    /// What it does to the database, in words; empty when nothing is known.
    pub reaches: String,
}

impl Engine {
    /// Whether [`Engine::check`] marks the roles of definitions.
    pub fn mark_roles(&mut self, on: bool) {
        self.marked = on;
        self.warm = None;
        self.marks.clear();
    }

    /// The marks of the last check, in order of files and places.
    pub fn role_marks(&self) -> &[RoleMark] {
        &self.marks
    }
}

/// Marks every definition that has a role of its own.
pub(super) fn marks(program: &Program, summaries: &Summaries) -> Vec<RoleMark> {
    let mut marks = Vec::new();
    for (at, facts) in program.facts.iter().enumerate() {
        let file = FileId(at as u32);
        for (def, definition) in facts.definitions() {
            let id = GlobalDef { file, def };
            let Some(evidence) = program.def_roles.get(&id) else { continue };
            marks.push(RoleMark {
                place: Location { path: program.path(file).clone(), span: definition.name_span },
                role: evidence.role,
                reason: evidence.reason.clone(),
                reaches: reaches(program, summaries, facts, id),
            });
        }
    }
    marks
}

/// "reads `orders`, writes `lines` through `OrderService.total`".
fn reaches(program: &Program, summaries: &Summaries, facts: &FileFacts, function: GlobalDef) -> String {
    let callable = matches!(facts.def(function.def).kind, DefKind::Function | DefKind::Method);
    let Some(summary) = summaries.of(function).filter(|_| callable) else { return String::new() };
    let mut parts: Vec<String> = Vec::new();
    let mut said: Vec<(Access, Option<&str>)> = Vec::new();
    for reach in &summary.reaches {
        let key = (reach.access, reach.table.as_deref());
        if said.contains(&key) {
            continue;
        }
        said.push(key);
        if parts.len() < TABLES {
            parts.push(one(program, reach));
        }
    }
    if said.len() > TABLES {
        parts.push(format!("{} more", said.len() - TABLES));
    }
    parts.join(", ")
}

fn one(program: &Program, reach: &Reach) -> String {
    let does = match reach.access {
        Access::Write => "writes",
        _ => "reads",
    };
    let table: &str = reach.table.as_deref().unwrap_or("the database");
    let through = reach.via.map_or(String::new(), |via| format!(" through {}", program.short_name(via)));
    format!("{does} {table}{through}")
}
