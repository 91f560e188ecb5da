//! Checks that nobody waits for any more: a look at everything takes seconds in a large repository, and whoever types has asked the next question by then.
//!
//! A check that is not wanted unwinds from the end of the part it is at, without a word on standard error. That is how Salsa cancels queries: no stage
//! has to know of it, and none is left half done, since everything a check makes goes with it.

use std::panic::resume_unwind;
use std::sync::Arc;

/// Says whether the check that runs is wanted no more.
#[derive(Clone, Default)]
pub struct Stop(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

/// Of a check that runs to its end.
pub(super) static NEVER: Stop = Stop(None);

/// What is unwound with.
struct Unwanted;

impl Stop {
    /// Asked now and then, on any thread. Once it is true it has to stay so until the check ends.
    pub fn when(unwanted: impl Fn() -> bool + Send + Sync + 'static) -> Stop {
        Stop(Some(Arc::new(unwanted)))
    }

    /// Whether it is true now.
    pub fn is_asked(&self) -> bool {
        self.0.as_ref().is_some_and(|unwanted| unwanted())
    }

    /// Whether it can ever be true.
    pub(super) fn is_possible(&self) -> bool {
        self.0.is_some()
    }

    /// Goes on only when the check is wanted.
    pub(super) fn pass(&self) {
        if self.is_asked() {
            resume_unwind(Box::new(Unwanted));
        }
    }
}
