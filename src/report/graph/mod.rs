//! A view of the project to text, one file per format.

pub mod json;
