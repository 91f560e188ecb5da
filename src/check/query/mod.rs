//! Rules written as queries: what matched in a file's syntax, judged by what the whole program says of the captures.
//!
//! Each predicate asks the linked program, not the text: where a name leads through imports and types, what role the code has, whether it runs in a
//! loop, what the function reaches through calls, where a value comes from. Matching itself was done while lowering.

mod guarded;
mod literals;
mod predicates;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use guarded::Guarded;

use super::Context;
use crate::config::PartGlobs;
use crate::model::body::NodeId;
use crate::model::facts::{DefId, DefKind};
use crate::model::finding::{Confidence, Finding, Label};
use crate::model::nesting::{Nesting, last_name};
use crate::model::query::{Capture, Pattern, QueryMatch, Test};
use crate::model::role::GlobalDef;
use crate::model::rule::Rule;
use crate::model::source::{FileId, Span};

/// Characters of a capture that a message shows.
const SHOWN: usize = 60;

/// One file with matches, and where its nodes are.
struct Place<'a> {
    context: &'a Context<'a>,
    file: FileId,
    nesting: &'a Nesting,
    nodes: FxHashMap<(u32, u32), Vec<NodeId>>,
    parts: &'a PartGlobs,
    imported: &'a Imported,
    guarded: &'a Guarded<'a>,
    rules: &'a FxHashMap<&'a str, &'a Rule>,
    /// Definitions around spans that were asked for: many rules match the same places.
    owners: RefCell<FxHashMap<Span, DefId>>,
}

/// What each file and each package imports from outside, by the first words of the specifiers.
struct Imported {
    files: Vec<Vec<String>>,
    packages: BTreeMap<Option<usize>, Vec<String>>,
    /// Last names of what the classes of each package extend.
    extended: BTreeMap<Option<usize>, BTreeSet<String>>,
}

/// Findings of every rule that is a query.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    if program.facts.iter().all(|facts| facts.matches.is_empty()) {
        return Vec::new();
    }
    let parts = PartGlobs::of(&context.settings.contract.parts);
    let imported = imported(context);
    let guarded = Guarded::new(context);
    let rules: FxHashMap<&str, &Rule> = context.rules.iter().map(|rule| (&*rule.id, rule)).collect();
    let mut findings = Vec::new();
    for (at, facts) in program.facts.iter().enumerate().filter(|(_, facts)| !facts.matches.is_empty()) {
        let mut nodes: FxHashMap<(u32, u32), Vec<NodeId>> = FxHashMap::default();
        for id in facts.arena.ids() {
            let span = facts.arena.span(id);
            nodes.entry((span.start, span.end)).or_default().push(id);
        }
        let file = FileId(at as u32);
        let (nesting, owners) = (program.nesting(file), RefCell::default());
        let place = Place { context, file, nesting, nodes, parts: &parts, imported: &imported, guarded: &guarded, rules: &rules, owners };
        findings.extend(facts.matches.iter().filter_map(|found| place.finding(found)));
    }
    findings
}

fn imported(context: &Context) -> Imported {
    let program = context.program;
    let mut files: Vec<Vec<String>> = vec![Vec::new(); program.facts.len()];
    for (facts, own) in program.facts.iter().zip(&mut files) {
        own.extend(facts.imports.iter().map(|import| facts.text(import.specifier).replace("::", ".")));
        own.sort();
        own.dedup();
    }
    let mut packages: BTreeMap<Option<usize>, Vec<String>> = BTreeMap::new();
    let mut extended: BTreeMap<Option<usize>, BTreeSet<String>> = BTreeMap::new();
    for (at, own) in files.iter().enumerate() {
        let package = program.project.package_of(program.path(FileId(at as u32)));
        packages.entry(package).or_default().extend(own.iter().cloned());
        let facts = &program.facts[at];
        let bases = facts.defs.iter().filter(|def| def.kind == DefKind::Class).flat_map(|def| &def.bases);
        extended.entry(package).or_default().extend(bases.filter_map(|&base| Some(facts.text(last_name(facts, base)?).to_string())));
    }
    for names in packages.values_mut() {
        names.sort();
        names.dedup();
    }
    Imported { files, packages, extended }
}

impl Place<'_> {
    fn finding(&self, found: &QueryMatch) -> Option<Finding> {
        let &rule = self.rules.get(&*found.rule)?;
        let family = self.context.program.file(self.file).language.family();
        let query = rule.queries.iter().find(|query| query.family == family)?;
        let pattern = query.patterns.get(found.pattern as usize)?;
        let primary = found.finding()?;
        let owner = self.owner(primary.span);
        let out = |role| self.context.program.is(owner, role);
        if rule.not_in.iter().any(|&role| out(role)) || !pattern.predicates.iter().all(|predicate| self.holds(predicate, found)) {
            return None;
        }
        Some(self.report(rule, pattern, found, primary, owner))
    }

    fn report(&self, rule: &Rule, pattern: &Pattern, found: &QueryMatch, primary: &Capture, owner: GlobalDef) -> Finding {
        let program = self.context.program;
        let message = pattern.message.as_deref().or(rule.message.as_deref()).unwrap_or(&rule.title);
        let help = pattern.help.as_ref().and_then(|key| rule.help.get(key)).or_else(|| rule.help.get("default"));
        let role = program.role(owner).map(|evidence| Label {
            location: program.location(self.file, program.def(owner).name_span),
            text: format!("in a {}", evidence.role.name()),
        });
        let asks_role = pattern.predicates.iter().any(|predicate| predicate.test == Test::Role && !predicate.negated);
        let resolved = pattern.predicates.iter().any(|predicate| predicate.test == Test::ResolvesTo && !predicate.negated);
        let package = program.project.package_of(program.path(self.file));
        let guard = pattern.unguarded_level.and_then(|_| self.guarded.of(package));
        let level = pattern.unguarded_level.filter(|_| guard.is_none()).or(pattern.level).unwrap_or(rule.level);
        let guard =
            guard.map(|evidence| Label { location: evidence.place, text: format!("routes ask who the client is: `{}`", evidence.what) });
        let related = found.captures.iter().filter(|capture| capture.name == "related");
        let related = related.map(|capture| Label { location: program.location(self.file, capture.span), text: "see here".to_string() });
        Finding {
            rule: rule.id.clone(),
            level,
            message: filled(message, found),
            primary: Label { location: program.location(self.file, primary.span), text: String::new() },
            related: related.chain(role.filter(|_| asks_role && owner.def != DefId::MODULE)).chain(guard).collect(),
            flow: Vec::new(),
            help: help.cloned(),
            subject: format!("{} {}", program.qualified_name(owner), shown(&primary.text)),
            fingerprint: String::new(),
            confidence: if resolved { Confidence::High } else { Confidence::Medium },
            redact: Vec::new(),
        }
    }

    /// The innermost definition around a span that has code of its own.
    fn owner(&self, span: Span) -> GlobalDef {
        let innermost = || {
            let facts = self.context.program.file(self.file);
            let holding = facts.definitions().filter(|(_, def)| def.span.contains(span));
            // Parents come before children, so the last one is the innermost.
            holding.map(|(id, _)| id).last().unwrap_or(DefId::MODULE)
        };
        let def = *self.owners.borrow_mut().entry(span).or_insert_with(innermost);
        GlobalDef { file: self.file, def }
    }
}

/// The message with `{capture}` replaced by what was captured.
fn filled(message: &str, found: &QueryMatch) -> String {
    let mut text = message.to_string();
    for capture in &found.captures {
        text = text.replace(&format!("{{{}}}", capture.name), &shown(&capture.text));
    }
    text
}

/// A piece of code on one line, cut where it is long.
fn shown(code: &str) -> String {
    let line = code.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
