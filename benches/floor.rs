//! The floor: reads and parses the files of a folder with the grammars archcheck has, on as many threads, and does nothing else.
//! What archcheck takes beyond this is its own doing. `cargo bench --bench floor -- FOLDER THREADS`

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it speaks to whoever runs it")]

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use ignore::{WalkBuilder, WalkState};
use rayon::prelude::*;
use tree_sitter::{Language, Parser};

/// Larger files are left out by archcheck too.
const MAX_BYTES: u64 = 1 << 20;
const GRAMMARS: usize = 5;

thread_local! {
    static PARSERS: RefCell<[Option<Parser>; GRAMMARS]> = const { RefCell::new([const { None }; GRAMMARS]) };
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let Some(folder) = arguments.first() else {
        eprintln!("usage: floor FOLDER [THREADS]");
        return ExitCode::SUCCESS;
    };
    let threads = arguments.get(1).and_then(|threads| threads.parse().ok()).unwrap_or(0);
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(16 << 20).build() else { return ExitCode::FAILURE };
    let mut files = walk(Path::new(folder), threads);
    files.sort();
    let (bytes, lines, errors) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    pool.install(|| {
        files.par_iter().with_max_len(1).for_each(|(path, grammar)| {
            let Ok(text) = std::fs::read(path) else { return };
            bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
            lines.fetch_add(memchr::memchr_iter(b'\n', &text).count() as u64, Ordering::Relaxed);
            errors.fetch_add(u64::from(has_error(&text, *grammar)), Ordering::Relaxed);
        });
    });
    println!("{} files, {} lines, {} bytes, {} with errors", files.len(), lines.into_inner(), bytes.into_inner(), errors.into_inner());
    ExitCode::SUCCESS
}

fn has_error(text: &[u8], grammar: usize) -> bool {
    PARSERS.with_borrow_mut(|parsers| {
        let parser = parsers[grammar].get_or_insert_with(|| {
            let mut parser = Parser::new();
            // A grammar that does not fit the library shows as an error in every file.
            let _ = parser.set_language(&language(grammar));
            parser
        });
        parser.parse(text, None).is_none_or(|tree| tree.root_node().has_error())
    })
}

fn language(grammar: usize) -> Language {
    match grammar {
        0 => tree_sitter_python::LANGUAGE.into(),
        1 => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        2 => tree_sitter_typescript::LANGUAGE_TSX.into(),
        3 => tree_sitter_javascript::LANGUAGE.into(),
        _ => tree_sitter_rust::LANGUAGE.into(),
    }
}

fn grammar_of(path: &Path) -> Option<usize> {
    match path.extension()?.to_str()? {
        "py" | "pyi" => Some(0),
        "ts" | "mts" | "cts" => Some(1),
        "tsx" => Some(2),
        "js" | "mjs" | "cjs" | "jsx" => Some(3),
        "rs" => Some(4),
        _ => None,
    }
}

fn walk(folder: &Path, threads: usize) -> Vec<(PathBuf, usize)> {
    let found = Mutex::new(Vec::new());
    WalkBuilder::new(folder).threads(threads).require_git(false).build_parallel().run(|| {
        Box::new(|entry| {
            if let Ok(entry) = entry
                && entry.file_type().is_some_and(|kind| kind.is_file())
                && let Some(grammar) = grammar_of(entry.path())
                && entry.metadata().is_ok_and(|metadata| metadata.len() <= MAX_BYTES)
            {
                found.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((entry.into_path(), grammar));
            }
            WalkState::Continue
        })
    });
    found.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}
