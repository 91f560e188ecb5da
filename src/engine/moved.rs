//! After an edit of layout or comments a run takes up what an earlier run found, moved to where the code stands now; nothing is linked.
//!
//! A run keeps what its rules found, and what a report says of each file besides. The next run that differs from it in the text of a few source files alone
//! lowers these, compares them with the facts there were ([`Moves`]), and where nothing but places is another, says what a look at everything would
//! say. Wherever that is not certain it looks at everything.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::places::Moves;
use super::{Analysis, Engine, Lowered, guarded, unread_test};
use crate::cache::{Key, Seen};
use crate::check;
use crate::discover;
use crate::model::facts::{DefFlags, DefId, FileFacts};
use crate::model::finding::{Outcome, SkipReason};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::source::{LineIndex, SourceFile};
use crate::triage::{Directives, FileNotes};

/// Most source files that have another text than in the run that is taken up.
const MOST_FILES: usize = 8;

/// What a report says of a source file besides what is found in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Gist {
    pub(super) lines: u32,
    pub(super) imports: u32,
    pub(super) definitions: u32,
    /// They do not know their path.
    pub(super) problems: Vec<Problem>,
    /// Only a part of the text was read.
    pub(super) is_outline: bool,
}

impl Gist {
    /// Nothing was made of the file.
    pub(super) fn is_blank(&self) -> bool {
        self.imports == 0 && self.definitions == 0
    }

    pub(super) fn of(facts: &FileFacts) -> Gist {
        let named = facts.definitions().filter(|(id, def)| *id != DefId::MODULE && !def.flags.has(DefFlags::CLOSURE));
        Gist {
            lines: facts.lines,
            imports: facts.imports.len() as u32,
            definitions: named.count() as u32,
            problems: facts.problems.clone(),
            is_outline: facts.is_outline,
        }
    }
}

/// A look at everything, as it is kept.
#[derive(Serialize, Deserialize)]
struct Look {
    analysis: Analysis,
    /// In the order of the project's files.
    sources: Vec<Source>,
    /// Likewise of its texts.
    texts: Vec<Noted>,
}

#[derive(Serialize, Deserialize)]
struct Source {
    text: Key,
    gist: Gist,
    noted: Noted,
}

/// What triage knows of a file.
#[derive(Serialize, Deserialize)]
struct Noted {
    /// Where something is found or silenced: nobody asks elsewhere.
    lines: Option<LineIndex>,
    directives: Directives,
}

impl Source {
    /// Nothing was made of it, found in it or silenced there.
    fn is_blank(&self) -> bool {
        self.gist.is_blank() && self.noted.lines.is_none()
    }
}

impl Noted {
    fn of(notes: &FileNotes, is_found: bool) -> Noted {
        let asked = is_found || notes.directives != Directives::default();
        Noted { lines: asked.then(|| notes.lines.clone()), directives: notes.directives.clone() }
    }

    fn notes(&self, path: &Arc<str>) -> FileNotes {
        let lines = self.lines.clone().unwrap_or_else(|| LineIndex::new(""));
        FileNotes { path: path.clone(), lines, directives: self.directives.clone() }
    }
}

impl Look {
    /// Moves what was found with the code of a file. `None` where more than places changed, or where it is not certain.
    fn take_in(&mut self, at: usize, path: &str, old: &Lowered, new: &Lowered) -> Option<()> {
        let moves = guarded(|| Moves::between(&old.0, &new.0)).flatten()?;
        if !check::is_laid_out_alike(&old.0, &new.0) {
            return None;
        }
        let analysis = &mut self.analysis;
        if analysis.problems.iter().any(|problem| *problem.path == *path) {
            return None;
        }
        analysis.findings.iter_mut().try_for_each(|finding| moves.finding(path, finding))?;
        for missing in analysis.coverage.unresolved.iter_mut().filter(|missing| *missing.path == *path) {
            missing.line = line_now(old, new, missing.line)?;
        }
        analysis.coverage.unresolved.sort();
        let source = self.sources.get_mut(at)?;
        source.gist = Gist::of(&new.0);
        source.noted = Noted::of(&new.1, source.noted.lines.is_some());
        Some(())
    }
}

/// The one-based line of imports that stood on a line; `None` where they went apart.
fn line_now(old: &Lowered, new: &Lowered, line: u32) -> Option<u32> {
    let line_of = |lowered: &Lowered, start: u32| lowered.1.lines.line(start) + 1;
    let pairs = old.0.imports.iter().zip(&new.0.imports);
    let mut now = pairs.filter(|(before, _)| line_of(old, before.span.start) == line).map(|(_, after)| line_of(new, after.span.start));
    let first = now.next()?;
    now.all(|other| other == first).then_some(first)
}

impl Engine {
    /// Whether what this run finds may be taken up by later ones.
    fn keeps_looks(&self) -> bool {
        // What folders say of levels is read from their files.
        self.options.recall && self.options.cache.is_some() && self.config.nested.is_empty() && self.failures.is_empty()
    }

    /// What a run of equal options on equal other files is told by, whatever stands in the source files.
    fn look_key(&self) -> Option<Key> {
        let (asked, ground) = (self.asked_key()?, self.store.as_ref()?.ground_key()?);
        Some(Key::of(&[b"look", &asked.0, &ground.0]))
    }

    /// What the checks found, to be kept; `None` when it must not be.
    pub(super) fn look_of(&self, analysis: &Analysis) -> Option<Vec<u8>> {
        let is_whole = analysis.untaught.is_empty() && analysis.mistakes.is_empty() && analysis.marks.is_empty();
        let failed = analysis.problems.iter().any(|problem| problem.kind == ProblemKind::Internal);
        if !self.keeps_looks() || self.store.is_none() || !is_whole || failed || self.hashes.len() != self.facts.len() {
            return None;
        }
        let mut found: Vec<&str> = analysis.findings.iter().map(|finding| &*finding.primary.location.path).collect();
        found.sort_unstable();
        found.dedup();
        let noted = |notes: &FileNotes| Noted::of(notes, found.binary_search(&&*notes.path).is_ok());
        let sources = self.facts.iter().zip(&self.hashes).zip(&self.notes);
        let sources = sources.map(|((facts, &text), notes)| Source { text, gist: Gist::of(facts), noted: noted(notes) }).collect();
        postcard::to_allocvec(&Look { analysis: analysis.clone(), sources, texts: self.text_notes.iter().map(noted).collect() }).ok()
    }

    /// Keeps what the checks found, if the next run may have it.
    pub(super) fn keep_look(&self, look: Option<Vec<u8>>) {
        if let (Some(look), Some(store), Some(key)) = (look, &self.store, self.look_key()) {
            store.save_look(key, &look);
        }
    }

    /// The result of an earlier run, where since then nothing but places changed.
    pub(super) fn take_up(&mut self) -> Option<Outcome> {
        let is_nested = self.project.texts.iter().any(|text| text.path.ends_with("/archcheck.toml"));
        if is_nested || !self.keeps_looks() {
            return None;
        }
        let mut look: Look = postcard::from_bytes(&self.store.as_ref()?.look(self.look_key()?)?).ok()?;
        let changed = self.changed_since(&look)?;
        let unread = self.unread_tests();
        for (at, input) in changed {
            let file = self.project.files.get(input)?.clone();
            let unread = unread.get(input).copied().unwrap_or(false) && look.sources[at].is_blank();
            let (old, new) = self.lowered_twice(&file, look.sources[at].text, input, unread)?;
            look.take_in(at, &file.path, &old, &new.0)?;
            look.sources[at].text = new.1;
        }
        let kept = postcard::to_allocvec(&look).ok();
        self.leave_out();
        let Look { analysis, sources, texts } = look;
        self.notes = sources.iter().zip(&self.project.files).map(|(source, file)| source.noted.notes(&file.path)).collect();
        self.text_notes = texts.iter().zip(&self.project.texts).map(|(noted, text)| noted.notes(&text.path)).collect();
        self.gists = Some(sources.into_iter().map(|source| source.gist).collect());
        let outcome = self.conclude(analysis);
        self.keep_look(kept);
        Some(outcome)
    }

    /// The files that have another text than in a look: their places there, and among all that was found now. `None` where there are others, or many.
    fn changed_since(&self, look: &Look) -> Option<Vec<(usize, usize)>> {
        let store = self.store.as_ref()?;
        let (mut changed, mut count) = (Vec::new(), 0);
        for input in 0..self.project.files.len() {
            let Seen::Text(text) = store.state(input)? else { continue };
            if look.sources.get(count)?.text != text {
                changed.push((count, input));
            }
            count += 1;
        }
        let texts = (0..self.project.texts.len()).filter(|at| matches!(store.state(store.sources() + at), Some(Seen::Text(_)))).count();
        (count == look.sources.len() && texts == look.texts.len() && changed.len() <= MOST_FILES).then_some(changed)
    }

    /// What is made of a file's text as it was, and as it is now with the hash of that. The latter is kept in any case.
    ///
    /// A test that was not lowered then (`unread`) need not be now either.
    fn lowered_twice(&mut self, file: &SourceFile, before: Key, input: usize, unread: bool) -> Option<(Lowered, (Lowered, Key))> {
        let store = self.store.as_ref()?;
        let text = discover::read(&self.root, file).ok()?;
        let hash = Key::of_text(&text);
        if store.state(input) != Some(Seen::Text(hash)) {
            return None;
        }
        if unread {
            return Some((unread_test(file, "")?, (unread_test(file, &text)?, hash)));
        }
        let old = store.of_text(file, before)?;
        let new = self.install(|engine| store.lower(file, &text, &engine.queries))?;
        self.kept.put(&file.path, hash, new.clone());
        Some((old, (new, hash)))
    }

    /// Takes the files out of the project that lowering would leave out.
    fn leave_out(&mut self) {
        let Some(store) = &self.store else { return };
        let reasons = |from: usize, count: usize| -> Vec<Option<SkipReason>> {
            let reason = |at: usize| match store.state(from + at) {
                Some(Seen::LeftOut(reason)) => Some(reason),
                _ => None,
            };
            (0..count).map(reason).collect()
        };
        let sources = reasons(0, self.project.files.len());
        let texts = reasons(store.sources(), self.project.texts.len());
        for (file, reason) in std::mem::take(&mut self.project.files).into_iter().zip(sources) {
            match reason {
                Some(reason) => self.skip(reason, file.path),
                None => self.project.files.push(file),
            }
        }
        for (text, reason) in std::mem::take(&mut self.project.texts).into_iter().zip(texts) {
            match reason {
                Some(reason) => self.skip(reason, text.path),
                None => self.project.texts.push(text),
            }
        }
    }
}
