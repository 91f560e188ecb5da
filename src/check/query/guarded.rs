//! Whether the routes of a package ask who the client is.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use crate::check::Context;
use crate::check::guards::{Evidence, Guards, Purpose};
use crate::check::handlers::{Handler, handlers, package};
use crate::check::missing_authorization::files;
use crate::check::sensitive::parts;

/// Fewest routes with the same guard that make a package one with clients it knows.
const FEWEST: usize = 2;

/// What is found out about packages when a rule asks.
pub(super) struct Guarded<'a> {
    context: &'a Context<'a>,
    handlers: OnceCell<Vec<Handler<'a>>>,
    known: RefCell<BTreeMap<Option<usize>, Option<Evidence>>>,
}

impl<'a> Guarded<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Guarded<'a> {
        Guarded { context, handlers: OnceCell::new(), known: RefCell::default() }
    }

    /// A guard of a package's routes that can be pointed at.
    pub(super) fn of(&self, package: Option<usize>) -> Option<Evidence> {
        if let Some(known) = self.known.borrow().get(&package) {
            return known.clone();
        }
        let found = self.find(package);
        self.known.borrow_mut().insert(package, found.clone());
        found
    }

    fn find(&self, wanted: Option<usize>) -> Option<Evidence> {
        let program = self.context.program;
        let guards = Guards::new(program, Purpose::Guard);
        let everywhere = files(program, wanted).into_iter().find_map(|file| {
            let names = &program.file(file).names;
            guards.everywhere(&[file]).filter(|evidence| match evidence.what.as_str() {
                // Django's only says who it is, of sessions.
                "AuthenticationMiddleware" => false,
                "DEFAULT_PERMISSION_CLASSES" => !names.may_hold("AllowAny") || names.may_hold("IsAuthenticated"),
                // May as well be one that limits.
                "APP_GUARD" | "useGlobalGuards" => names.may_hold("Auth") || names.may_hold("Jwt"),
                _ => true,
            })
        });
        everywhere.or_else(|| {
            let all = self.handlers.get_or_init(|| handlers(self.context));
            let own = all.iter().filter(|handler| handler.route.is_some() && package(program, handler.function) == wanted);
            let mut found: BTreeMap<String, (usize, Evidence)> = BTreeMap::new();
            for evidence in own.filter_map(|handler| guards.of(handler)).filter(|evidence| !evidence.in_code && !is_header(&evidence.what))
            {
                found.entry(evidence.what.clone()).or_insert((0, evidence)).0 += 1;
            }
            // The first of those that most routes have.
            let most = found.into_values().rev().max_by_key(|(count, _)| *count)?;
            (most.0 >= FEWEST).then_some(most.1)
        })
    }
}

/// `securityHeaders`, `securityTxt`: what tells browsers and researchers something asks nobody.
fn is_header(name: &str) -> bool {
    parts(name).iter().any(|word| matches!(word.as_str(), "headers" | "txt" | "csp" | "helmet"))
}
