//! Python: grammar, lowering, module resolution.

mod definitions;
mod expressions;
mod formatting;
mod imports;
mod kinds;
pub mod lower;
pub mod modules;
mod operators;
mod parse;
mod patterns;
pub mod standard;
mod statements;
mod strings;
mod types;

pub use lower::lower;

#[cfg(test)]
mod tests;
