//! The `archcheck` binary.

fn main() -> std::process::ExitCode {
    archcheck::cli::main(|today, pages| archcheck::lsp::serve(archcheck::lsp::Host { today, pages }))
}
