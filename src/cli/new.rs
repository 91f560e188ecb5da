//! `archcheck new rule ID`: a page of a rule of the project's own, to be filled in.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};

use super::UsageError;
use super::target::target;
use crate::config::own::FOLDER;
use crate::rulebook::Rulebook;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A rule: a page with its query and examples that `archcheck test` runs
    Rule {
        /// Small letters, digits and `-`
        #[arg(value_name = "ID")]
        id: String,
        /// The language of its query
        #[arg(long, value_name = "LANGUAGE", default_value = "python")]
        query: Language,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    Python,
    Typescript,
    Rust,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let What::Rule { id, query } = arguments.what;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(plain) {
        return Err(UsageError::new(format!("`{id}` is no rule id")).help("small letters, digits and `-`: `no-print-in-services`").into());
    }
    if Rulebook::built_in().rule(&id).is_some() {
        return Err(UsageError::new(format!("archcheck has a rule `{id}` already"))
            .help("set its level in `[levels]`, or its options in `[options]`; `archcheck explain` prints its page")
            .into());
    }
    let root = target(&[])?.root;
    let path = format!("{FOLDER}/rules/{id}.md");
    let file = root.join(&path);
    if file.exists() {
        return Err(UsageError::new(format!("`{path}` is there already")).into());
    }
    std::fs::create_dir_all(root.join(FOLDER).join("rules")).with_context(|| format!("cannot make the folder of `{path}`"))?;
    std::fs::write(&file, page(&id, query)).with_context(|| format!("cannot write `{path}`"))?;
    writeln!(io::stdout().lock(), "{path}: change the query and the examples, then run `archcheck test {id}`")?;
    Ok(ExitCode::SUCCESS)
}

fn page(id: &str, language: Language) -> String {
    let (name, query, bad, good) = match language {
        Language::Python => (
            "python",
            "((call function: (_) @callee) @finding\n  (#resolves-to? @callee \"time.sleep\")\n  (#role? @finding \"router\"))",
            format!(
                "```python app/api.py\nimport time\n\nfrom fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n@router.get(\"/slow\")\ndef slow():\n    time.sleep(1)  # expect: {id}\n```"
            ),
            "```python app/worker.py\nimport time\n\n\ndef wait():\n    time.sleep(1)\n```",
        ),
        Language::Typescript => (
            "typescript",
            "((call_expression function: (_) @callee) @finding\n  (#resolves-to? @callee \"fs.readFileSync\" \"node:fs.readFileSync\")\n  (#role? @finding \"router\"))",
            format!(
                "```typescript src/api.ts\nimport {{ Router }} from 'express';\nimport {{ readFileSync }} from 'fs';\n\nexport const router = Router();\n\nrouter.get('/terms', (req, res) => {{\n  res.send(readFileSync('terms.html')); // expect: {id}\n}});\n```"
            ),
            "```typescript src/build.ts\nimport { readFileSync } from 'fs';\n\nexport const terms = readFileSync('terms.html');\n```",
        ),
        Language::Rust => (
            "rust",
            "((call_expression function: (_) @callee) @finding\n  (#resolves-to? @callee \"std::thread::sleep\"))",
            format!(
                "```rust src/lib.rs\nuse std::thread::sleep;\nuse std::time::Duration;\n\npub fn slow() {{\n    sleep(Duration::from_secs(1)); // expect: {id}\n}}\n```"
            ),
            "```rust src/lib.rs\nfn sleep(seconds: u64) {}\n\npub fn quick() {\n    sleep(1);\n}\n```",
        ),
    };
    format!(
        "+++\nid = \"{id}\"\nkind = \"query\"\nlevel = \"warning\"\ntitle = \"What the rule holds, in one sentence\"\n\
         message = \"`{{callee}}` is called here.\"\n# Code that is left alone; this is the default:\n# not-in = [\"test\", \"migration\", \"script\", \"frontend\"]\n\n\
         [help]\ndefault = \"what to do instead\"\n+++\nWhy it matters, for who reads the finding.\n\n\
         ```query {name}\n{query}\n```\n\n## What is found\n{bad}\n\n## What is not\n{good}\n"
    )
}
