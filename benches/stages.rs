//! The stages on a made-up repository of 10,000 lines: `cargo bench --bench stages`. Whole runs on real repositories: `benches/whole.py`.

#![allow(clippy::unwrap_used, reason = "a measurement may stop at what it did not expect")]

mod support;

use std::path::Path;
use std::sync::Arc;

use archcheck::engine::{Engine, Options};
use archcheck::lower;
use archcheck::model::source::{Language, SourceFile};
use divan::Bencher;
use divan::counter::BytesCount;

const LINES: usize = 10_000;

fn main() {
    divan::main();
}

/// Parses and lowers all files of one language, on one thread.
#[divan::bench(args = ["py", "ts", "rs"])]
fn lower(bencher: Bencher, language: &str) {
    let files: Vec<(SourceFile, String)> = support::repository(LINES)
        .into_iter()
        .filter(|(path, _)| path.rsplit_once('.').is_some_and(|(_, extension)| extension == language))
        .filter_map(|(path, text)| {
            let language = Language::of_path(&path)?;
            Some((SourceFile { path: Arc::from(path), language, bytes: text.len() as u64 }, text))
        })
        .collect();
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        for (file, text) in &files {
            divan::black_box(lower::lower(file, text));
        }
    });
}

/// Links, summarises, checks and triages from facts: what an editor waits for after a change.
#[divan::bench(args = [1, 2])]
fn check(bencher: Bencher, threads: usize) {
    let folder = written();
    let mut engine = Engine::open(folder.path(), options(threads)).0;
    bencher.bench_local(|| engine.check().reported.len());
}

/// A whole run.
#[divan::bench(args = [1, 2])]
fn whole(bencher: Bencher, threads: usize) {
    let folder = written();
    bencher.bench(|| Engine::open(folder.path(), options(threads)).0.check().reported.len());
}

fn options(threads: usize) -> Options {
    Options { jobs: threads, call_coverage: false, ..Options::default() }
}

fn written() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in support::repository(LINES) {
        let path: &Path = &folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}
