//! `archcheck init [FOLDER]`: write a first `archcheck.toml` that fits the code as it is, and a baseline for the debt there is.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::target::{folder, today};
use super::terminal::Progress;
use super::{UsageError, refused};
use crate::config::{self, baseline};
use crate::engine::{Engine, Options};
use crate::report::{clean_line, plural};
use crate::triage;

/// The file that is written.
const FILE: &str = "archcheck.toml";

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The folder of the project
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// Print the file instead of writing it
    #[arg(long)]
    print: bool,
    /// Write no baseline
    #[arg(long)]
    no_baseline: bool,
    /// Threads [default: one per processor]
    #[arg(long, short, alias = "threads", value_name = "N", default_value_t = 0, hide_default_value = true)]
    jobs: usize,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let root = folder(&arguments.folder)?;
    let known = config::load(&root, None)
        .map_or_else(|errors| errors.first().map_or(String::new(), |error| error.path.to_string()), |config| config.path.to_string());
    if !known.is_empty() && !arguments.print {
        let wrong = UsageError::new(format!("there is a configuration already: `{known}`"));
        return Err(wrong.help("`archcheck init --print` prints what it would write").into());
    }
    let progress = Progress::start(false);
    let (mut engine, _) = Engine::open(&root, Options { jobs: arguments.jobs, today: Some(today()), ..Options::default() });
    let (draft, text) = engine.draft();
    drop(progress);
    let mut out = io::stdout().lock();
    if arguments.print {
        write!(out, "{text}")?;
        return Ok(ExitCode::SUCCESS);
    }
    std::fs::write(root.join(FILE), &text).with_context(|| format!("cannot write `{}`", root.join(FILE).display()))?;
    let outcome = engine.check();
    if let Some(status) = refused(&engine) {
        return Ok(status);
    }
    let counts = [plural(draft.parts.len(), "part"), plural(draft.orders.len(), "order"), plural(draft.rules.len(), "rule")];
    writeln!(out, "{FILE}: {} for {} of code", counts.join(", "), plural(draft.files, "file"))?;
    for order in &draft.orders {
        let place = if order.folder.is_empty() { String::new() } else { format!(" (in {})", clean_line(&order.folder)) };
        writeln!(
            out,
            "  {}{place}\n    explains {:.1} %, {} against",
            clean_line(&order.text),
            order.fit(),
            plural(order.against, "import")
        )?;
    }
    for rule in &draft.rules {
        writeln!(out, "  {}", clean_line(&rule.text))?;
    }
    if draft.orders.is_empty() && draft.rules.is_empty() {
        writeln!(out, "  no order was found that explains the imports: say in `[parts]` and `[layers]` how it should be")?;
    }
    let proofs = engine.prove();
    let firing = proofs.iter().filter(|proof| proof.fires).count();
    if !proofs.is_empty() {
        writeln!(out, "  {firing} of {} proven to fire (`archcheck prove`)", plural(proofs.len(), "line"))?;
    }
    let file = root.join(baseline::FILE_NAME);
    if !outcome.reported.is_empty() && !arguments.no_baseline && !file.exists() {
        std::fs::write(&file, baseline::render(&triage::entries(&outcome.reported)))
            .with_context(|| format!("cannot write `{}`", file.display()))?;
        writeln!(
            out,
            "{}: {} known; only new ones are reported from now on",
            baseline::FILE_NAME,
            plural(outcome.reported.len(), "finding")
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
