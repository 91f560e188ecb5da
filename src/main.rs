//! The `archcheck` binary.

/// Most allocations are small and short-lived, which this allocator is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    archcheck::cli::main(|today, pages| archcheck::lsp::serve(archcheck::lsp::Host { today, pages }))
}
