//! The graph on which a contract is judged: its words, its edges, and ways through files.

use std::collections::VecDeque;

use super::edges::{self, Deed, Edge, End};
use super::pieces::{PieceId, Pieces};
use crate::model::contract::{Contract, Terms, Verb};
use crate::model::program::Program;
use crate::model::source::FileId;

/// Index into [`Ground::edges`].
pub(super) type EdgeId = usize;

/// A contract with the program it judges.
pub(super) struct Ground<'a> {
    pub(super) program: &'a Program<'a>,
    pub(super) contract: &'a Contract,
    pub(super) pieces: Pieces<'a>,
    pub(super) edges: Vec<Edge>,
    /// For each file, the edges that leave it.
    out: Vec<Vec<EdgeId>>,
}

impl<'a> Ground<'a> {
    pub(super) fn of(program: &'a Program<'a>, contract: &'a Contract) -> Ground<'a> {
        let pieces = Pieces::of(contract, program);
        let mut ground = Ground { program, contract, pieces, edges: Vec::new(), out: vec![Vec::new(); program.facts.len()] };
        for edge in edges::edges(program, contract) {
            ground.add(edge);
        }
        ground
    }

    /// Puts an edge into the graph.
    pub(super) fn add(&mut self, edge: Edge) -> EdgeId {
        let id = self.edges.len();
        self.out[edge.from.file.index()].push(id);
        self.edges.push(edge);
        id
    }

    /// Takes out what [`Ground::add`] put in last.
    pub(super) fn remove_last(&mut self) {
        if let Some(edge) = self.edges.pop() {
            self.out[edge.from.file.index()].pop();
        }
    }

    /// Takes out the edges that leave some files.
    pub(super) fn mute(&mut self, files: &[FileId]) -> Vec<(FileId, Vec<EdgeId>)> {
        files.iter().map(|file| (*file, std::mem::take(&mut self.out[file.index()]))).collect()
    }

    /// Puts back what [`Ground::mute`] took out.
    pub(super) fn restore(&mut self, muted: Vec<(FileId, Vec<EdgeId>)>) {
        for (file, edges) in muted {
            self.out[file.index()] = edges;
        }
    }

    /// Every file.
    pub(super) fn files(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.out.len() as u32).map(FileId)
    }

    /// The edges that leave a file.
    pub(super) fn leaving(&self, file: FileId) -> impl Iterator<Item = (EdgeId, &Edge)> {
        self.out[file.index()].iter().map(|&id| (id, &self.edges[id]))
    }

    /// True when an edge is one that a rule with this verb looks at.
    pub(super) fn counts(&self, edge: &Edge, verb: Verb, terms: &Terms) -> bool {
        let fits = match verb {
            Verb::Import => edge.deed == Deed::Import,
            Verb::Call => edge.deed != Deed::Import,
            Verb::Use | Verb::Reach => true,
        };
        let types = terms.types.unwrap_or(verb == Verb::Use);
        fits && (types || !edge.types) && (terms.tests || !edge.test)
    }

    /// The pieces where an edge starts.
    pub(super) fn pieces_before(&self, edge: &Edge) -> std::borrow::Cow<'_, [PieceId]> {
        self.pieces.at(self.program, edge.from)
    }

    /// The pieces where an edge ends.
    pub(super) fn pieces_behind(&self, edge: &Edge) -> std::borrow::Cow<'_, [PieceId]> {
        match &edge.to {
            End::Code(def) => self.pieces.at(self.program, *def),
            End::Outside(outside) => self.pieces.of_outside(outside).into(),
        }
    }

    /// True when an edge starts in the folder that the contract judges.
    pub(super) fn judges(&self, file: FileId) -> bool {
        self.contract.judges(self.program.path(file))
    }
}

/// The files reached from some others, each with the edge by which a shortest way comes to it.
pub(super) struct Ways {
    by: Vec<Option<EdgeId>>,
    /// Reached files that are no starts, nearest first.
    pub(super) reached: Vec<FileId>,
}

impl Ways {
    /// Goes from `starts` over edges that `counts` allows, into files that are `free`. Breadth first, in order of files and edges. A way ends in a barrel:
    /// what that hands on to those who ask for it, the start did not ask for, or it would have an edge of its own.
    pub(super) fn from(ground: &Ground, starts: &[FileId], counts: &dyn Fn(&Edge) -> bool, free: &dyn Fn(FileId) -> bool) -> Ways {
        let mut seen = vec![false; ground.program.facts.len()];
        let mut ways = Ways { by: vec![None; seen.len()], reached: Vec::new() };
        let mut queue: VecDeque<FileId> = starts.iter().copied().collect();
        for start in starts {
            seen[start.index()] = true;
        }
        while let Some(file) = queue.pop_front() {
            let is_start = ways.by[file.index()].is_none();
            for (id, edge) in ground.leaving(file).filter(|(_, edge)| counts(edge) && (is_start || !edge.hands_on)) {
                let End::Code(to) = &edge.to else { continue };
                if !seen[to.file.index()] && free(to.file) {
                    seen[to.file.index()] = true;
                    ways.by[to.file.index()] = Some(id);
                    ways.reached.push(to.file);
                    queue.push_back(to.file);
                }
            }
        }
        ways
    }

    /// The edges by which a way comes to a file; none for a start.
    pub(super) fn to(&self, ground: &Ground, file: FileId) -> Vec<EdgeId> {
        let mut way = Vec::new();
        let mut at = file;
        while let Some(edge) = self.by[at.index()] {
            way.push(edge);
            at = ground.edges[edge].from.file;
        }
        way.reverse();
        way
    }
}
