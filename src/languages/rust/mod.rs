//! Rust: grammar, lowering, module tree.
