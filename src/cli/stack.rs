//! `archcheck stack [PATH]`: the technology stack of each package, with the evidence.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::target::target;
use crate::engine::{Engine, Options};
use crate::model::stack::{PackageStack, StackEvidence, StackItem, StackKind};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The repository [default: the current folder]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let target = target(arguments.path.as_slice())?;
    let (engine, _) = Engine::open(&target.root, Options::default());
    let stacks = engine.stack();
    let mut out = io::stdout().lock();
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, &stacks)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", shown(&stacks))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(stacks: &[PackageStack]) -> String {
    let mut text = String::new();
    for stack in stacks {
        if !text.is_empty() {
            text.push('\n');
        }
        text += &package(stack);
    }
    if text.is_empty() {
        text.push_str("No source code found.\n");
    }
    text
}

fn package(stack: &PackageStack) -> String {
    let place = if stack.root.is_empty() { "." } else { &stack.root };
    let name = stack.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let mut text = format!("{place}{name}\n");
    let languages: Vec<String> = stack.languages.iter().map(|(family, files)| format!("{} ({files})", family.name())).collect();
    text += &format!("  {:<11} {}\n", "languages", if languages.is_empty() { "none".to_string() } else { languages.join(", ") });
    for kind in StackKind::ALL {
        for (at, item) in stack.items.iter().filter(|item| item.kind == kind).enumerate() {
            let heading = if at == 0 { kind.name() } else { "" };
            text += &format!("  {heading:<11} {:<22} {}\n", item.name, evidence(item));
        }
    }
    if stack.items.is_empty() {
        text += "  no known library: rules that need a stack stay silent here\n";
    }
    text
}

fn evidence(item: &StackItem) -> String {
    let one = |evidence: &StackEvidence| match evidence {
        StackEvidence::Manifest { path, dependency, .. } => format!("{path}: {dependency}"),
        StackEvidence::Imports { name, count: 1 } => format!("`{name}` imported once"),
        StackEvidence::Imports { name, count } => format!("`{name}` imported {count} times"),
        StackEvidence::Declared { path } => path.to_string(),
    };
    let mut shown: Vec<String> = item.evidence.iter().map(one).collect();
    shown.dedup(); // Declared for use and for development.
    shown.join(", ")
}
