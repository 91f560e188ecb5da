//! What each unit read of the others' results when it was last run, so that it runs again only when something of that has grown.
//!
//! Functions' results and objects' fields have versions, which count how often they grew. A module's variable has none: what was read to evaluate it
//! counts as read by whoever uses it.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::value::Key;
use crate::model::role::GlobalDef;

/// Something that grows while the analysis runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Growing {
    /// What a function gives back and does with its parameters.
    Function(GlobalDef),
    /// What methods put into a field of a class.
    Field(GlobalDef, Key),
}

/// A result, and its version when it was read.
pub(super) type Read = (Growing, u32);

/// Versions of results, and what was read of them.
#[derive(Default)]
pub(super) struct Reads {
    versions: FxHashMap<Growing, u32>,
    /// By whom and what, since the last [`Reads::begin`].
    under_way: RefCell<Vec<Read>>,
    of_unit: FxHashMap<GlobalDef, Vec<Read>>,
}

impl Reads {
    /// Notes that a result is looked at, whether it is there or not.
    pub(super) fn note(&self, result: Growing) {
        let read = (result, self.version(result));
        let mut under_way = self.under_way.borrow_mut();
        if under_way.last() != Some(&read) {
            under_way.push(read);
        }
    }

    /// Notes again what was read before.
    pub(super) fn note_all(&self, reads: &[Read]) {
        self.under_way.borrow_mut().extend_from_slice(reads);
    }

    /// How much has been read so far: for [`Reads::since`].
    pub(super) fn mark(&self) -> usize {
        self.under_way.borrow().len()
    }

    /// What has been read since, each once.
    pub(super) fn since(&self, mark: usize) -> Vec<Read> {
        let mut reads = self.under_way.borrow().get(mark..).unwrap_or_default().to_vec();
        reads.sort_unstable();
        // The oldest version of each.
        reads.dedup_by_key(|(result, _)| *result);
        reads
    }

    /// A result has grown.
    pub(super) fn grow(&mut self, result: Growing) {
        *self.versions.entry(result).or_insert(0) += 1;
    }

    /// A unit is run from here on.
    pub(super) fn begin(&mut self) {
        self.under_way.get_mut().clear();
    }

    /// It has been run.
    pub(super) fn end(&mut self, unit: GlobalDef) {
        let reads = self.since(0);
        self.of_unit.insert(unit, reads);
    }

    /// The unit was never run, or something that it read has grown.
    pub(super) fn is_stale(&self, unit: GlobalDef) -> bool {
        self.of_unit.get(&unit).is_none_or(|reads| self.have_grown(reads))
    }

    /// Some of these results has grown since.
    pub(super) fn have_grown(&self, reads: &[Read]) -> bool {
        reads.iter().any(|&(result, version)| self.version(result) != version)
    }

    fn version(&self, result: Growing) -> u32 {
        self.versions.get(&result).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::DefId;
    use crate::model::source::FileId;

    fn function(at: u32) -> GlobalDef {
        GlobalDef { file: FileId(0), def: DefId(at) }
    }

    #[test]
    fn a_unit_is_stale_when_something_it_read_has_grown() {
        let (unit, callee, other) = (function(1), Growing::Function(function(2)), Growing::Function(function(3)));
        let mut reads = Reads::default();
        assert!(reads.is_stale(unit));
        reads.begin();
        reads.note(callee);
        reads.end(unit);
        assert!(!reads.is_stale(unit));
        reads.grow(other);
        assert!(!reads.is_stale(unit));
        reads.grow(callee);
        assert!(reads.is_stale(unit));
    }

    #[test]
    fn what_grows_while_a_unit_runs_makes_it_stale() {
        let (unit, own) = (function(1), Growing::Field(function(1), Key::VALUES));
        let mut reads = Reads::default();
        reads.begin();
        reads.note(own);
        reads.grow(own);
        reads.note(own);
        reads.end(unit);
        assert!(reads.is_stale(unit));
    }
}
