//! Rust: grammar, lowering, module tree.

mod attributes;
mod control;
mod expressions;
mod format;
mod items;
mod kinds;
mod lexer;
mod literals;
mod lower;
mod macros;
pub mod modules;
pub mod outline;
mod patterns;
mod prepare;
pub mod resolve;
mod tokens;
mod types;
mod uses;

#[cfg(test)]
mod tests;

pub use lower::{lower, lower_parts};
