//! The `archcheck` binary.

fn main() -> std::process::ExitCode {
    archcheck::cli::main()
}
