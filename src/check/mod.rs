//! Stage 5: `Program` and `Summaries` to findings. One file per rule.
//!
//! A check is a pure function; it makes findings at the rule's own level (or lower, when it says why) and knows nothing of
//! suppressions, configuration levels or formats. The engine runs the checks in parallel and triage sorts what they say.

mod answered;
mod audience;
mod batching;
mod blocking_call_in_async;
mod body_logic;
mod body_params;
mod bounds;
mod business_logic_in_handler;
mod commit_in_loop;
mod compared_passwords;
mod connection_per_request;
pub mod contract;
mod data_access_in_handler;
mod data_access_in_service;
mod databases;
pub mod dbml_drift;
mod debug_mode;
mod decided;
mod dependence;
mod dumped_fields;
mod duplicate_code;
mod error_detail_leak;
mod error_texts;
mod extent;
mod file_too_long;
mod function_too_long;
mod generic_exception;
mod guards;
mod handed_work;
mod handlers;
mod hardcoded_backing_service;
pub mod hardcoded_secret;
mod held_guards;
mod held_sessions;
mod hoisted;
mod http_in_service;
mod import_cycle;
mod input_checks;
mod insecure_random_token;
mod irreversible_migration;
mod jobs;
mod keys;
mod layers;
mod lazy_load_in_loop;
mod led_writes;
mod lesser_writes;
mod loading;
mod loggers;
mod lookup_tables;
mod loops;
mod meant;
mod memo;
mod missing_authorization;
mod missing_dependency_injection;
mod missing_input_validation;
mod missing_rate_limit;
mod missing_timeout;
mod missing_transaction;
mod missing_type_annotation;
mod moved_amounts;
mod n_plus_one;
mod naming_convention;
mod new_rows;
mod one_by_one;
pub mod openapi_drift;
mod orphan_module;
mod outside_transaction;
mod own_loops;
mod pass_through_service;
mod passed;
mod password_findings;
mod password_settings;
mod passwords_in_sql;
mod per_item;
mod plain_in_rows;
mod plain_passwords;
pub mod query;
mod query_methods;
mod reaching;
mod records;
mod relations;
mod remedy;
mod request_names;
mod requests;
mod resolvers;
mod response_fields;
mod row_ties;
mod rust_error_leak;
mod rust_error_types;
mod rust_statics;
mod rust_stored_errors;
mod rust_types;
mod said;
mod saved_rows;
mod scope;
mod sensitive;
mod sensitive_data_in_log;
mod serializer_fields;
mod shared_session;
mod shown_objects;
mod shrugged;
mod side_effect_in_repository;
mod spelling;
mod sql_injection;
mod stateful_service;
mod status;
mod status_errors;
mod swallowed_error;
mod switches;
mod ticks;
mod unasked_validation;
mod unbounded_query;
mod unbounded_retry;
mod unpaged_views;
mod weak_password_hash;

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::model::facts::FileFacts;
use crate::model::finding::Finding;
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::rule::{Rule, Settings};
use crate::model::summary::Summaries;
use crate::model::trace::{self, Part};
use hardcoded_secret::Secrets;
use loading::Callers;
pub use memo::Memo;
use per_item::{Lists, PerItem};
use relations::Relations;
use requests::Requests;

/// What a check may ask.
pub struct Context<'a> {
    pub program: &'a Program<'a>,
    pub summaries: &'a Summaries,
    pub settings: &'a Settings,
    /// The pages of all rules, for the help they give per framework.
    pub rules: &'a [Rule],
    /// Text files that are not source code, with their text, sorted by path (for rules that read configuration).
    pub texts: &'a [(Arc<str>, Arc<str>)],
    /// Credentials that were looked for before the program was linked.
    pub secrets: &'a OnceLock<Secrets>,
    /// What runs for each request: made when the first rule asks.
    requests: OnceLock<Arc<Requests>>,
    callers: OnceLock<Callers>,
    relations: OnceLock<Arc<Relations>>,
    lists: OnceLock<Arc<Lists>>,
    per_item: OnceLock<Arc<FxHashMap<GlobalDef, PerItem>>>,
    /// What knowledge says of what files call.
    said: said::Said,
    /// What was found out before the last edit.
    memo: Option<&'a Memo>,
}

impl<'a> Context<'a> {
    /// What checks ask, with nothing worked out yet.
    pub fn new(
        program: &'a Program<'a>,
        summaries: &'a Summaries,
        settings: &'a Settings,
        rules: &'a [Rule],
        texts: &'a [(Arc<str>, Arc<str>)],
        secrets: &'a OnceLock<Secrets>,
    ) -> Context<'a> {
        Context {
            program,
            summaries,
            settings,
            rules,
            texts,
            secrets,
            requests: OnceLock::new(),
            callers: OnceLock::new(),
            relations: OnceLock::new(),
            lists: OnceLock::new(),
            per_item: OnceLock::new(),
            said: said::Said::default(),
            memo: None,
        }
    }

    /// The same, with what was found out before: rules look again where something has changed since.
    #[must_use]
    pub fn remembering(self, memo: Option<&'a Memo>) -> Context<'a> {
        Context { memo, ..self }
    }

    /// The calls of each function.
    fn callers(&self) -> &Callers {
        self.callers.get_or_init(|| trace::unnoted(|| Callers::of(self.program)))
    }

    /// The relations of the project's models.
    fn relations(&self) -> &Arc<Relations> {
        trace::note(Part::Files);
        self.relations.get_or_init(|| trace::unnoted(|| Arc::new(Relations::of(self))))
    }

    /// Where classes stand for many objects.
    fn lists(&self) -> &Arc<Lists> {
        trace::note(Part::Files);
        self.lists.get_or_init(|| trace::unnoted(|| Arc::new(Lists::of(self))))
    }

    /// The methods that run once per object.
    fn per_item(&self) -> &Arc<FxHashMap<GlobalDef, PerItem>> {
        trace::note(Part::Files);
        self.per_item.get_or_init(|| trace::unnoted(|| Arc::new(per_item::per_item(self))))
    }

    fn requests(&self) -> &Requests {
        // Whoever makes it looks at everything, and others at what he made.
        trace::note(Part::Files);
        self.requests.get_or_init(|| trace::unnoted(|| self.kept("requests", |context| Requests::of(context, &context.program.nestings))))
    }
}

/// A rule's code.
pub type Check = fn(&Context) -> Vec<Finding>;

/// The rules that ask [`Program::call_graph`], which is made only for them.
pub const ASK_CALL_GRAPH: &[&str] = &["orphan-module"];

/// The rules that ask how data flows. All others can run before that is known, with the other half of the summaries.
pub const ASK_FLOWS: &[&str] = &["query", "sql-injection"];

pub use sql_injection::texts as sql_texts;

/// Rule id → code, in order of id.
pub const ANALYSES: &[(&str, Check)] = &[
    ("blocking-call-in-async", blocking_call_in_async::check),
    ("business-logic-in-handler", business_logic_in_handler::check),
    ("connection-per-request", connection_per_request::check),
    ("contract", contract::check),
    ("data-access-in-handler", data_access_in_handler::check),
    ("data-access-in-service", data_access_in_service::check),
    ("dbml-drift", dbml_drift::check),
    ("duplicate-code", duplicate_code::check),
    ("error-detail-leak", error_detail_leak::check),
    ("file-too-long", file_too_long::check),
    ("function-too-long", function_too_long::check),
    ("generic-exception", generic_exception::check),
    ("hardcoded-backing-service", hardcoded_backing_service::check),
    ("hardcoded-secret", hardcoded_secret::check),
    ("http-in-service", http_in_service::check),
    ("import-cycle", import_cycle::check),
    ("insecure-random-token", insecure_random_token::check),
    ("irreversible-migration", irreversible_migration::check),
    ("layer-skip", layers::skips),
    ("layer-violation", layers::violations),
    ("lazy-load-in-loop", lazy_load_in_loop::check),
    ("missing-authorization", missing_authorization::check),
    ("missing-dependency-injection", missing_dependency_injection::check),
    ("missing-input-validation", missing_input_validation::check),
    ("missing-rate-limit", missing_rate_limit::check),
    ("missing-timeout", missing_timeout::check),
    ("missing-transaction", missing_transaction::check),
    ("missing-type-annotation", missing_type_annotation::check),
    ("n-plus-one", n_plus_one::check),
    ("naming-convention", naming_convention::check),
    ("openapi-drift", openapi_drift::check),
    ("orphan-module", orphan_module::check),
    ("pass-through-service", pass_through_service::check),
    ("sensitive-data-in-log", sensitive_data_in_log::check),
    ("shared-session", shared_session::check),
    ("side-effect-in-repository", side_effect_in_repository::check),
    ("sql-injection", sql_injection::check),
    ("stateful-service", stateful_service::check),
    ("swallowed-error", swallowed_error::check),
    ("unbounded-query", unbounded_query::check),
    ("unbounded-retry", unbounded_retry::check),
    ("weak-password-hash", weak_password_hash::check),
];

/// Rules that point to the beginning of long code by its length in bytes.
pub const CUT_PLACES: &[&str] = &[swallowed_error::RULE, unbounded_retry::RULE];

/// True when two states of a file that differ in places alone are the same to whoever measures distances or asks where comments stand.
pub fn is_laid_out_alike(before: &FileFacts, now: &FileFacts) -> bool {
    swallowed_error::explained(before) == swallowed_error::explained(now)
        && irreversible_migration::explained(before) == irreversible_migration::explained(now)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{ASK_CALL_GRAPH, ASK_FLOWS};

    /// Every file below `folder` with its text, but this one.
    fn sources(folder: &Path, out: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, out);
            } else if path.file_name().unwrap() != "mod.rs" || path.parent().unwrap().file_name().unwrap() != "check" {
                let rule = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/check")).unwrap();
                let rule = rule.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").replace('_', "-");
                out.push((rule, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }

    #[test]
    fn whoever_asks_for_what_is_made_late_is_listed() {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/check"), &mut files);
        let asking = |words: &[&str]| {
            let mut rules: Vec<&str> =
                files.iter().filter(|(_, text)| words.iter().any(|word| text.contains(word))).map(|(rule, _)| rule.as_str()).collect();
            rules.sort_unstable();
            rules.dedup();
            rules
        };
        assert_eq!(asking(&[".call_graph"]), ASK_CALL_GRAPH);
        let words = ["summary.flows", "result_source", "param_to_result", "param_sinks"];
        assert_eq!(asking(&words), ASK_FLOWS);
        // Whether a function has a summary at all may depend on whether flow has looked at it.
        for word in ["summaries.of(id).is_none_or", "summaries.of(id).is_none()", "summaries.of(function).is_none_or"] {
            assert_eq!(asking(&[word]), Vec::<&str>::new(), "{word}");
        }
    }
}
