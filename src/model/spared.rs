//! Code whose bodies no rule judges and nothing that is judged runs: functions of tests, and modules for browsers. Their definitions, imports and texts are read as
//! all others; what their calls lead to and what flows through them is not asked.

use super::facts::{DefFlags, DefId, DefKind, FileFacts};
use super::role::GlobalDef;
use super::source::{Family, FileId};

/// Which code is spared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spared {
    /// By file; empty where nothing is spared.
    files: Vec<bool>,
}

impl Spared {
    /// All functions of these files, and test functions of the others.
    pub fn new(files: Vec<bool>) -> Spared {
        Spared { files }
    }

    /// Everything is asked of all code.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The whole file is spared.
    #[inline]
    pub fn file(&self, file: FileId) -> bool {
        self.files.get(file.index()).copied().unwrap_or(false)
    }

    /// The body of this function is spared.
    #[inline]
    pub fn function(&self, facts: &FileFacts, function: GlobalDef) -> bool {
        if self.files.is_empty() || !matches!(facts.def(function.def).kind, DefKind::Function | DefKind::Method) {
            return false;
        }
        self.file(function.file) || is_in_test(facts, function.def)
    }

    /// The code of a function or module is spared.
    #[inline]
    pub fn code(&self, facts: &FileFacts, code: GlobalDef) -> bool {
        !self.files.is_empty() && (self.file(code.file) || is_in_test(facts, code.def))
    }
}

/// A test, by syntax: `#[cfg(test)]`. A closure is part of the function it stands in.
fn is_in_test(facts: &FileFacts, mut at: DefId) -> bool {
    if facts.language.family() != Family::Rust {
        return facts.def(at).flags.has(DefFlags::TEST);
    }
    for _ in 0..64 {
        let def = facts.def(at);
        if def.flags.has(DefFlags::TEST) {
            return true;
        }
        if !def.flags.has(DefFlags::CLOSURE) {
            return false;
        }
        at = def.parent;
    }
    false
}
