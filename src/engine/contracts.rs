//! What the engine does for contracts besides checking them: files of folders, mistakes that only the linked program shows, and proofs.

use std::sync::OnceLock;

use super::Engine;
use crate::check;
use crate::config::{self, Config, ConfigError};
use crate::draft::{self, Draft};
use crate::model::contract::ContractMistake;
use crate::model::finding::Finding;
use crate::model::rule::Settings;
use crate::model::summary::Summaries;

/// How often a draft is corrected.
const MOST_DRAFTS: usize = 4;

impl Engine {
    /// What the checks may ask of the configuration.
    pub(super) fn settings(&self) -> Settings {
        let settings = self.config.settings(&self.rulebook.rules, self.selection().profile);
        Settings { today: self.options.today, ..settings }
    }

    /// A mistake in a contract, as one of the file it stands in.
    pub(super) fn drawn(&self, mistake: &ContractMistake) -> ConfigError {
        let config = self.config.nested.iter().find(|nested| nested.path == mistake.path).unwrap_or(&self.config);
        config.error(mistake.span, mistake.message.clone(), mistake.label.clone(), mistake.help.clone())
    }

    /// Raises findings to the level that the file of their folder asks for.
    pub(super) fn raise(&self, findings: &mut [Finding]) {
        for finding in findings {
            let over = self.config.nested.iter().filter(|nested| nested.contract.judges(&finding.primary.location.path));
            let levels = over.filter_map(|nested| nested.levels.get(&*finding.rule)?.level);
            finding.level = levels.max().map_or(finding.level, |level| level.max(finding.level));
        }
    }

    /// Shows for each line of the contracts whether it can fail, with an edge that breaks it.
    pub fn prove(&self) -> Vec<check::contract::Proof> {
        let settings = self.settings();
        self.install(|engine| {
            engine.linked(|program| {
                let summaries = Summaries::default();
                let rules = &engine.rulebook.rules;
                let secrets = OnceLock::new();
                let context = check::Context::new(program, &summaries, &settings, rules, &engine.texts, &secrets);
                check::contract::prove(&context)
            })
        })
    }

    /// The files of folders. One that is wrong is told, and left out.
    pub(super) fn read_nested(&mut self) {
        let mut nested: Vec<Config> = Vec::new();
        for (path, text) in self.texts.iter().filter(|(path, _)| path.ends_with("/archcheck.toml")) {
            let holds = |config: &&Config| path.starts_with(&*config.contract.folder);
            let above: Vec<&Config> = std::iter::once(&self.config).chain(&nested).filter(holds).collect();
            match config::parse_nested(path, text, &above) {
                Ok(config) => {
                    self.config_errors.extend(config::check_nested_levels(&config, &self.config, &self.rulebook.rules));
                    nested.push(config);
                }
                Err(errors) => self.config_errors.extend(errors),
            }
        }
        self.config.nested = nested;
    }

    /// A contract that fits the code as it is, with its text; the engine goes on with it. A line that would be refused is left out: what is written can fail.
    pub fn draft(&mut self) -> (Draft, String) {
        let mut draft = self.install(|engine| engine.linked(draft::draft));
        for _ in 0..MOST_DRAFTS {
            let text = draft::render(&draft);
            self.adopt(&text);
            let refused = self.refused();
            let before = (draft.orders.len(), draft.rules.len());
            draft.orders.retain(|order| !refused.contains(&order.name));
            draft.rules.retain(|rule| !refused.contains(&rule.name));
            if before == (draft.orders.len(), draft.rules.len()) {
                return (draft, text);
            }
        }
        let text = draft::render(&draft);
        (draft, text)
    }

    /// Goes on with this configuration, which must leave out no files.
    fn adopt(&mut self, text: &str) {
        self.config_errors.clear();
        self.store = None;
        match config::parse("archcheck.toml", text) {
            Ok(config) => self.config = config,
            Err(errors) => self.config_errors = errors,
        }
        self.read_nested();
        let paths = self.project.files.iter().map(|file| &*file.path);
        self.config_errors.extend(config::check_parts(&self.config, paths));
        self.config_errors_read = self.config_errors.len();
    }

    /// The keys of the lines that nothing can break or that have another mistake.
    fn refused(&self) -> Vec<String> {
        let settings = self.settings();
        let mistakes = self.install(|engine| {
            engine.linked(|program| {
                let summaries = Summaries::default();
                let rules = &engine.rulebook.rules;
                let secrets = OnceLock::new();
                let context = check::Context::new(program, &summaries, &settings, rules, &engine.texts, &secrets);
                check::contract::mistakes(&context)
            })
        });
        let text = &self.config.text;
        let spans = mistakes.iter().map(|mistake| mistake.span).chain(self.config_errors.iter().filter_map(|error| error.span));
        let line = |at: usize| text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        spans
            .filter_map(|span| text.get(line(span.start as usize)..)?.split(['=', ' ']).next().map(|key| key.trim_matches('"').to_string()))
            .collect()
    }
}
