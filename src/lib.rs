//! archcheck: checks the architecture of backend code in Python, TypeScript/JavaScript and Rust.
#![forbid(unsafe_code)]

pub mod model;
