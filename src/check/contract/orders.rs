//! Orders: what layers may import, directly and by chains through files that have no layer.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::breach::{Breach, Line};
use super::edges::{Edge, End};
use super::ground::{EdgeId, Ground, Ways};
use super::pieces::{Kind, PieceId, is_at};
use crate::model::contract::{Layers, Reach, Siblings, Verb};
use crate::model::source::FileId;

/// One order with its parts found.
pub(super) struct Order<'a> {
    pub(super) layers: &'a Layers,
    line: Line,
    members: Vec<OrderMember<'a>>,
    /// The `each` part inside whose folders the order holds.
    each: Option<PieceId>,
    /// For each file its place.
    places: Vec<Option<Place>>,
    has_roles: bool,
}

struct OrderMember<'a> {
    name: &'a str,
    step: usize,
    /// The piece it names; `None` for a folder inside an `each`, and for a word that names nothing.
    piece: Option<PieceId>,
    /// How many files have their place here.
    files: usize,
}

/// Where a file stands: index of the member, and the folder for an order inside an `each`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    member: usize,
    unit: Option<Arc<str>>,
}

impl<'a> Order<'a> {
    pub(super) fn of(ground: &Ground<'a>, at: usize) -> Order<'a> {
        let layers = &ground.contract.layers[at];
        let each = layers.each.as_ref().and_then(|each| ground.pieces.find(&each.value));
        let mut members: Vec<OrderMember> = Vec::new();
        for (step, members_of_step) in layers.steps.iter().enumerate() {
            for member in &members_of_step.members {
                let name = member.part.value.as_str();
                members.push(OrderMember { name, step, piece: ground.pieces.find(name), files: 0 });
            }
        }
        let has_roles = members.iter().any(|member| member.piece.is_some_and(|piece| matches!(ground.pieces.all[piece].kind, Kind::Role)));
        let mut order = Order { layers, line: Line::Layers(at), members, each, places: Vec::new(), has_roles };
        let places: Vec<Option<Place>> = ground.files().map(|file| order.place_of_file(ground, file)).collect();
        for place in places.iter().flatten() {
            order.members[place.member].files += 1;
        }
        order.places = places;
        order
    }

    fn place_of_file(&self, ground: &Ground, file: FileId) -> Option<Place> {
        let pieces = ground.pieces.of_file(file);
        let by_piece = || pieces.iter().find_map(|piece| self.members.iter().position(|member| member.piece == Some(*piece)));
        let Some(each) = self.each else { return Some(Place { member: by_piece()?, unit: None }) };
        let unit = ground.pieces.unit(file, each)?;
        let path = ground.program.path(file);
        let by_folder = self.members.iter().position(|member| is_at(path, &format!("{unit}/{}", member.name)));
        Some(Place { member: by_folder.or_else(by_piece)?, unit: Some(unit.clone()) })
    }

    /// The place of a file, or of a definition with a role of its own.
    fn place(&self, ground: &Ground, def: crate::model::role::GlobalDef) -> Option<Place> {
        if !self.has_roles || self.each.is_some() {
            return self.places[def.file.index()].clone();
        }
        let pieces = ground.pieces.at(ground.program, def);
        let member = pieces.iter().find_map(|piece| self.members.iter().position(|member| member.piece == Some(*piece)))?;
        Some(Place { member, unit: None })
    }

    /// Every import that goes against the order.
    pub(super) fn breaches(&self, ground: &Ground) -> Vec<Breach> {
        let mut found = Vec::new();
        for (id, edge) in ground.edges.iter().enumerate() {
            found.extend(self.direct(ground, id, edge));
        }
        self.chains(ground, &mut found);
        found
    }

    fn counts(&self, ground: &Ground, edge: &Edge) -> bool {
        ground.counts(edge, Verb::Import, &self.layers.terms) && ground.judges(edge.from.file)
    }

    pub(super) fn direct(&self, ground: &Ground, id: EdgeId, edge: &Edge) -> Option<Breach> {
        let End::Code(to) = &edge.to else { return None };
        if to.file == edge.from.file || !self.counts(ground, edge) {
            return None;
        }
        let (from, to) = (self.place(ground, edge.from)?, self.place(ground, *to)?);
        self.breach(ground, &from, &to, vec![id])
    }

    /// Ways from one layer to another through files without a place: the shortest to each import at which such a way ends.
    fn chains(&self, ground: &Ground, found: &mut Vec<Breach>) {
        let mut groups: BTreeMap<&Place, Vec<FileId>> = BTreeMap::new();
        for file in ground.files().filter(|file| ground.judges(*file)) {
            if let Some(place) = &self.places[file.index()] {
                groups.entry(place).or_default().push(file);
            }
        }
        let counts = |edge: &Edge| ground.counts(edge, Verb::Import, &self.layers.terms);
        // A part that anyone may use answers for what it uses itself.
        let is_open = |file: FileId| ground.pieces.of_file(file).iter().any(|piece| ground.pieces.all[*piece].open);
        let free = |file: FileId| self.places[file.index()].is_none() && !is_open(file);
        for (place, starts) in groups {
            let ways = Ways::from(ground, &starts, &counts, &free);
            for &file in &ways.reached {
                let mut ends: BTreeMap<Place, usize> = BTreeMap::new();
                for (id, edge) in ground.leaving(file).filter(|(_, edge)| counts(edge) && !edge.hands_on) {
                    let End::Code(to) = &edge.to else { continue };
                    let Some(end) = self.place(ground, *to) else { continue };
                    let Some(breach) = self.breach(ground, place, &end, vec![id]) else { continue };
                    let breach = with_way(ground, &ways, breach, file, id, &starts, &counts, &free);
                    let Some(breach) = breach else { continue };
                    match ends.get(&end) {
                        Some(&known) => found[known].more += 1,
                        None => {
                            ends.insert(end, found.len());
                            found.push(breach);
                        }
                    }
                }
            }
        }
    }

    fn breach(&self, ground: &Ground, from: &Place, to: &Place, way: Vec<EdgeId>) -> Option<Breach> {
        if from.member == to.member || from.unit != to.unit {
            return None;
        }
        let (source, target) = (&self.members[from.member], &self.members[to.member]);
        if target.piece.is_some_and(|piece| ground.pieces.all[piece].open) {
            return None;
        }
        let (from_name, to_name) = (source.name, target.name);
        let (reason, label, help) = if target.step < source.step {
            (
                "which is above it".to_string(),
                format!("`{to_name}` is above `{from_name}` here"),
                format!("move what both need below the two, or let `{to_name}` pass it in"),
            )
        } else if target.step == source.step {
            if self.layers.steps[source.step].siblings == Siblings::Friends {
                return None;
            }
            (
                "its neighbour in the same layer".to_string(),
                format!("`{from_name}` and `{to_name}` are strangers here"),
                "move what both need to a layer below; joined with `:` instead of `|` the two may import each other".to_string(),
            )
        } else {
            let next = self.next(source.step).filter(|next| next.step < target.step)?.name;
            (
                format!("past the next layer, `{next}`"),
                format!("`{from_name}` may import only the next layer here"),
                format!("go through `{next}`"),
            )
        };
        let last = way.last().map(|id| &ground.edges[*id])?;
        Some(Breach {
            line: self.line,
            from: ground.edges[way[0]].from.file,
            target: ground.target(last, Some(to_name)),
            way,
            from_part: Some(from_name.to_string()),
            to_part: Some(to_name.to_string()),
            reason,
            label,
            help,
            more: 0,
        })
    }

    /// The layer below a step that may import no further; layers the project lacks drop out.
    fn next(&self, step: usize) -> Option<&OrderMember<'a>> {
        if self.layers.steps[step].reach == Reach::AnythingBelow {
            return None;
        }
        self.members.iter().find(|member| member.step > step && member.files > 0)
    }

    /// The members without files: name and place of the word, unless the project may lack it.
    pub(super) fn empty(&self) -> impl Iterator<Item = &'a crate::model::contract::Member> {
        let words = self.layers.steps.iter().flat_map(|step| &step.members);
        words.zip(&self.members).filter(|(word, member)| member.files == 0 && !word.optional).map(|(word, _)| word)
    }

    /// How many files have a place through this member, and how many belong to the part it names.
    pub(super) fn holds(&self, ground: &Ground, name: &str) -> Option<(usize, usize)> {
        let member = self.members.iter().find(|member| member.name == name)?;
        Some((member.files, member.piece.map_or(0, |piece| ground.pieces.all[piece].files)))
    }

    /// Pairs of files, one for each pair of members between which an import goes against the order.
    pub(super) fn forbidden_pairs(&self, ground: &Ground) -> Vec<(FileId, FileId)> {
        let mut samples: BTreeMap<(Option<&Arc<str>>, usize), FileId> = BTreeMap::new();
        for file in ground.files().filter(|file| ground.judges(*file)) {
            let is_test = super::edges::is_test(ground.program, module(file));
            if let (Some(place), false) = (&self.places[file.index()], is_test) {
                samples.entry((place.unit.as_ref(), place.member)).or_insert(file);
            }
        }
        let mut pairs = Vec::new();
        let mut seen: Vec<(usize, usize)> = Vec::new();
        for (from, &source) in &samples {
            for (to, &target) in &samples {
                let (a, b) = (&self.members[from.1], &self.members[to.1]);
                let strangers = a.step == b.step && self.layers.steps[a.step].siblings == Siblings::Strangers;
                let is_open = b.piece.is_some_and(|piece| ground.pieces.all[piece].open);
                let is_forbidden = from.0 == to.0 && from.1 != to.1 && !is_open && (b.step < a.step || strangers);
                if is_forbidden && !seen.contains(&(from.1, to.1)) {
                    seen.push((from.1, to.1));
                    pairs.push((source, target));
                }
            }
        }
        pairs
    }
}

/// The file's own code.
pub(super) fn module(file: FileId) -> crate::model::role::GlobalDef {
    crate::model::role::GlobalDef { file, def: crate::model::facts::DefId::MODULE }
}

/// Puts the way to `file` before the last edge. A way that begins where an exception allows it is replaced by the next shortest that begins elsewhere: an
/// exception opens no chain for others.
#[expect(clippy::too_many_arguments, reason = "what a search needs")]
pub(super) fn with_way(
    ground: &Ground,
    ways: &Ways,
    mut breach: Breach,
    file: FileId,
    last: EdgeId,
    starts: &[FileId],
    counts: &dyn Fn(&Edge) -> bool,
    free: &dyn Fn(FileId) -> bool,
) -> Option<Breach> {
    breach.way = ways.to(ground, file);
    breach.way.push(last);
    breach.from = ground.edges[breach.way[0]].from.file;
    if !ground.is_excepted(&breach) {
        return Some(breach);
    }
    let others: Vec<FileId> =
        starts.iter().copied().filter(|start| !ground.is_excepted(&Breach { from: *start, ..breach.clone() })).collect();
    let ways = Ways::from(ground, &others, counts, free);
    if !ways.reached.contains(&file) {
        // Nothing but what the exception allows: it stands, so that the exception has something it is for.
        return Some(breach);
    }
    breach.way = ways.to(ground, file);
    breach.way.push(last);
    breach.from = ground.edges[breach.way[0]].from.file;
    Some(breach)
}
