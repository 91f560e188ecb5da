//! The scan of one source file's facts: every literal against the formats, every bound or passed literal against names and positions.

mod calls;
mod connections;
mod literals;
mod values;

use std::cell::OnceCell;

use super::{SecretHit, SecretKind, generic, shown};
use crate::model::body::NodeKind;
use crate::model::facts::{DefFlags, FileFacts};
use crate::model::source::Span;
use crate::rulebook::vocabulary::vocabulary;
use values::{Scan, assigned, imports};

pub(super) fn scan(facts: &FileFacts) -> Vec<SecretHit> {
    let has_passwords = generic::may_hold_password(facts.names.joined());
    let scan = Scan { facts, assigned: assigned(facts), imports: imports(facts), discarded: OnceCell::new(), has_passwords };
    let mut hits = Vec::new();
    for id in facts.arena.ids() {
        scan.formats(id, &mut hits);
    }
    for id in facts.arena.ids() {
        if let NodeKind::Call { callee, .. } = facts.arena.kind(id) {
            scan.call(id, callee, &mut hits);
        }
    }
    for id in facts.arena.ids() {
        scan.binding(id, &mut hits);
        connections::settings(&scan, id, &mut hits);
    }
    scan.definitions(&mut hits);
    scan.exported_settings(&mut hits);
    if hits.is_empty() {
        return hits;
    }
    for hit in hits.iter_mut().filter(|hit| hit.kind == SecretKind::NamedLiteral) {
        if connections::is_in_address(&scan, &hit.name) {
            hit.kind = SecretKind::ConnectionSetting;
        }
    }
    let examples = shown::examples(facts);
    hits.retain(|hit| !examples.iter().any(|example| example.contains(hit.span)));
    let prose = shown::prose(facts);
    hits.retain(|hit| hit.provider || !prose.iter().any(|text| text.contains(hit.span)));
    hits.retain(|hit| hit.kind != SecretKind::Setting || !shown::is_described(facts, hit.span));
    let records = shown::records(facts, &hits);
    let refused = shown::Compared::of(facts);
    let is_catalogue = shown::is_catalogue(&hits);
    // `fn test() -> Config`: what tests are given, wherever it has to stand.
    let for_tests = |name: &str| vocabulary().accounts.for_tests.has(name);
    let tests: Vec<Span> =
        facts.defs.iter().filter(|def| def.flags.has(DefFlags::TEST) || for_tests(facts.text(def.name))).map(|def| def.span).collect();
    for hit in &mut hits {
        hit.in_test = tests.iter().any(|test| test.contains(hit.span));
        hit.sample |= hit.kind == SecretKind::NamedLiteral && records.binary_search(&hit.span.start).is_ok();
        hit.sample |= hit.kind == SecretKind::ProviderToken && is_catalogue;
        hit.for_development |= matches!(hit.kind, SecretKind::Fallback | SecretKind::Setting)
            && scan.text_at(hit.span).is_some_and(|text| refused.has(text))
            || hit.kind == SecretKind::LiteralPassword && shown::is_of_demo(facts, hit.span);
        hit.for_development |= !hit.provider && shown::is_refused_otherwise(facts, hit.span);
        hit.for_development |= hit.kind != SecretKind::Fallback && shown::asks_for_production(facts, hit.span);
    }
    super::without_repeats(hits)
}
