//! Sentences: who must not, may only or must do what with whom, and who alone may.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::breach::{Breach, Line, Target};
use super::edges::{Edge, End, is_test};
use super::ground::{EdgeId, Ground, Ways};
use super::orders::{module, with_way};
use super::pieces::{Kind, PieceId};
use crate::model::contract::{Mention, RuleForm, Sentence, Verb};
use crate::model::facts::DefId;
use crate::model::source::FileId;

/// A sentence with its words found.
pub(super) struct Rule<'a> {
    pub(super) sentence: &'a Sentence,
    line: Line,
    pub(super) subjects: Vec<PieceId>,
    /// The pieces after the verb, and whether `other` stands before them.
    pub(super) objects: Vec<(PieceId, bool)>,
}

impl<'a> Rule<'a> {
    pub(super) fn of(ground: &Ground<'a>, at: usize) -> Rule<'a> {
        let sentence = &ground.contract.rules[at];
        let find = |mention: &Mention| ground.pieces.find(&mention.word.value);
        Rule {
            sentence,
            line: Line::Rule(at),
            subjects: sentence.subjects.iter().filter_map(find).collect(),
            objects: sentence.objects.iter().filter_map(|mention| Some((find(mention)?, mention.other))).collect(),
        }
    }

    /// Everything that goes against the sentence.
    pub(super) fn breaches(&self, ground: &Ground) -> Vec<Breach> {
        match (self.sentence.form, self.sentence.verb) {
            (RuleForm::Must, _) => self.missing(ground),
            (RuleForm::MustNot, Verb::Reach) => {
                self.direct_and_chains(ground, &|ground, edge, from, to| self.object(ground, edge, from, to).is_none())
            }
            (RuleForm::MayOnly, Verb::Reach) => {
                self.direct_and_chains(ground, &|ground, edge, from, to| self.is_allowed(ground, edge, from, to))
            }
            _ => ground.edges.iter().enumerate().filter_map(|(id, edge)| self.direct(ground, id, edge)).collect(),
        }
    }

    fn counts(&self, ground: &Ground, edge: &Edge) -> bool {
        ground.counts(edge, self.sentence.verb, &self.sentence.terms)
    }

    fn subject(&self, pieces: &[PieceId]) -> Option<PieceId> {
        self.subjects.iter().copied().find(|subject| pieces.contains(subject))
    }

    /// The object that an edge leads to, if that is not where it comes from.
    fn object(&self, ground: &Ground, edge: &Edge, from: &[PieceId], to: &[PieceId]) -> Option<PieceId> {
        self.objects.iter().map(|(object, _)| *object).find(|object| to.contains(object) && !is_home(ground, edge, *object, from))
    }

    pub(super) fn direct(&self, ground: &Ground, id: EdgeId, edge: &Edge) -> Option<Breach> {
        if !self.counts(ground, edge) || !ground.judges(edge.from.file) || is_own(edge) {
            return None;
        }
        let from = ground.pieces_before(edge);
        let to = ground.pieces_behind(edge);
        let subject = self.subject(&from);
        match self.sentence.form {
            RuleForm::MustNot => {
                let object = self.object(ground, edge, &from, &to)?;
                Some(self.must_not(ground, vec![id], subject?, object))
            }
            RuleForm::Only => {
                let object = self.object(ground, edge, &from, &to).filter(|_| subject.is_none())?;
                let allowed = listed(&self.sentence.subjects);
                let declared = from.iter().find(|part| **part < ground.contract.parts.len());
                let part = declared.or(from.first()).map(|&part| ground.pieces.name(part).to_string());
                let help = format!("leave it to {allowed}, and import that");
                Some(self.breach(ground, vec![id], part, Some(object), format!("which only {allowed} may"), help))
            }
            RuleForm::MayOnly => {
                let subject = subject?;
                (!self.is_allowed(ground, edge, &from, &to)).then(|| self.may_only(ground, vec![id], subject, &to))
            }
            RuleForm::Must => None,
        }
    }

    fn must_not(&self, ground: &Ground, way: Vec<EdgeId>, subject: PieceId, object: PieceId) -> Breach {
        let (name, to_name) = (ground.pieces.name(subject), ground.pieces.name(object));
        let help = match self.objects.iter().find(|(known, _)| *known == object) {
            Some((_, true)) => format!("move what both need out of `{name}`, to a part that both may use"),
            _ => format!("move the code that needs `{to_name}` out of `{name}`, or pass in what it gives"),
        };
        self.breach(ground, way, Some(name.to_string()), Some(object), "which it must not".to_string(), help)
    }

    fn may_only(&self, ground: &Ground, way: Vec<EdgeId>, subject: PieceId, to: &[PieceId]) -> Breach {
        let name = ground.pieces.name(subject).to_string();
        let allowed = listed(&self.sentence.objects);
        let verb = self.sentence.verb.name();
        let help = format!("move the code that needs it out of `{name}`, or add its part to the rule if the architecture has changed");
        self.breach(ground, way, Some(name), to.first().copied(), format!("and may {verb} only {allowed}"), help)
    }

    fn breach(
        &self,
        ground: &Ground,
        way: Vec<EdgeId>,
        from_part: Option<String>,
        to: Option<PieceId>,
        reason: String,
        help: String,
    ) -> Breach {
        let to_part = to.map(|piece| ground.pieces.name(piece).to_string());
        let last = &ground.edges[way[way.len() - 1]];
        Breach {
            line: self.line,
            from: ground.edges[way[0]].from.file,
            target: ground.target(last, to_part.as_deref()),
            way,
            from_part,
            to_part,
            reason,
            label: format!("the rule `{}`", self.sentence.name.value),
            help,
            more: 0,
        }
    }

    /// True when `a may only …` lets an edge be: it stays in the part, or leads to one that is listed or open.
    fn is_allowed(&self, ground: &Ground, edge: &Edge, from: &[PieceId], to: &[PieceId]) -> bool {
        if let End::Outside(outside) = &edge.to
            && outside.first() == "builtins"
        {
            return true;
        }
        let listed = |piece: &PieceId| self.objects.iter().any(|(object, _)| object == piece);
        let stays = |piece: &PieceId| self.subjects.contains(piece) && is_home(ground, edge, *piece, from);
        to.iter().any(|piece| ground.pieces.all[*piece].open || listed(piece) || stays(piece))
    }

    /// The subjects as groups of files: each folder of an `each` part for itself.
    fn groups(&self, ground: &Ground) -> BTreeMap<(PieceId, Option<Arc<str>>), Vec<FileId>> {
        let mut groups: BTreeMap<(PieceId, Option<Arc<str>>), Vec<FileId>> = BTreeMap::new();
        for file in ground.files().filter(|file| ground.judges(*file)) {
            let judged = self.sentence.terms.tests || !is_test(ground.program, module(file));
            if let (Some(subject), true) = (self.subject(ground.pieces.of_file(file)), judged) {
                groups.entry((subject, ground.pieces.unit(file, subject).cloned())).or_default().push(file);
            }
        }
        groups
    }

    /// For `reach`: the edges themselves, then ways through files, each to the edge at which it leaves what the sentence lets be.
    fn direct_and_chains(&self, ground: &Ground, lets_be: LetsBe) -> Vec<Breach> {
        let mut found: Vec<Breach> = ground.edges.iter().enumerate().filter_map(|(id, edge)| self.direct(ground, id, edge)).collect();
        let counts = |edge: &Edge| self.counts(ground, edge);
        for ((subject, unit), starts) in self.groups(ground) {
            let home = [subject];
            // The last edge of a way is judged as if it began where the way begins.
            let as_if = |edge: &Edge| Edge { from: module(starts[0]), ..edge.clone() };
            let lets_file = |file: FileId| {
                let edge = Edge { to: End::Code(module(file)), ..stand_in(starts[0]) };
                lets_be(ground, &edge, &home, ground.pieces.of_file(file))
            };
            let is_start =
                |file: FileId| ground.pieces.of_file(file).contains(&subject) && ground.pieces.unit(file, subject) == unit.as_ref();
            let free = |file: FileId| !is_start(file) && lets_file(file);
            let ways = Ways::from(ground, &starts, &counts, &free);
            for &file in &ways.reached {
                let mut ends: BTreeMap<Option<PieceId>, usize> = BTreeMap::new();
                for (id, edge) in ground.leaving(file).filter(|(_, edge)| counts(edge) && !edge.hands_on && !is_own(edge)) {
                    let to = ground.pieces_behind(edge);
                    let edge = as_if(edge);
                    if lets_be(ground, &edge, &home, &to) {
                        continue;
                    }
                    let object = self.object(ground, &edge, &home, &to);
                    let breach = match (self.sentence.form, object) {
                        (RuleForm::MustNot, Some(object)) => self.must_not(ground, vec![id], subject, object),
                        _ => self.may_only(ground, vec![id], subject, &to),
                    };
                    let Some(breach) = with_way(ground, &ways, breach, file, id, &starts, &counts, &free) else { continue };
                    match ends.get(&to.first().copied()) {
                        Some(&known) => found[known].more += 1,
                        None => {
                            ends.insert(to.first().copied(), found.len());
                            found.push(breach);
                        }
                    }
                }
            }
        }
        found
    }

    /// For `must`: the files (or folders) that do not do it.
    fn missing(&self, ground: &Ground) -> Vec<Breach> {
        let does = |edge: &Edge| {
            self.counts(ground, edge)
                && ground.pieces_behind(edge).iter().any(|piece| self.objects.iter().any(|(object, _)| object == piece))
        };
        let mut found = Vec::new();
        for ((subject, unit), files) in self.groups(ground) {
            let name = ground.pieces.name(subject).to_string();
            if unit.is_some() {
                if !self.any_does(ground, &files, &does) {
                    found.push(self.lacks(ground, files[0], name));
                }
                continue;
            }
            let is_object = |file: FileId| self.objects.iter().any(|(object, _)| ground.pieces.of_file(file).contains(object));
            for file in files.into_iter().filter(|file| has_code(ground, *file) && !is_object(*file)) {
                if !self.any_does(ground, &[file], &does) {
                    found.push(self.lacks(ground, file, name.clone()));
                }
            }
        }
        found
    }

    /// The files of one group of subjects that holds code.
    pub(super) fn first_group(&self, ground: &Ground) -> Option<Vec<FileId>> {
        let groups = self.groups(ground);
        groups.into_iter().find_map(|((_, unit), files)| match unit {
            Some(_) => Some(files),
            None => {
                let is_object = |file: FileId| self.objects.iter().any(|(object, _)| ground.pieces.of_file(file).contains(object));
                files.into_iter().find(|file| has_code(ground, *file) && !is_object(*file)).map(|file| vec![file])
            }
        })
    }

    fn any_does(&self, ground: &Ground, files: &[FileId], does: &dyn Fn(&Edge) -> bool) -> bool {
        let does_itself = |file: FileId| ground.leaving(file).any(|(_, edge)| does(edge));
        if files.iter().any(|file| does_itself(*file)) {
            return true;
        }
        self.sentence.verb == Verb::Reach && {
            let ways = Ways::from(ground, files, &|edge| self.counts(ground, edge), &|_| true);
            ways.reached.iter().any(|file| does_itself(*file))
        }
    }

    fn lacks(&self, ground: &Ground, file: FileId, name: String) -> Breach {
        let (verb, wanted) = (self.sentence.verb.name(), listed(&self.sentence.objects));
        Breach {
            line: self.line,
            from: file,
            target: Target::Missing,
            way: Vec::new(),
            from_part: Some(name),
            to_part: self.objects.first().map(|(object, _)| ground.pieces.name(*object).to_string()),
            reason: format!("must {verb} {wanted}, and does not"),
            label: format!("the rule `{}`", self.sentence.name.value),
            help: format!("{verb} {wanted} here"),
            more: 0,
        }
    }

    /// Where to try a synthetic edge: the first definitions of each subject, of everything else for `only`.
    pub(super) fn sources(&self, ground: &Ground) -> Vec<crate::model::role::GlobalDef> {
        let mut found = Vec::new();
        let mut taken: BTreeMap<Option<PieceId>, usize> = BTreeMap::new();
        for def in places(ground) {
            let pieces = ground.pieces.at(ground.program, def);
            let subject = self.subject(&pieces);
            let fits = if self.sentence.form == RuleForm::Only { subject.is_none() } else { subject.is_some() };
            let count = taken.entry(subject).or_default();
            if fits && *count < MAX_TRIES && ground.judges(def.file) && (self.sentence.terms.tests || !is_test(ground.program, def)) {
                *count += 1;
                found.push(def);
            }
        }
        found
    }
}

/// Whether an edge from some pieces to others is one that a sentence does not mind.
type LetsBe<'a> = &'a dyn Fn(&Ground, &Edge, &[PieceId], &[PieceId]) -> bool;

/// How many places of each part are tried.
const MAX_TRIES: usize = 12;

/// The files, then the definitions with a role of their own.
pub(super) fn places(ground: &Ground) -> Vec<crate::model::role::GlobalDef> {
    let mut places: Vec<_> = ground.files().map(module).collect();
    for file in ground.files() {
        let defs = ground.program.file(file).definitions().map(|(def, _)| crate::model::role::GlobalDef { file, def });
        places.extend(defs.filter(|def| def.def != DefId::MODULE && ground.program.def_roles.contains_key(def)));
    }
    places
}

/// True when an edge that comes from `from` and leads to `piece` stays at home: in the part, or in the same folder of an `each` part.
fn is_home(ground: &Ground, edge: &Edge, piece: PieceId, from: &[PieceId]) -> bool {
    if !from.contains(&piece) {
        return false;
    }
    match (&ground.pieces.all[piece].kind, &edge.to) {
        (Kind::Each { .. }, End::Code(to)) => ground.pieces.unit(edge.from.file, piece) == ground.pieces.unit(to.file, piece),
        _ => true,
    }
}

/// True for an edge from a file to itself.
fn is_own(edge: &Edge) -> bool {
    matches!(&edge.to, End::Code(to) if to.file == edge.from.file)
}

/// An edge that only says where it comes from.
fn stand_in(from: FileId) -> Edge {
    let from = module(from);
    Edge {
        from,
        to: End::Code(from),
        deed: super::edges::Deed::Import,
        types: false,
        test: false,
        name: String::new(),
        span: crate::model::source::Span::default(),
        hands_on: false,
        door: None,
    }
}

/// True for a file that holds more than imports.
fn has_code(ground: &Ground, file: FileId) -> bool {
    ground.program.file(file).defs.len() > 1
}

/// "`a`, `b` and `c`".
pub(super) fn listed(names: &[Mention]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}{}`", if name.other { "other " } else { "" }, name.word.value)).collect();
    match quoted.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => quoted.concat(),
    }
}
