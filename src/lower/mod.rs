//! Stage 2: one file's text to facts. Pure, never fails; the syntax tree dies here.

pub mod render;

use crate::languages::{python, typescript};
use crate::model::facts::FileFacts;
use crate::model::source::{Family, SourceFile};

/// The facts of one file.
pub fn lower(file: &SourceFile, text: &str) -> FileFacts {
    match file.language.family() {
        Family::Python => python::lower(text),
        Family::TypeScript => typescript::lower::lower(text, file.language),
        Family::Rust => nothing(file, text),
    }
}

/// Rust's lowering is on its way; until then its files count but say nothing.
fn nothing(file: &SourceFile, text: &str) -> FileFacts {
    use crate::model::body::Arena;
    use crate::model::facts::{DefFlags, DefId, DefKind, Definition, Interner};
    use crate::model::source::Span;
    let mut names = Interner::default();
    let name = names.intern("");
    let module = Definition {
        name,
        kind: DefKind::Module,
        flags: DefFlags::default(),
        parent: DefId::MODULE,
        span: Span::new(0, text.len()),
        name_span: Span::default(),
        decorators: Vec::new(),
        params: Vec::new(),
        annotation: None,
        body: None,
        value: None,
        bases: Vec::new(),
        implements: Vec::new(),
    };
    FileFacts {
        language: file.language,
        names: names.finish(),
        arena: Arena::default(),
        defs: vec![module],
        imports: Vec::new(),
        exports: Vec::new(),
        mods: Vec::new(),
        all: None,
        comments: Vec::new(),
        lines: text.lines().count() as u32,
        code_lines: 0,
        problems: Vec::new(),
    }
}
