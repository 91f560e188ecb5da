//! Classes that a library makes SQL of, by a template of theirs: `class Position(Func): template = "%(function)s('%(text)s')"`. Some places of
//! the template the library fills itself; what is given for the others becomes text.

use super::body::NodeId;
use super::facts::DefKind;
use super::knowledge::{ApiFact, ArgumentRef, SinkKind};
use super::program::{ApiId, Program, Value};
use super::role::GlobalDef;

/// Classes above a class that are looked at.
const MOST_BASES: usize = 8;

/// The template of a class.
pub struct Template<'a> {
    /// The library's class.
    pub api: ApiId,
    /// The text of the template, in the file of the class.
    pub node: NodeId,
    /// Places that the library does not fill, in order.
    pub open: Vec<&'a str>,
}

/// The template that the class itself brings, if it has places of its own.
pub fn template<'a>(program: &Program<'a>, class: GlobalDef) -> Option<Template<'a>> {
    let facts = program.file(class.file);
    let def = facts.def(class.def);
    if def.kind != DefKind::Class || def.bases.is_empty() {
        return None;
    }
    let (api, argument, fills) = filled(program, class)?;
    let mut fields = facts
        .definitions()
        .filter(|(_, field)| field.parent == class.def && field.kind == DefKind::Field && facts.text(field.name) == argument);
    fields.find_map(|(_, field)| {
        let node = field.value?;
        let super::body::NodeKind::Str(text) = facts.arena.kind(node) else { return None };
        let places = facts.text(text).split("%(").skip(1).filter_map(|rest| rest.split_once(")s")).map(|(name, _)| name);
        let open: Vec<&str> = places.filter(|name| !fills.iter().any(|own| own == name)).collect();
        (!open.is_empty()).then_some(Template { api, node, open })
    })
}

/// The library's class above this one that takes a template, by what name, and what the library fills in.
fn filled<'a>(program: &Program<'a>, class: GlobalDef) -> Option<(ApiId, &'a str, &'a [String])> {
    let mut next = vec![class];
    for _ in 0..MOST_BASES {
        let class = next.pop()?;
        for &base in &program.file(class.file).def(class.def).bases {
            match program.value(class.file, base) {
                Value::Def(above) => next.push(above),
                Value::Api { api, .. } => {
                    let found = program.facts_of(&program.apis[api.0 as usize]).find_map(|(fact, _)| match fact {
                        ApiFact::Sink { kind: SinkKind::Sql, argument: ArgumentRef::Name(name), fills, .. } if !fills.is_empty() => {
                            Some((api, name.as_str(), fills.as_slice()))
                        }
                        _ => None,
                    });
                    if found.is_some() {
                        return found;
                    }
                }
                _ => {}
            }
        }
    }
    None
}
