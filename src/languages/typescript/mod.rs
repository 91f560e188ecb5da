//! TypeScript and JavaScript: grammars, lowering, module resolution.
//!
//! [`lower`] turns one file into facts. It is written once for the three grammars (`grammar`), and split by what is
//! lowered: `statements`, `expressions`, `text`, `patterns`, `functions`, `classes`, `types`, `jsx`, `imports`,
//! `loads`.
//! `repair` undoes what the grammars misread. [`modules`] finds the file a specifier means.

mod classes;
mod comments;
mod expressions;
mod functions;
mod grammar;
mod imports;
mod jsx;
mod loads;
pub mod lower;
pub mod modules;
pub mod outline;
mod patterns;
mod repair;
pub mod standard;
mod statements;
mod text;
mod types;

#[cfg(test)]
mod tests;
