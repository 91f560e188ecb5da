//! The command line: arguments to engine calls, outcomes to exit codes. One file per subcommand.
//!
//! Exit status: 0 clean, 1 findings at or above `--fail-on`, 2 no trustworthy result (wrong usage, wrong configuration, an error of ours). A reader that
//! closes the pipe has what it wanted, so that is success. Standard output carries the report and nothing else.

mod ask;
mod baseline;
mod cache;
mod changes;
mod check;
mod completions;
mod dump;
mod explain;
mod fix;
mod git;
mod graph;
mod init;
mod lsp;
mod man;
mod new;
mod outputs;
mod picture;
mod prove;
mod roles;
mod routes;
mod rules;
mod schema;
mod stack;
mod target;
mod terminal;
mod test;
mod timings;
mod watch;
mod why;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::config::ConfigError;
use crate::engine::Engine;
use crate::model::contract::Date;
use crate::model::finding::Level;
use crate::report::Sources;
use crate::report::errors::{self, Mistake};

/// Checks the architecture of backend code in Python, TypeScript/JavaScript and Rust.
#[derive(Debug, Parser)]
#[command(name = "archcheck", version, args_conflicts_with_subcommands = true, disable_help_subcommand = true, max_term_width = 110)]
#[command(after_help = "Exit status: 0 clean, 1 findings, 2 no trustworthy result.")]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: check::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Analyse files and folders; what `archcheck` does without a command.
    Check(check::Arguments),
    /// Accept the findings there are now: later runs report new ones only.
    Baseline(baseline::Arguments),
    /// Show the technology stack of each package, with the evidence.
    Stack(stack::Arguments),
    /// Show the role of each file and definition, with the evidence.
    Roles(roles::Arguments),
    /// List every route: method, full path, handler, what stands before it, and where it is registered.
    Routes(routes::Arguments),
    /// Show who imports whom or who calls whom.
    Graph(graph::Arguments),
    /// Draw the architecture as one HTML page: parts by layer, opened down to files and lines, violations red.
    Picture(picture::Arguments),
    /// Show how one thing depends on another: the shortest chain of imports or calls.
    Why(why::Arguments),
    /// Say what a file is, what it may and must not import, and which rules look at it.
    Ask(ask::Ask),
    /// Write the architecture as a short Markdown text, for an AGENTS.md.
    Context(ask::Context),
    /// List the rules.
    Rules(rules::Arguments),
    /// Explain a rule: what it holds, why, and how to mend what it finds.
    Explain(explain::Arguments),
    /// Write a first `archcheck.toml` that fits the code as it is, and a baseline for the debt there is.
    Init(init::Arguments),
    /// Show for each line of the contract that it can fail: with an edge that breaks it.
    Prove(prove::Arguments),
    /// Print the JSON Schema of `archcheck.toml`, for editors.
    Schema(schema::Arguments),
    /// Write a new rule of the project's own.
    New(new::Arguments),
    /// Run the examples of the project's own rules.
    Test(test::Arguments),
    /// Analyse a part of the files, for a run elsewhere that takes them all (`--facts`).
    Facts(cache::Facts),
    /// Print what a stage of the analysis saw.
    Dump(dump::Arguments),
    /// Serve an editor: the language server, on standard input and output.
    Lsp(lsp::Arguments),
    /// Print a completion script for a shell.
    Completions(completions::Arguments),
    /// Print the manual page, or write the pages of all commands.
    Man(man::Arguments),
}

/// The language server, given the day it is and the folder with the rules' pages; the answer is whether the client took its leave.
pub type Serve = fn(fn() -> Date, Option<PathBuf>) -> Result<bool, String>;

/// Runs the command line of this process. `serve` is the language server, which the command line does not know.
pub fn main(serve: Serve) -> ExitCode {
    let arguments = CommandLine::parse();
    match run(arguments, serve) {
        Ok(code) => code,
        Err(error) => {
            if let Some(usage) = error.downcast_ref::<UsageError>() {
                return usage.print();
            }
            let broken_pipe =
                error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|io| io.kind() == io::ErrorKind::BrokenPipe);
            if broken_pipe {
                return ExitCode::SUCCESS;
            }
            UsageError::new(format!("{error:#}")).print()
        }
    }
}

fn run(arguments: CommandLine, serve: Serve) -> anyhow::Result<ExitCode> {
    match arguments.command {
        None => check::run(arguments.check),
        Some(Command::Check(arguments)) => check::run(arguments),
        Some(Command::Baseline(arguments)) => baseline::run(arguments),
        Some(Command::Stack(arguments)) => stack::run(arguments),
        Some(Command::Roles(arguments)) => roles::run(arguments),
        Some(Command::Routes(arguments)) => routes::run(arguments),
        Some(Command::Graph(arguments)) => graph::run(arguments),
        Some(Command::Picture(arguments)) => picture::run(arguments),
        Some(Command::Why(arguments)) => why::run(arguments),
        Some(Command::Ask(arguments)) => ask::ask(arguments),
        Some(Command::Context(arguments)) => ask::context(arguments),
        Some(Command::Rules(arguments)) => rules::run(arguments),
        Some(Command::Explain(arguments)) => explain::run(arguments),
        Some(Command::Init(arguments)) => init::run(arguments),
        Some(Command::Schema(arguments)) => schema::run(arguments),
        Some(Command::Prove(arguments)) => prove::run(arguments),
        Some(Command::New(arguments)) => new::run(arguments),
        Some(Command::Test(arguments)) => test::run(arguments),
        Some(Command::Facts(arguments)) => cache::facts(arguments),
        Some(Command::Dump(arguments)) => dump::run(arguments),
        Some(Command::Lsp(arguments)) => lsp::run(arguments, serve),
        Some(Command::Completions(arguments)) => completions::run(arguments),
        Some(Command::Man(arguments)) => man::run(arguments),
    }
}

/// A mistake on the command line, in words that teach.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct UsageError {
    message: String,
    help: Option<String>,
}

impl UsageError {
    fn new(message: impl Into<String>) -> UsageError {
        UsageError { message: message.into(), help: None }
    }

    fn help(self, help: impl Into<String>) -> UsageError {
        UsageError { help: Some(help.into()), ..self }
    }

    fn print(&self) -> ExitCode {
        let mistake =
            Mistake { level: Level::Error, title: self.message.clone(), place: None, label: String::new(), help: self.help.clone() };
        draw(&[mistake], &NoSources);
        ExitCode::from(2)
    }
}

/// "unknown rule `x`", with the one that was meant or the way to the list.
fn unknown_rule<'a>(word: &str, what: &str, known: impl IntoIterator<Item = &'a str>) -> UsageError {
    let near = crate::config::did_you_mean(word, known);
    let help =
        near.map_or_else(|| "`archcheck rules` lists the rules and their categories".to_string(), |near| format!("did you mean `{near}`?"));
    UsageError::new(format!("unknown {what} `{word}`")).help(help)
}

/// What a run ends with whose configuration has mistakes, which it draws; `None` when there are none.
fn refused(engine: &Engine) -> Option<ExitCode> {
    let errors = engine.config_errors();
    draw_config_errors(errors);
    (!errors.is_empty()).then(|| ExitCode::from(2))
}

/// Draws the mistakes in a configuration file on standard error.
fn draw_config_errors(errors: &[ConfigError]) {
    for error in errors {
        let place = error.span.map(|span| (error.path.clone(), span));
        let mistake =
            Mistake { level: Level::Error, title: error.message.clone(), place, label: error.label.clone(), help: error.help.clone() };
        draw(&[mistake], &OneText { path: error.path.clone(), text: error.text.clone() });
    }
}

fn draw(mistakes: &[Mistake], sources: &dyn Sources) {
    let color = terminal::color(terminal::Color::Auto, terminal::Stream::Stderr);
    let mut stderr = io::stderr().lock();
    for mistake in mistakes {
        // When standard error is gone there is nobody left to tell.
        let _ = errors::draw(mistake, sources, color, &mut stderr);
    }
    let _ = stderr.flush();
}

struct NoSources;

impl Sources for NoSources {
    fn text(&self, _path: &str) -> Option<Arc<str>> {
        None
    }
}

struct OneText {
    path: Arc<str>,
    text: Arc<str>,
}

impl Sources for OneText {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        (*self.path == *path && !self.text.is_empty()).then(|| self.text.clone())
    }
}
