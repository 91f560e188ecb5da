//! `[[except]]`: what a rule allows in one place.
//!
//! An exception is for those who are named in it: it takes no edge out of the graph, so that whoever reaches the same target by way of the excepted
//! file is still told.

use super::breach::{Breach, Target};
use super::edges::End;
use super::ground::Ground;
use super::pieces::is_at;
use crate::model::contract::{Date, Exception, Located};

/// A contract's exceptions with the day that decides which still hold; without one, all do.
pub(super) fn holds(exception: &Exception, today: Option<Date>) -> bool {
    match (&exception.until, today) {
        (Some(until), Some(today)) => today <= until.value,
        _ => true,
    }
}

impl Ground<'_> {
    /// True when an exception is about this breach, whether it still holds or not.
    pub(super) fn is_meant(&self, exception: &Exception, breach: &Breach) -> bool {
        exception.rule.value == self.line_name(breach.line)
            && exception.from.iter().any(|from| self.is_file(from, breach.from))
            && (exception.to.is_empty() || exception.to.iter().any(|to| self.is_target(to, breach)))
    }

    /// True when an exception that names the start and the end of a way is about it.
    pub(super) fn is_excepted(&self, breach: &Breach) -> bool {
        self.contract.exceptions.iter().any(|exception| self.is_meant(exception, breach))
    }

    fn is_file(&self, word: &Located<String>, file: crate::model::source::FileId) -> bool {
        let by_part = || self.pieces.of_file(file).iter().any(|piece| self.pieces.name(*piece) == word.value);
        is_at(self.program.path(file), &format!("{}{}", self.contract.folder, word.value)) || by_part()
    }

    fn is_target(&self, word: &Located<String>, breach: &Breach) -> bool {
        if breach.to_part.as_deref() == Some(word.value.as_str()) {
            return true;
        }
        match &breach.target {
            Target::File(file) => self.is_file(word, *file),
            Target::Outside(_) => breach.way.last().is_some_and(|edge| match &self.edges[*edge].to {
                End::Outside(outside) => outside.lies_in(&word.value),
                End::Code(_) => false,
            }),
            Target::Missing => false,
        }
    }
}
