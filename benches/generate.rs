//! Writes the made-up repository: `cargo bench --bench generate -- FOLDER LINES`.

#![allow(clippy::print_stderr, reason = "it speaks to whoever runs it")]

mod support;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Cargo adds `--bench` of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [folder, lines] = arguments.as_slice() else {
        eprintln!("usage: generate FOLDER LINES");
        return ExitCode::SUCCESS;
    };
    let Ok(lines) = lines.parse() else {
        eprintln!("`{lines}` is no number of lines");
        return ExitCode::FAILURE;
    };
    for (path, text) in support::repository(lines) {
        let path = Path::new(folder).join(path);
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
        if let Err(error) = written {
            eprintln!("cannot write `{}`: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
