//! What holds of every run, whatever is analysed; `docs/architecture.md` names the tests here.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use archcheck::lower::lower;
use archcheck::model::source::{Language, SourceFile};
use proptest::prelude::*;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FORMATS: [&str; 9] = ["human", "concise", "json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown"];
const EXAMPLES: [&str; 3] = ["examples/python-shop", "examples/typescript-library", "examples/rust-clinic"];

/// Standard output of `archcheck` in `folder`, without colours.
fn run(folder: &Path, arguments: &[&str]) -> String {
    both(folder, arguments).0
}

/// Standard output and standard error.
fn both(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_archcheck"))
        .current_dir(folder)
        .args(arguments)
        .env("NO_COLOR", "1")
        .env("ARCHCHECK_NO_CACHE", "1") // No cache is left in the examples.
        .env_remove("FORCE_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("ARCHCHECK_FORMAT")
        .env_remove("GITHUB_ACTIONS")
        .env_remove("GITHUB_WORKSPACE")
        .env_remove("CI_PROJECT_DIR")
        .output()
        .unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn one_and_two_threads_write_the_same_bytes() {
    for example in EXAMPLES {
        for format in FORMATS {
            let runs =
                ["1", "2", "1", "2"].map(|jobs| run(Path::new(ROOT), &[example, "--format", format, "--statistics", "--jobs", jobs]));
            assert!(!runs[0].is_empty());
            assert!(runs.iter().all(|run| *run == runs[0]), "{example} {format}");
        }
    }
}

#[test]
fn no_absolute_path_is_written() {
    let root = Path::new(ROOT).canonicalize().unwrap();
    let home = root.parent().unwrap().to_string_lossy().to_string();
    for example in EXAMPLES {
        for format in FORMATS {
            let report = run(Path::new(ROOT), &[example, "--format", format, "--verbose"]);
            assert!(!report.contains(ROOT) && !report.contains(&*root.to_string_lossy()), "{example} {format}");
            assert!(home.len() < 2 || !report.contains(&format!("{home}/")), "{example} {format}");
        }
    }
}

#[test]
fn no_format_writes_a_secret_of_the_examples() {
    let secrets = ["f1c6a0b34e9d72586b1e0c9a7d3f8425", "books-are-for-reading-9", "an-apple-a-day-7"];
    for (example, secret) in EXAMPLES.into_iter().zip(secrets) {
        for format in FORMATS {
            let report = run(Path::new(ROOT), &[example, "--format", format, "--verbose"]);
            assert!(report.contains("hardcoded-secret"), "{example} {format}");
            assert!(!report.contains(secret), "{example} {format}");
        }
    }
}

#[test]
fn what_was_left_out_or_not_understood_is_told_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("app/broken.py", "def f(:\n    pass\n"),
        ("app/binary.py", "x = 1\0\0\0\n"),
        ("app/lost.py", "from .nowhere import thing\n"),
        ("vendor/a.min.js", "var a=1"),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    for format in FORMATS {
        // Two formats have no place for it: then it stands on standard error.
        let (report, told) = both(folder.path(), &["--format", format]);
        let report = if matches!(format, "gitlab" | "rdjson") { told } else { report };
        for word in ["binary", "syntax"] {
            assert!(report.to_lowercase().contains(word), "{format} does not tell `{word}`:\n{report}");
        }
    }
    let json: serde_json::Value = serde_json::from_str(&run(folder.path(), &["--format", "json"])).unwrap();
    assert_eq!(json["statistics"]["imports_unresolved"], 1);
}

#[test]
fn a_configuration_elsewhere_is_named_without_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("elsewhere.toml");
    fs::write(&config, "[layers]\nrequest = \"service > router\"\n").unwrap();
    let report = run(Path::new(ROOT), &[EXAMPLES[0], "--format", "sarif", "--select", "contract", "--config", &config.to_string_lossy()]);
    assert!(report.contains("elsewhere.toml"), "{report}");
    assert!(!report.contains(&*folder.path().to_string_lossy()), "{report}");
}

/// Pieces of real code in an order that makes no sense: deeper into the lowering than random bytes get.
fn rubbish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "def f(",
            "class A(B):",
            "\n    ",
            "\n",
            "async ",
            "await ",
            "lambda x: ",
            "f\"{",
            "}\"",
            "'''",
            "\"",
            "`${",
            "}`",
            "`",
            "{",
            "}",
            "(",
            ")",
            "[",
            "]",
            "<",
            ">",
            "=> ",
            "-> ",
            ":",
            "::",
            ";",
            ",",
            ".",
            "?.",
            "?",
            "!",
            "@",
            "#",
            "#[cfg(test)]",
            "import a",
            "from . import *",
            "import { a as b } from 'c'",
            "export * from './x'",
            "use a::{b, c::*};",
            "mod m;",
            "impl A for B ",
            "fn f<T>(x: &T) ",
            "let ",
            "const ",
            "if ",
            "else ",
            "for x in y ",
            "while ",
            "match ",
            "case ",
            "try ",
            "except* E as e:",
            "with a as b:",
            "return ",
            "yield ",
            "x = ",
            "x + y",
            "%",
            "format!(",
            "vec![",
            "json!({",
            "sql`",
            "<div>",
            "</div>",
            "<A {...b}/>",
            "/*",
            "*/",
            "//",
            "/x/g",
            "0x",
            "1e",
            "r#\"",
            "\"#",
            "\\",
            "\u{feff}",
            "\u{202e}",
            "\r\n",
            "\t",
            "\0",
        ])
        .prop_map(str::to_string),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lowering_never_fails(text in rubbish()) {
        let languages = [("a.py", Language::Python), ("a.ts", Language::TypeScript), ("a.tsx", Language::Tsx), ("a.js", Language::JavaScript), ("a.rs", Language::Rust)];
        for (path, language) in languages {
            let file = SourceFile { path: Arc::from(path), language, bytes: text.len() as u64 };
            let facts = lower(&file, &text);
            prop_assert!(!facts.defs.is_empty(), "every file has its module");
        }
    }
}
