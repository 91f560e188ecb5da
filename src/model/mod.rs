//! The nouns: plain data that every stage shares. Imports nothing of ours.

pub mod atlas;
pub mod baseline;
pub mod body;
pub mod briefing;
pub mod contract;
pub mod coverage;
pub mod facts;
pub mod finding;
pub mod knowledge;
pub mod lookup;
pub mod nesting;
pub mod problem;
pub mod program;
pub mod project;
pub mod query;
pub mod role;
pub mod route;
pub mod routing;
pub mod rule;
pub mod source;
pub mod stack;
pub mod summary;
pub mod templates;
pub mod timings;
pub mod view;
pub mod words;
