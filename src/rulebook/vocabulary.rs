//! Words and names as data: `rules/words.toml`, what projects call things, and `rules/names.toml`, what libraries call them. Both files say what each list
//! means.
//!
//! Stages ask for meanings: whether a name speaks of an audit log, not whether it is `audit`. Which lists there are stands here as well as in the
//! files, so that neither can have one that the other does not know.

use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::LoadError;
use crate::model::words::any_word;

/// Words of one meaning.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Words {
    /// In order.
    all: Vec<String>,
    /// The [bits](bit) of all of them: most words that are asked for are none of these, and one look says so.
    bits: u64,
}

/// One of 64, by the first letter and the length.
fn bit(word: &str) -> u64 {
    let first = word.as_bytes().first().copied().unwrap_or_default();
    1 << ((usize::from(first) + 7 * word.len()) % 64)
}

impl Words {
    /// One of them, as a whole.
    pub fn has(&self, word: impl AsRef<str>) -> bool {
        let word = word.as_ref();
        self.bits & bit(word) != 0 && self.all.binary_search_by(|own| own.as_str().cmp(word)).is_ok()
    }

    /// A word of a name, whatever its case style, is one of them: `kept_auditLog`.
    pub fn in_name(&self, name: &str) -> bool {
        any_word(name, |word| self.has(word))
    }

    /// A text starts with one of them.
    pub fn starts(&self, text: &str) -> bool {
        self.any(|own| text.starts_with(own))
    }

    /// A text ends with one of them.
    pub fn ends(&self, text: &str) -> bool {
        self.any(|own| text.ends_with(own))
    }

    /// A text has one of them in it.
    pub fn within(&self, text: &str) -> bool {
        self.any(|own| text.contains(own))
    }

    /// One of them is wanted.
    pub fn any(&self, wanted: impl FnMut(&str) -> bool) -> bool {
        self.all.iter().map(String::as_str).any(wanted)
    }
}

impl TryFrom<Vec<String>> for Words {
    type Error = String;

    fn try_from(mut words: Vec<String>) -> Result<Words, String> {
        if words.is_empty() {
            return Err("a list without words says nothing".to_string());
        }
        words.sort_unstable();
        match words.windows(2).find(|two| two[0] == two[1]) {
            Some(two) => Err(format!("`{}` stands twice", two[0])),
            None => Ok(Words { bits: words.iter().fold(0, |bits, word| bits | bit(word)), all: words }),
        }
    }
}

/// A file of lists: sections, and the lists of each.
macro_rules! lists {
    ($(#[$doc:meta])* $file:ident { $($section:ident: $kind:ident { $($list:ident),* $(,)? })* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $file {
            $(pub $section: $kind,)*
        }

        $(
            /// A section of the file.
            #[derive(Clone, Debug, Default, Deserialize)]
            #[serde(deny_unknown_fields, rename_all = "kebab-case")]
            pub struct $kind {
                $(pub $list: Words,)*
            }
        )*
    };
}

lists! {
    /// The words of `rules/words.toml`, by meaning.
    Vocabulary {
        audience: Audience { administrators, for_show, few, samples, tools, commands, run_alone, by_hand, speaking_files, speaking_folders, beside, without_services, for_development, made_samples, copied, suffixes_of_layers }
        records: Records { confirmations, sending, mail, kept, settings, before_whom }
        writes: Writes { times, made_up, makers, made, sessions, of_sessions, tokens, asked_again, sent, removing, adding, reading, requiring, admitting, admissions, repeatable, tried_first, handles, held, parts_of_requests, keys, looked_up_by, looking_up, structural, emptying, filling, counting, transactions, transaction_handles, changing, open_states }
        jobs: Jobs { changes, folders, files, decorators, schedulers, hands_over, before_verbs, carriers, many }
        http: Http { guards, requests, suffixes_below, files_below, folders_of_routes, folders_below, folders_of_errors, files_of_errors, logging_in, keeping, kept, controllers }
        browsers: Browsers { folders, components, sources, state_packages, state, state_calls, serving, doing, serving_packages, server_packages }
        answers: Answers { streaming }
        statics: Statics { stand_ins }
        grounds: Grounds { tests, pipelines, tools, pipeline_folders, development, certificates, assets, demonstrations, stand_ins, accounts, settings, local_settings }
        logs: Logs { codes, code_makers, code_kinds, addresses, stores, owners_of_stores, settings, wrappers, harmless, handed_out, of_people, of_text, shows_made, credentials, passwords, hashed, refusals, raw_bodies, personal }
        secrets: Secrets { harmless, passwords, hiding, tails, not_before, advice, of_stores }
        errors: Errors { errors, sending, for_developers, names, judging, hiding, tries, probes, asks, cleanup, keeping, keeping_elsewhere, not_kept }
        queries: Queries { handles, usually_on, usually_off, deletions, askers, whole, paging, endings, lookup_tables, growing_lookups, choice_keys, choice_texts, adds_rows, holders, writing_files }
        probes: Probes { beside, itself, paths }
        access: Access { open, often, limits, limiters, no_guards, guards, states, clients, roles, demands, keys, of_keys, asking, owners, verifying, signatures, no_checks, checking, checked, public, skipping, signing_up }
        randomness: Randomness { neutral, makers, harmless, secrets, many, codes, keys, looked_up, documents, games }
        handlers: Handlers { permissions, paging_or_time, measurements, transactions, bodies, converting, limits_of_rows, of_pages }
        requests: Requests { sockets, environments, coordination, caches, asked, readers, builders }
        hashes: Hashes { cheap_where, something_else, helpers, hashing, digests, second, neutral, kept, keepers, not_of_rows, before, keeping, requests, lists_of_accounts, accounts, account_names, rows, not_rows, inputs }
        inputs: Inputs { validators, not_input, schemas, checks, decorators, requests, valid }
        routes: Routes { folders, words, names }
        layers: Layers { inner, settings, opens, handles, structures }
        attempts: Attempts { words, functions, signs_in, providers, tokens, verifying, codes, secrets }
        documents: Documents { samples, aside, first_parts }
        connections: Connections { set_up, addresses, putting }
        loops: Loops { batches, attempts, schemas, settings, failures, pages, queueing, for_many, short_tables, short_lists, readers, incoming }
        sql: Sql { given_by_callers, holders, catalogues }
        placeholders: Placeholders { whole, starts, inside, acronyms, samples, folders, translations, usual, usual_for_curl, tokens, arguments, functions }
        texts: Texts { assertions, open, not_for_production, explanations }
        examples: Examples { hosts, services, service_names, said_by, said_under, origins, defaults, schemas }
        lifetimes: Lifetimes { start_up, around, hooks }
        objects: Objects { exempt, requests, routers }
        accounts: Accounts { makers, connections, not_keeping, issuers, for_tests }
    }
}

lists! {
    /// The names of `rules/names.toml`, by meaning.
    Names {
        packages: PackagesNames { wasm, hooks, functional, lock_files, of_http, local }
        waits: WaitsNames { limits, after_response, tasks, best_effort, queues, jobs, threads, thread_servers, lifespan, comes_in, requests, listeners, awaits }
        logging: LoggingNames { levels, macros, loggers, makers, factories, of_errors, of_handlers, debugging, prints, chains }
        errors: ErrorsNames { broad, whatever, decorators, wrapping, wrapped, of_items, registers, asks, texts, conversions, general }
        statuses: StatusesNames { client_codes, phrases, fine, server, client, limited, refuses, refusals }
        answers: AnswersNames { calls, to_providers, objects, sets_status, status, parameters, contexts, requests, references, of_python, pages, of_rust, values_of_rust, parts, parts_by }
        orm: OrmNames { relations, gives_values, by_key, takes_conditions, lookups, narrows_rows, operators, relation_writes, bulk, saves, creates, loaders, includes, options, locks, session_changes, waiting_sessions, pagers, page_rows, row_keys, unsaved, checks, groups, reads, spaces, tables, ends, presentation, cleanup, narrows, asked_with, schema_tables, opens, sinks, loose_sinks, registries, holds_registry, loaded_with, gives_one, starts_at_one, groups_by, aggregates }
        validation: ValidationNames { calls, decorators, looks, bodies, reads, markers, parsers, tries, parses, closes, opens }
        loading: LoadingNames { by_name, memos, caches }
        settings: SettingsNames { getters, readers, shown }
        marshalling: MarshallingNames { decorators, dumps, fields, left_out }
        once: OnceNames { calls, middlewares }
        statics: StaticsNames { changes, locks, collections, of_process, extractors, collection_changes, row_changes, views }
        hashing: HashingNames { weak_hashers, fast, encodings, queries, formats, public_keys, public_labels, weak_schemes, compares, row_writes, row_hooks }
        randomness: RandomnessNames { strong }
        texts: TextsNames { makers, local_databases, hides, conversions, forms, getters, questions, starts }
        guards: GuardsNames { attributes, throttles, global, global_limits, registers, public, layers, calls, applications, contexts, clients, describes }
        types: TypesNames { enums, values, described, shared, data, fields, numbers, safe, safe_columns, descriptions }
        failures: FailuresNames { server_errors, client_errors, server_constants, client_constants }
        batches: BatchesNames { direct, cache_writes }
        routers: RoutersNames { calls, makers, sockets, messages }
        schemes: SchemesNames { weak }
        statements: StatementsNames { given, sql, no_models }
        databases: DatabasesNames { postgres, mysql, sqlite }
    }
}

static VOCABULARY: LazyLock<Read<Vocabulary>> = LazyLock::new(|| read(WORDS));
static NAMES: LazyLock<Read<Names>> = LazyLock::new(|| read(API_NAMES));

/// A file of ours and what it says.
type File = (&'static str, &'static str);

const WORDS: File = ("rules/words.toml", include_str!("../../rules/words.toml"));
const API_NAMES: File = ("rules/names.toml", include_str!("../../rules/names.toml"));

/// The lists of a file, all empty where it is broken, and what is wrong with it then.
type Read<T> = (T, Option<LoadError>);

fn read<T: Default + DeserializeOwned>((file, text): File) -> Read<T> {
    match toml::from_str(text) {
        Ok(lists) => (lists, None),
        Err(error) => (T::default(), Some(LoadError::of_toml(file, text, 0, &error))),
    }
}

/// What projects call things.
pub fn vocabulary() -> &'static Vocabulary {
    &VOCABULARY.0
}

/// What libraries call them.
pub fn api_names() -> &'static Names {
    &NAMES.0
}

/// What is wrong with the two files.
pub(super) fn mistakes() -> impl Iterator<Item = LoadError> {
    VOCABULARY.1.iter().chain(&NAMES.1).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_read() {
        assert_eq!(mistakes().map(|error| error.to_string()).collect::<Vec<_>>(), [""; 0]);
        let words = vocabulary();
        assert!(words.records.kept.has("audit") && !words.records.kept.has("Audit") && !words.records.kept.has("order"));
        assert!(words.records.kept.in_name("orderAuditLog") && !words.records.kept.in_name("orderAuditor"));
        assert!(words.writes.emptying.starts("deleteAll") && !words.writes.emptying.starts("undelete"));
        let names = api_names();
        assert!(
            names.packages.wasm.has("leptos")
                && names.orm.tables.ends("myapp_alembicversion")
                && names.waits.threads.within("run_in_executor_now")
        );
    }

    #[test]
    fn a_broken_file_is_told_with_its_line() {
        let (lists, mistake) = read::<Audience>(("rules/words.toml", "administrators = [\"admin\"]\nadmins = [\"a\"]\n"));
        assert!(!lists.administrators.has("admin"), "nothing of it counts");
        let told = mistake.map(|mistake| mistake.to_string()).unwrap_or_default();
        assert!(told.starts_with("rules/words.toml:2: ") && told.contains("`admins`"), "{told}");
    }

    #[test]
    fn mistakes_in_a_list_are_told() {
        let read = |text: &str| toml::from_str::<Audience>(text).map(|_| ()).map_err(|error| error.to_string());
        let right = "administrators = [\"admin\"]\n";
        assert!(read(right).is_err_and(|error| error.contains("missing field")), "a list is missing");
        assert!(read(&format!("{right}admins = [\"a\"]")).is_err_and(|error| error.contains("unknown field `admins`")));
        assert!(read("administrators = []").is_err_and(|error| error.contains("says nothing")));
        assert!(read("administrators = [\"a\", \"b\", \"a\"]").is_err_and(|error| error.contains("`a` stands twice")));
    }
}
