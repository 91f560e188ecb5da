//! `archcheck rules`: the catalogue.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::draw_config_errors;
use super::target::target;
use crate::engine::add_own_rules;
use crate::model::rule::{Profile, Rule};
use crate::model::source::Family;
use crate::rulebook::{Rulebook, coverage};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// As JSON: the same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Text,
    Json,
    /// What `docs/rules.md` holds
    Markdown,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut book = Rulebook::built_in();
    draw_config_errors(&add_own_rules(&target(&[])?.root, &mut book));
    let mut rules: Vec<&Rule> = book.rules.iter().collect();
    rules.sort_by(|a, b| (&a.category, &a.id).cmp(&(&b.category, &b.id)));
    let mut out = io::stdout().lock();
    if arguments.format == Format::Markdown {
        out.write_all(markdown(&book, &rules).as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.json || arguments.format == Format::Json {
        let list: Vec<serde_json::Value> = rules.iter().map(|rule| as_json(&book, rule)).collect();
        serde_json::to_writer_pretty(&mut out, &list)?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut category = "";
    for rule in rules {
        if *rule.category != *category {
            let gap = if category.is_empty() { "" } else { "\n" };
            writeln!(out, "{gap}{}", rule.category)?;
            category = &rule.category;
        }
        let strict = if rule.profile == Profile::Strict { " (strict)" } else { "" };
        writeln!(out, "  {:<28} {:<8} {:<8} {}{strict}", rule.id, rule.level.name(), short(&coverage::languages(rule)), rule.title)?;
        let frameworks = coverage::frameworks(rule, &book.knowledge.frameworks);
        if !frameworks.is_empty() {
            writeln!(out, "  {:<28} {}", "", frameworks.join(" "))?;
        }
    }
    writeln!(
        out,
        "\npy, ts, rs, and the names below: the languages and frameworks of the examples in the rule's page (archcheck explain RULE), which run as tests"
    )?;
    Ok(ExitCode::SUCCESS)
}

/// `py ts rs`; `-` for a rule about other files.
fn short(families: &[Family]) -> String {
    let words: Vec<&str> = families
        .iter()
        .map(|family| match family {
            Family::Python => "py",
            Family::TypeScript => "ts",
            Family::Rust => "rs",
        })
        .collect();
    if words.is_empty() { "-".to_string() } else { words.join(" ") }
}

/// The catalogue as a page, one table for each category.
fn markdown(book: &Rulebook, rules: &[&Rule]) -> String {
    let mut text = String::from(
        "# Rules\n\nWritten by `archcheck rules --format markdown` from the rules' pages; `archcheck explain RULE` prints a page. A language or framework is named when the page has examples of it, and \
         every example runs as a test; a rule works with whatever else `rules/frameworks/` knows.\n",
    );
    let mut category = "";
    for rule in rules {
        if *rule.category != *category {
            category = &rule.category;
            text += &format!(
                "\n## {category}\n\n| rule | level | profile | languages | holds | frameworks in the examples |\n|---|---|---|---|---|---|\n"
            );
        }
        let profile = if rule.profile == Profile::Strict { "strict" } else { "default" };
        let languages: Vec<&str> = coverage::languages(rule).into_iter().map(Family::name).collect();
        let frameworks = coverage::frameworks(rule, &book.knowledge.frameworks).join(", ");
        let title = rule.title.replace('|', "\\|");
        text += &format!(
            "| [`{id}`](../rules/{category}/{id}.md) | {} | {profile} | {} | {title} | {frameworks} |\n",
            rule.level.name(),
            languages.join(", "),
            id = rule.id,
        );
    }
    text
}

fn as_json(book: &Rulebook, rule: &Rule) -> serde_json::Value {
    serde_json::json!({
        "id": &*rule.id,
        "category": &*rule.category,
        "level": rule.level,
        "profile": rule.profile,
        "precision": rule.precision,
        "title": rule.title,
        "tags": rule.tags,
        "languages": coverage::languages(rule),
        "frameworks": coverage::frameworks(rule, &book.knowledge.frameworks),
        "options": rule.options,
    })
}
