//! One folder per language: its grammar, its lowering to [`FileFacts`](crate::model::facts::FileFacts) and its module
//! resolution. Nothing outside `languages` and `lower` knows tree-sitter.

pub mod python;
pub mod rust;
pub mod tree;
pub mod typescript;
