//! Credentials found in single files, kept from one run to the next: a scan depends on a file's facts, or on its path and text, and on this build alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::Engine;
use super::store::language_name;
use crate::cache::Key;
use crate::check::hardcoded_secret::{self, SecretHit, Secrets};
use crate::model::facts::FileFacts;

/// What earlier runs found, and by what this run asks for it.
#[derive(Default)]
pub(super) struct Found {
    known: FxHashMap<Key, Vec<SecretHit>>,
    /// Of every source file the hash of its text; empty where nothing is kept.
    hashes: Vec<Key>,
    /// Something was not known.
    grew: AtomicBool,
}

impl Found {
    /// What is kept for the files of an engine.
    pub(super) fn of(engine: &Engine) -> Found {
        let Some(store) = engine.store.as_ref().filter(|_| engine.hashes.len() == engine.facts.len()) else { return Found::default() };
        let kept: Option<Vec<(Key, Vec<SecretHit>)>> = store.found().and_then(|bytes| postcard::from_bytes(&bytes).ok());
        Found { known: kept.unwrap_or_default().into_iter().collect(), hashes: engine.hashes.clone(), grew: AtomicBool::new(false) }
    }

    /// What stands in the files: known, or found now.
    pub(super) fn secrets(&self, facts: &[Arc<FileFacts>], texts: &[(Arc<str>, Arc<str>)]) -> Secrets {
        let in_source = |(at, facts): (usize, &Arc<FileFacts>)| match self.source_key(at, facts) {
            Some(key) => self.known_or(key, || hardcoded_secret::scan_source(facts)),
            None => hardcoded_secret::scan_source(facts),
        };
        let in_text = |(path, text): &(Arc<str>, Arc<str>)| match self.text_key(path, text) {
            Some(key) => self.known_or(key, || hardcoded_secret::scan_text(path, text)),
            None => hardcoded_secret::scan_text(path, text),
        };
        let (sources, texts) =
            rayon::join(|| facts.par_iter().enumerate().map(in_source).collect(), || texts.par_iter().map(in_text).collect());
        Secrets { sources, texts }
    }

    /// All of it, to be kept; `None` when it is kept already.
    pub(super) fn to_keep(&self, secrets: &Secrets, facts: &[Arc<FileFacts>], texts: &[(Arc<str>, Arc<str>)]) -> Option<Vec<u8>> {
        if !self.grew.load(Ordering::Relaxed) {
            return None;
        }
        let sources = facts.iter().enumerate().filter_map(|(at, facts)| self.source_key(at, facts)).zip(&secrets.sources);
        let texts = texts.iter().filter_map(|(path, text)| self.text_key(path, text)).zip(&secrets.texts);
        let mut found: Vec<(Key, &Vec<SecretHit>)> = sources.chain(texts).collect();
        found.sort_by_key(|(key, _)| *key);
        found.dedup_by_key(|(key, _)| *key);
        postcard::to_allocvec(&found).ok()
    }

    fn known_or(&self, key: Key, scan: impl FnOnce() -> Vec<SecretHit>) -> Vec<SecretHit> {
        self.known.get(&key).cloned().unwrap_or_else(|| {
            self.grew.store(true, Ordering::Relaxed);
            scan()
        })
    }

    fn source_key(&self, at: usize, facts: &FileFacts) -> Option<Key> {
        let text = self.hashes.get(at)?;
        Some(Key::of(&[b"source", language_name(facts.language), &text.0]))
    }

    fn text_key(&self, path: &str, text: &str) -> Option<Key> {
        (!self.hashes.is_empty()).then(|| Key::of(&[b"text", path.as_bytes(), text.as_bytes()]))
    }
}
