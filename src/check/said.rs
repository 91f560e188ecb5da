//! What knowledge says of the libraries that a file calls, asked before anybody walks its code: most rules look for calls that few files have.

use std::sync::OnceLock;

use crate::check::Context;
use crate::model::body::NodeKind;
use crate::model::knowledge::ApiFact;
use crate::model::program::Api;
use crate::model::source::FileId;
use crate::model::trace::{self, Part};

/// Kinds of facts, a bit each.
pub(super) const BLOCKS: u8 = 1;
pub(super) const RUNS_ELSEWHERE: u8 = 2;
pub(super) const MAKES: u8 = 4;
pub(super) const WEAK_RANDOM: u8 = 8;
pub(super) const HASHES: u8 = 16;

/// The kinds by API and by file, as far as somebody asked.
#[derive(Default)]
pub(super) struct Said {
    apis: OnceLock<Vec<u8>>,
    files: OnceLock<Vec<OnceLock<u8>>>,
}

impl Context<'_> {
    /// False when the file has no call of which knowledge says any of these.
    pub(super) fn may_say(&self, file: FileId, kinds: u8) -> bool {
        trace::note(Part::File(file));
        let program = self.program;
        let files = self.said.files.get_or_init(|| program.facts.iter().map(|_| OnceLock::new()).collect());
        let in_file = || {
            let apis = self.said.apis.get_or_init(|| program.apis.iter().map(|api| self.kinds(api)).collect());
            let arena = &program.file(file).arena;
            let calls = arena.ids().filter(|&node| matches!(arena.kind(node), NodeKind::Call { .. }));
            calls.filter_map(|call| program.called_api_id(file, call)).fold(0, |found, api| found | apis[api.0 as usize])
        };
        files[file.index()].get_or_init(in_file) & kinds != 0
    }

    fn kinds(&self, api: &Api) -> u8 {
        let kind = |fact: &ApiFact| match fact {
            ApiFact::Blocking | ApiFact::BlocksUnlessAwaited | ApiFact::BlocksOnFiles | ApiFact::BlocksBriefly => BLOCKS,
            ApiFact::RunsElsewhere => RUNS_ELSEWHERE,
            ApiFact::Makes(_) => MAKES,
            ApiFact::WeakRandom => WEAK_RANDOM,
            ApiFact::FastHash | ApiFact::WeakPasswordHash | ApiFact::Cost { .. } => HASHES,
            _ => 0,
        };
        self.program.facts_of(api).fold(0, |found, (fact, _)| found | kind(fact))
    }
}
