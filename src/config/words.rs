//! Words of a contract that name nothing: an unknown part, a path or part without files, an exception from a rule that is not there.
//!
//! What is found here needs no more than the file and the paths of the repository; what only the linked program shows is `check/contract`.

use super::contract::{glob, part_globs};
use super::{Config, ConfigError, did_you_mean};
use crate::model::contract::{Ambient, Contract, Located, Part, PartForm, STANDARD, Word};
use crate::model::role::Role;

/// The words of layers, rules and exceptions that name no part.
pub(super) fn check_names(config: &Config) -> Vec<ConfigError> {
    let contract = &config.contract;
    let mut errors: Vec<ConfigError> = contract
        .mentions()
        .filter(|(word, _)| contract.word(&word.value) == Word::Unknown)
        .map(|(word, _)| unknown(config, word))
        .collect();
    for layers in &contract.layers {
        for member in layers.steps.iter().flat_map(|step| &step.members).filter(|_| layers.each.is_none()) {
            if !matches!(
                contract.word(&member.part.value),
                Word::Part(_) | Word::Role(_) | Word::Inside(..) | Word::Path(_) | Word::Unknown
            ) {
                let message = format!("`{}` has no place in an order", member.part.value);
                let help = "an order holds parts of the code; say it in a rule: `only shared/time may call clock`".to_string();
                errors.push(config.error(member.part.span, message, "no part of the code", Some(help)));
            }
        }
        errors.extend(layers.each.iter().filter_map(|each| not_an_each(config, each, "an order inside `each`")));
    }
    for mention in contract.rules.iter().flat_map(|rule| &rule.objects).filter(|mention| mention.other) {
        errors.extend(not_an_each(config, &mention.word, "`other`"));
    }
    for rule in &contract.rules {
        for subject in &rule.subjects {
            let is_outside = match contract.word(&subject.word.value) {
                Word::Part(part) => matches!(contract.parts[part].form, PartForm::Packages(_)),
                Word::Ambient(_) | Word::Standard => true,
                _ => false,
            };
            if is_outside {
                let message = format!("`{}` lies outside the project: no rule can be about what it does", subject.word.value);
                errors.push(config.error(subject.word.span, message, "not code of the project", None));
            }
        }
    }
    errors.extend(contract.exceptions.iter().filter_map(|exception| unknown_rule(config, &exception.rule)));
    errors.sort_by_key(|error| error.span);
    errors
}

fn unknown(config: &Config, word: &Located<String>) -> ConfigError {
    let name = &word.value;
    let known = config.contract.parts.iter().map(|part| part.name.value.as_str());
    let known = known.chain(Role::ALL.map(Role::name)).chain(Ambient::ALL.map(Ambient::name)).chain([STANDARD]);
    let help = did_you_mean(name, known)
        .map_or_else(|| format!("say what it is: `{name} = \"src/{name}/**\"` under `[parts]`"), |near| format!("did you mean `{near}`?"));
    config.error(word.span, format!("unknown part `{name}`"), "no part or role has this name", Some(help))
}

/// A word that must be a part with `each`, and is not.
fn not_an_each(config: &Config, word: &Located<String>, what: &str) -> Option<ConfigError> {
    let contract = &config.contract;
    let each = |part: &&Part| matches!(part.form, PartForm::Each { .. });
    let help = match did_you_mean(&word.value, contract.parts.iter().filter(each).map(|part| part.name.value.as_str())) {
        Some(near) if near != word.value => format!("did you mean `{near}`?"),
        _ => format!("write `{} = {{ each = \"src/{}s/{{name}}\" }}` under `[parts]`", word.value, word.value),
    };
    match contract.word(&word.value) {
        Word::Part(part) if each(&&contract.parts[part]) => None,
        Word::Part(_) => {
            let message = format!("{what} needs a part with `each`, and `{}` is one piece", word.value);
            Some(config.error(word.span, message, "one piece", Some(help)))
        }
        // Told as unknown already.
        Word::Unknown if what == "`other`" => None,
        _ => Some(config.error(word.span, format!("{what} needs a part with `each`"), "no such part", Some(help))),
    }
}

fn unknown_rule(config: &Config, rule: &Located<String>) -> Option<ConfigError> {
    let names: Vec<&str> = rule_names(&config.contract).collect();
    if names.contains(&rule.value.as_str()) {
        return None;
    }
    let help = match did_you_mean(&rule.value, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "there are no rules and no orders here".to_string(),
        None => format!("exceptions are for these: `{}`; a comment silences other rules", names.join("`, `")),
    };
    Some(config.error(rule.span, format!("an exception from `{}`, which is no rule here", rule.value), "no rule has this name", Some(help)))
}

/// The names that an exception may give: of rules, orders, and parts with a front door.
fn rule_names(contract: &Contract) -> impl Iterator<Item = &str> {
    let rules = contract.rules.iter().map(|rule| rule.name.value.as_str());
    let layers = contract.layers.iter().map(|layers| layers.name.value.as_str());
    let doors = contract.parts.iter().filter(|part| part.has_door()).map(|part| part.name.value.as_str());
    rules.chain(layers).chain(doors)
}

/// The parts that no file belongs to, and paths in sentences that lead nowhere: what is said of them can never fail. `paths` are the files of the
/// repository.
pub fn check_parts<'a>(config: &Config, paths: impl Iterator<Item = &'a str> + Clone) -> Vec<ConfigError> {
    let contract = &config.contract;
    let is_optional = |part: &Part| contract.mentions().any(|(mention, optional)| optional && mention.value == part.name.value);
    let in_expected_rule = |name: &str| {
        let rules = contract.rules.iter().filter(|rule| rule.terms.none_yet.is_some());
        rules.flat_map(|rule| rule.subjects.iter().chain(&rule.objects)).any(|mention| mention.word.value == name)
    };
    let mut errors = Vec::new();
    for part in contract.parts.iter().filter(|part| !part.inherited) {
        let globs = part_globs(&part.form);
        let matchers: Vec<_> = globs.iter().filter_map(|text| glob(text).ok()).map(|glob| glob.compile_matcher()).collect();
        let found = paths.clone().find(|path| matchers.iter().any(|matcher| matcher.is_match(path)));
        match found {
            Some(path) if part.none_yet && !matchers.is_empty() => {
                let message = format!("part `{}` is no longer empty: `{path}` belongs to it", part.name.value);
                let help = Some("take `expect = \"none-yet\"` away: from now on its rules judge code".to_string());
                errors.push(config.error(part.name.span, message, "expected to be empty", help));
            }
            None if !matchers.is_empty() && !part.none_yet && !is_optional(part) && !in_expected_rule(&part.name.value) => {
                let name = &part.name.value;
                let help = format!(
                    "correct its pattern, or write `{name}?` in an order if the project may lack it, or `expect = \"none-yet\"` if it is to come"
                );
                let message = format!("part `{name}` is empty: `{}` matches no source file", globs.join("`, `"));
                errors.push(config.error(part.name.span, message, "what is said of it can never fail", Some(help)));
            }
            _ => {}
        }
    }
    errors.sort_by_key(|error| error.span);
    errors
}
