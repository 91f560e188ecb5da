//! Stage 2: one file's text to facts. Pure, never fails; the syntax tree dies here.

pub mod render;
