//! archcheck checks the architecture of backend code in Python, TypeScript/JavaScript and Rust.
//!
//! The map, in reading order. Data flows one way: discover → lower → link → summarise → check → triage → report.
//!
//! - [`model`]: the nouns. Plain data that every stage shares.
//! - [`graph`]: pure algorithms over graphs.
//! - [`languages`]: per language, the grammar, the lowering and the module resolution.
//! - [`documents`]: OpenAPI documents and database schemas, to plain facts with places.
//! - [`config`]: `archcheck.toml`. [`rulebook`]: rule pages and framework knowledge.
//! - [`discover`], [`lower`], [`link`], [`summarise`], [`view`], [`draft`], [`check`], [`fix`], [`triage`], [`report`]: the stages. They never import each other.
//! - [`cache`]: what is kept between runs, as bytes.
//! - [`engine`]: joins the stages; the only place with threads.
//! - [`cli`]: arguments to engine calls, outcomes to exit codes. [`lsp`]: the language server. Neither knows the other.
#![forbid(unsafe_code)]

pub mod cache;
pub mod check;
pub mod cli;
pub mod config;
pub mod discover;
pub mod documents;
pub mod draft;
pub mod engine;
pub mod fix;
pub mod graph;
pub mod languages;
pub mod link;
pub mod lower;
pub mod lsp;
pub mod model;
pub mod report;
pub mod rulebook;
pub mod summarise;
pub mod triage;
pub mod view;
