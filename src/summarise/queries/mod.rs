//! The queries a file's functions run themselves: call nodes that knowledge says make a round trip to a database.
//!
//! A fluent chain (`select(User).where(…).order_by(…)`) is one query, however many of its links are known. A link that
//! knowledge marks `when_awaited` only builds; the chain is a query where its value is awaited, iterated or otherwise used up,
//! directly or through a local variable. A function that returns a builder has no query of its own; whether its callers
//! await it is asked in `effects`. Types are the linker's work: nothing here guesses what a name stands for.

mod fates;
mod reader;
mod tables;
mod texts;

use rustc_hash::{FxHashMap, FxHashSet};

use super::associations::Associations;
use crate::model::body::NodeId;
use crate::model::nesting::Nesting;
use crate::model::program::Program;
use crate::model::source::FileId;
pub(super) use reader::Found;
use reader::{Fate, Link, Reader};

/// All queries of a file, in source order.
pub(super) fn queries(program: &Program, file: FileId, nesting: &Nesting, associations: &Associations) -> Vec<Found> {
    let reader = Reader { program, file, facts: program.file(file), nesting, associations, assigned: None.into() };
    let mut chains: FxHashMap<NodeId, Vec<Link>> = FxHashMap::default();
    for call in reader.facts.arena.ids() {
        for link in reader.links(call) {
            chains.entry(nesting.chain_top(reader.facts, call)).or_default().push(link);
        }
    }
    let mut found: Vec<Found> = chains.into_iter().filter_map(|(top, links)| reader.query(top, &links)).collect();
    found.sort_by_key(|found| (reader.facts.arena.span(found.effect.site), found.effect.site));
    reader.flush(&mut found);
    found
}

/// True when the value of the call at `site` is awaited or otherwise used up, so that a builder it returned runs.
pub(super) fn uses_up(program: &Program, file: FileId, nesting: &Nesting, site: NodeId) -> bool {
    let associations = Associations::default();
    let reader = Reader { program, file, facts: program.file(file), nesting, associations: &associations, assigned: None.into() };
    reader.fate(site, nesting.chain_top(reader.facts, site), &mut FxHashSet::default()) == Fate::Evaluated
}
