//! The ways data took, as shared lists: each step knows the one before it, so that values which part ways share their past.
//!
//! Steps are interned: running a function again makes no new ones. Lists are cut at [`LONGEST`]; the ends that matter (where the
//! data came in, where the text was built, the sink) are also known outside the list.

use rustc_hash::FxHashMap;

use crate::model::summary::Step;

/// Most steps in one way.
const LONGEST: u8 = 24;

/// A way, by its last step. Zero is the empty way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Way(u32);

/// All ways of one analysis.
pub(super) struct Ways {
    steps: Vec<(Way, Step, u8)>,
    known: FxHashMap<(Way, Step), Way>,
}

impl Ways {
    pub(super) fn new() -> Ways {
        Ways { steps: Vec::new(), known: FxHashMap::default() }
    }

    /// The way with one more step. A step that repeats the last one adds nothing.
    pub(super) fn then(&mut self, way: Way, step: Step) -> Way {
        let (last, length) = match self.entry(way) {
            Some(&(_, last, length)) => (Some(last), length),
            None => (None, 0),
        };
        if last == Some(step) || length >= LONGEST {
            return way;
        }
        if let Some(&known) = self.known.get(&(way, step)) {
            return known;
        }
        self.steps.push((way, step, length + 1));
        let made = Way(self.steps.len() as u32);
        self.known.insert((way, step), made);
        made
    }

    /// `first`, then all of `second`.
    pub(super) fn join(&mut self, first: Way, second: Way) -> Way {
        self.list(second).into_iter().fold(first, |way, step| self.then(way, step))
    }

    /// The steps in order.
    pub(super) fn list(&self, way: Way) -> Vec<Step> {
        let mut out = Vec::new();
        let mut at = way;
        while let Some(&(before, step, _)) = self.entry(at) {
            out.push(step);
            at = before;
        }
        out.reverse();
        out
    }

    fn entry(&self, way: Way) -> Option<&(Way, Step, u8)> {
        (way.0 as usize).checked_sub(1).and_then(|at| self.steps.get(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::DefId;
    use crate::model::role::GlobalDef;
    use crate::model::source::FileId;
    use crate::model::summary::StepPlace;

    fn step(at: u16) -> Step {
        Step { function: GlobalDef { file: FileId(0), def: DefId(1) }, place: StepPlace::Parameter(at) }
    }

    #[test]
    fn ways_share_their_past_and_join() {
        let mut ways = Ways::new();
        let a = ways.then(Way::default(), step(1));
        let ab = ways.then(a, step(2));
        let ac = ways.then(a, step(3));
        assert_eq!(ways.then(ab, step(2)), ab);
        assert_eq!(ways.then(a, step(2)), ab);
        let joined = ways.join(ab, ac);
        assert_eq!(ways.list(joined), [step(1), step(2), step(1), step(3)]);
    }

    #[test]
    fn a_way_ends_at_the_limit() {
        let mut ways = Ways::new();
        let mut way = Way::default();
        for at in 0..200 {
            way = ways.then(way, step(at));
        }
        assert_eq!(ways.list(way).len(), LONGEST as usize);
    }
}
