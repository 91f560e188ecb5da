//! Facts that are the same but for where things stand: after an edit of blank lines, of layout or of comments, what was found moves with the code.
//!
//! A check reads places only to compare them (what is inside what, what comes first) and to report them. So when two states of a file have equal facts
//! apart from their places, and the places are in the same order, the findings of one are those of the other, moved. What checks measure of distances or
//! read of comments must be the same too ([`check::is_laid_out_alike`]).

use std::fmt;

use rustc_hash::FxHashMap;
use serde::ser::{self, Impossible, Serialize};

use crate::check;
use crate::model::facts::{FileFacts, Name, Names};
use crate::model::finding::{Finding, Label, Location};
use crate::model::source::Span;

/// From the places of one state of a file to those of another.
#[derive(Debug)]
pub(super) struct Moves {
    /// Old and new offsets, in order.
    pairs: Vec<(u32, u32)>,
}

impl Moves {
    /// `None` when the states differ in more than places, or the places in their order.
    pub(super) fn between(old: &FileFacts, new: &FileFacts) -> Option<Moves> {
        let (before, after) = (imprint(old)?, imprint(new)?);
        if before.hash != after.hash || before.places.len() != after.places.len() {
            return None;
        }
        let mut pairs: Vec<(u32, u32)> = before.places.into_iter().zip(after.places).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let in_order = pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1);
        in_order.then_some(Moves { pairs })
    }

    /// Where an offset went; inside a piece that kept its length, with it.
    fn offset(&self, old: u32) -> Option<u32> {
        let next = self.pairs.partition_point(|pair| pair.0 < old);
        match self.pairs.get(next) {
            Some(pair) if pair.0 == old => Some(pair.1),
            Some(after) => {
                let before = self.pairs.get(next.checked_sub(1)?)?;
                (after.0 - before.0 == after.1 - before.1).then(|| before.1 + (old - before.0))
            }
            None => None,
        }
    }

    /// An end that is no place of the facts was counted from the start: there must be as much between them as before.
    fn span(&self, span: Span) -> Option<Span> {
        let moved = Span { start: self.offset(span.start)?, end: self.offset(span.end)? };
        let counted = self.pairs.binary_search_by_key(&span.end, |pair| pair.0).is_err();
        (!counted || moved.end - moved.start == span.end - span.start).then_some(moved)
    }

    /// All in the span moved as one, and what comes next came no nearer.
    fn is_rigid(&self, span: Span) -> bool {
        let first = self.pairs.partition_point(|pair| pair.0 < span.start);
        let last = self.pairs.partition_point(|pair| pair.0 <= span.end);
        let next = self.pairs.len().min(last + 1);
        self.pairs.get(first..next).is_some_and(|pairs| pairs.windows(2).all(|two| two[1].0 - two[0].0 == two[1].1 - two[0].1))
    }

    /// Moves a place of the file; `None` when it is not known where to.
    pub(super) fn place(&self, path: &str, place: &mut Location) -> Option<()> {
        if *place.path == *path {
            place.span = self.span(place.span)?;
        }
        Some(())
    }

    /// Moves everything a finding says of the file.
    pub(super) fn finding(&self, path: &str, finding: &mut Finding) -> Option<()> {
        if *finding.primary.location.path == *path {
            for span in &mut finding.redact {
                *span = self.span(*span)?;
            }
        }
        let is_cut = check::CUT_PLACES.contains(&&*finding.rule);
        let mut labels = std::iter::once(&finding.primary).chain(&finding.related).chain(&finding.flow);
        if is_cut && !labels.all(|label| *label.location.path != *path || self.is_rigid(label.location.span)) {
            return None;
        }
        let labels = std::iter::once(&mut finding.primary).chain(&mut finding.related).chain(&mut finding.flow);
        labels.map(|label: &mut Label| self.place(path, &mut label.location)).collect()
    }
}

/// What facts say apart from places, and the places.
struct Imprint {
    hash: blake3::Hash,
    places: Vec<u32>,
}

/// Serialises the facts into a hash. Whatever a [`Span`] holds is a place, as are the starts of lines; names count as what they name. Comments are the
/// concern of triage, which reads the new ones.
fn imprint(facts: &FileFacts) -> Option<Imprint> {
    // Taken apart by name: a new field is a decision to be made here.
    let FileFacts {
        language,
        names,
        arena,
        defs,
        imports,
        exports,
        mods,
        all,
        comments: _,
        remarks: _,
        matches,
        lines: _,
        code_starts,
        problems,
        for_browsers,
        is_markup,
        is_outline,
    } = facts;
    let mut press =
        Press { hasher: blake3::Hasher::new(), places: code_starts.clone(), names, known: FxHashMap::default(), mode: Mode::Value };
    let parts = (language, arena, defs, imports, exports, mods, all, matches, (for_browsers, is_markup, is_outline));
    parts.serialize(&mut press).ok()?;
    (problems, code_starts.len()).serialize(&mut press).ok()?;
    Some(Imprint { hash: press.hasher.finalize(), places: press.places })
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Value,
    /// Inside a [`Span`].
    Place,
    /// Inside a [`Name`].
    Name,
}

struct Press<'a> {
    hasher: blake3::Hasher,
    places: Vec<u32>,
    names: &'a Names,
    /// Names by their first number, so that each text is hashed once.
    known: FxHashMap<u32, u32>,
    mode: Mode,
}

impl Press<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Never> {
        self.hasher.update(bytes);
        Ok(())
    }

    fn length(&mut self, length: usize) {
        self.hasher.update(&(length as u64).to_le_bytes());
    }

    /// The first time a name is met its text counts, later which of the texts met it is.
    fn name(&mut self, name: u32) -> Result<(), Never> {
        let next = self.known.len() as u32;
        let number = *self.known.entry(name).or_insert(next);
        self.hasher.update(&number.to_le_bytes());
        if number == next {
            let text = self.names.get(Name(name));
            self.length(text.len());
            self.hasher.update(text.as_bytes());
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Never;

impl fmt::Display for Never {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("facts that cannot be compared")
    }
}

impl std::error::Error for Never {}

impl ser::Error for Never {
    fn custom<T: fmt::Display>(_: T) -> Never {
        Never
    }
}

macro_rules! plain {
    ($($method:ident: $kind:ty),*) => { $(fn $method(self, value: $kind) -> Result<(), Never> { self.put(&value.to_le_bytes()) })* };
}

impl ser::Serializer for &mut Press<'_> {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Impossible<(), Never>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    plain!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u64: u64);

    fn serialize_u32(self, value: u32) -> Result<(), Never> {
        match self.mode {
            Mode::Value => self.put(&value.to_le_bytes()),
            Mode::Place => {
                self.places.push(value);
                Ok(())
            }
            Mode::Name => self.name(value),
        }
    }

    fn serialize_bool(self, value: bool) -> Result<(), Never> {
        self.put(&[u8::from(value)])
    }

    fn serialize_f32(self, value: f32) -> Result<(), Never> {
        self.put(&value.to_le_bytes())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Never> {
        self.put(&value.to_le_bytes())
    }

    fn serialize_char(self, value: char) -> Result<(), Never> {
        self.put(&u32::from(value).to_le_bytes())
    }

    fn serialize_str(self, value: &str) -> Result<(), Never> {
        self.length(value.len());
        self.put(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Never> {
        self.length(value.len());
        self.put(value)
    }

    fn serialize_none(self) -> Result<(), Never> {
        self.put(&[0])
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Never> {
        self.hasher.update(&[1]);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Never> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Never> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, index: u32, _: &'static str) -> Result<(), Never> {
        self.put(&index.to_le_bytes())
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, name: &'static str, value: &T) -> Result<(), Never> {
        if name == "Name" {
            self.mode = Mode::Name;
            let done = value.serialize(&mut *self);
            self.mode = Mode::Value;
            return done;
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        self.hasher.update(&index.to_le_bytes());
        value.serialize(self)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self, Never> {
        self.length(length.ok_or(Never)?);
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Never> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Never> {
        Ok(self)
    }

    fn serialize_tuple_variant(self, _: &'static str, index: u32, _: &'static str, _: usize) -> Result<Self, Never> {
        self.hasher.update(&index.to_le_bytes());
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Impossible<(), Never>, Never> {
        // Facts hold none: their order would be another thing to think of.
        Err(Never)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self, Never> {
        if name == "Span" {
            self.mode = Mode::Place;
        }
        Ok(self)
    }

    fn serialize_struct_variant(self, _: &'static str, index: u32, _: &'static str, _: usize) -> Result<Self, Never> {
        self.hasher.update(&index.to_le_bytes());
        Ok(self)
    }
}

macro_rules! items {
    ($($kind:ident: $method:ident),*) => { $(impl ser::$kind for &mut Press<'_> {
        type Ok = ();
        type Error = Never;

        fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Never> {
            value.serialize(&mut **self)
        }

        fn end(self) -> Result<(), Never> {
            Ok(())
        }
    })* };
}

items!(SerializeSeq: serialize_element, SerializeTuple: serialize_element, SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field);

impl ser::SerializeStruct for &mut Press<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, _: &'static str, value: &T) -> Result<(), Never> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Never> {
        self.mode = Mode::Value;
        Ok(())
    }
}

impl ser::SerializeStructVariant for &mut Press<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, _: &'static str, value: &T) -> Result<(), Never> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Never> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::lower::lower;
    use crate::model::source::{Language, SourceFile};

    fn facts(path: &str, text: &str) -> FileFacts {
        lower(&SourceFile { path: Arc::from(path), language: Language::of_path(path).expect("a language"), bytes: 0 }, text)
    }

    fn moved(path: &str, before: &str, after: &str, what: &str) -> Option<bool> {
        let moves = Moves::between(&facts(path, before), &facts(path, after))?;
        let span = |text: &str| text.find(what).map(|at| Span::new(at, at + what.len()));
        Some(moves.span(span(before)?) == span(after))
    }

    #[test]
    fn blanks_layout_and_comments_only_move_things() {
        let before = "import os\n\n\ndef f(a):\n    return os.stat(a)\n";
        for after in [
            "import os\n\n\n\n\ndef f(a):\n    return os.stat(a)\n",
            "import os\n\n# archcheck: ignore[n-plus-one] once\ndef f( a ):\n\n    # why\n    return os.stat( a )\n",
            "import os\ndef f(a):\n        return os.stat(a)\n",
        ] {
            assert_eq!(moved("a.py", before, after, "os.stat"), Some(true), "{after}");
        }
        assert_eq!(moved("a.ts", "f('a b', c);\n", "f( 'a b',  c);\n", "a b"), Some(true), "inside a literal");
        assert_eq!(moved("a.ts", "f('a b', c);\n", "f('a b',\n  c);\n", "a b"), None, "more lines of code");
    }

    #[test]
    fn what_is_cut_by_its_length_moves_as_one_piece_alone() {
        let before = "x = 1\ntry:\n    a()\nexcept Exception:\n    pass\nb()\n";
        let rigid = |after: &str| {
            let moves = Moves::between(&facts("a.py", before), &facts("a.py", after)).expect("only places changed");
            let start = before.find("except").expect("a handler");
            moves.is_rigid(Span::new(start, before.find("pass").expect("its code") + 4))
        };
        assert!(rigid("x = 1\n\n# why\ntry:\n    a()\nexcept Exception:\n    pass\nb()\n"));
        assert!(!rigid("x = 1\ntry:\n    a()\nexcept  Exception:\n    pass\nb()\n"));
        assert!(!rigid("x = 1\ntry:\n    a()\nexcept Exception:\n    # none\n    pass\nb()\n"));
    }

    #[test]
    fn a_comment_that_explains_is_no_mere_layout() {
        let alike = |before: &str, after: &str| check::is_laid_out_alike(&facts("a.py", before), &facts("a.py", after));
        let (before, after) =
            ("try:\n    a()\nexcept Exception:\n    pass\n", "try:\n    a()\nexcept Exception:\n    # may be gone\n    pass\n");
        assert!(!alike(before, after) && alike(before, &format!("x = 1\n\n\n{before}")));
        let (before, after) = ("def downgrade():\n    pass\n", "def downgrade():\n    # the rows are gone for good\n    pass\n");
        assert!(!alike(before, after) && alike(before, &format!("# of old\n\n{before}")));
    }

    #[test]
    fn other_code_is_another_matter() {
        let before = "x = f(a, 'one')\ny = x\n";
        for after in [
            "x = f(b, 'one')\ny = x\n",
            "x = f(a, 'two')\ny = x\n",
            "x = f(a, 'one')\ny = y\n",
            "x = f(a, 'one')\n",
            "x = f(a, 1)\ny = x\n",
        ] {
            assert_eq!(moved("a.py", before, after, "f("), None, "{after}");
        }
        let (before, after) = ("if a:\n    b()\nc()\n", "if a:\n    b()\n    c()\n");
        assert_eq!(moved("a.py", before, after, "c()"), None);
    }
}
