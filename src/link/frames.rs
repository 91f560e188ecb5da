//! Functions being walked, one within another, and what they are told of their parameters.

use super::evaluate::{Frame, Linker, State};
use super::tables::UNKNOWN;
use crate::model::body::NodeKind;
use crate::model::facts::{DefId, DefKind, ParamKind};
use crate::model::program::{Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// Longest chain of functions asked for their result on demand.
pub(super) const DEEPEST_DEMAND: usize = 40;

impl<'a> Linker<'a> {
    /// Runs `work` with a frame in which the static scope is `def` (for annotations, base classes, module variables).
    pub(super) fn within<T>(&mut self, at: GlobalDef, work: impl FnOnce(&mut Linker<'a>) -> T) -> T {
        let parent = self.frame_of(GlobalDef { file: at.file, def: self.facts[at.file.index()].def(at.def).parent });
        self.frames.push(Frame::new(at, parent));
        let depth = std::mem::take(&mut self.depth);
        let result = work(self);
        self.depth = depth;
        self.frames.pop();
        result
    }

    /// The open frame of a function, for the closures and nested functions that see its locals.
    fn frame_of(&self, function: GlobalDef) -> Option<usize> {
        if function.def == DefId::MODULE {
            return None;
        }
        self.frames.iter().rposition(|frame| frame.file == function.file && frame.def == function.def)
    }

    pub(super) fn here(&self) -> GlobalDef {
        match self.frames.last() {
            Some(frame) => GlobalDef { file: frame.file, def: frame.def },
            None => GlobalDef { file: FileId(0), def: DefId::MODULE },
        }
    }

    /// Walks a body unless it is walked already; gives what it returns (or yields).
    pub(super) fn run(&mut self, function: GlobalDef) -> ValueId {
        match self.states.get(&function) {
            Some(State::Open) => return UNKNOWN,
            Some(&State::Done(result)) => return result,
            None => {}
        }
        if self.frames.len() > DEEPEST_DEMAND {
            return UNKNOWN;
        }
        let facts = &self.facts[function.file.index()];
        if self.spared.function(facts, function) {
            self.states.insert(function, State::Done(UNKNOWN));
            return UNKNOWN;
        }
        let def = facts.def(function.def);
        self.states.insert(function, State::Open);
        let parent = self.enclosing_frame(function);
        self.frames.push(Frame::new(function, parent));
        let depth = std::mem::take(&mut self.depth);
        for &decorator in &def.decorators {
            self.eval(decorator);
        }
        self.hint_decorated(function);
        self.bind_parameters(function);
        // Frameworks read what a handler says that it gives.
        if let (false, Some(annotation)) = (def.decorators.is_empty(), def.annotation) {
            self.type_value(annotation);
        }
        let mut result = UNKNOWN;
        match def.body {
            Some(body) => {
                let last = self.eval(body);
                if matches!(facts.arena.kind(body), NodeKind::Block { value: true, .. }) {
                    result = last;
                }
            }
            None => {
                // Fields and variables: their value may hold closures nobody else walks.
                if matches!(def.kind, DefKind::Field)
                    && let Some(value) = def.value
                {
                    self.eval(value);
                }
            }
        }
        self.walk_pending();
        if let Some(frame) = self.frames.pop() {
            result = self.join(result, frame.returns);
            result = self.join(result, frame.yields);
        }
        self.depth = depth;
        self.states.insert(function, State::Done(result));
        result
    }

    /// The open frame of the nearest enclosing function (through the class of a method in a function).
    fn enclosing_frame(&self, function: GlobalDef) -> Option<usize> {
        let facts = &self.facts[function.file.index()];
        let mut at = facts.def(function.def).parent;
        for _ in 0..8 {
            if at == DefId::MODULE {
                return None;
            }
            if let Some(frame) = self.frame_of(GlobalDef { file: function.file, def: at }) {
                return Some(frame);
            }
            at = facts.def(at).parent;
        }
        None
    }

    fn walk_pending(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let (file, pending) = (frame.file, std::mem::take(&mut frame.pending));
        for def in pending {
            self.run(GlobalDef { file, def });
            let facts = &self.facts[file.index()];
            if super::scopes::is_class_like(facts.def(def).kind) {
                let methods: Vec<DefId> = facts
                    .definitions()
                    .skip(def.index() + 1)
                    .filter(|(_, member)| member.parent == def && member.kind == DefKind::Method)
                    .map(|(id, _)| id)
                    .collect();
                for method in methods {
                    self.run(GlobalDef { file, def: method });
                }
            }
        }
    }

    fn bind_parameters(&mut self, function: GlobalDef) {
        let facts = &self.facts[function.file.index()];
        let def = facts.def(function.def);
        let mut position = 0;
        for param in &def.params {
            for &decorator in &param.decorators {
                self.eval(decorator);
            }
            if param.kind == ParamKind::Receiver {
                continue;
            }
            let default = param.default.map_or(UNKNOWN, |default| self.eval(default));
            let mut value = match param.annotation {
                Some(annotation) => self.type_value(annotation),
                None => UNKNOWN,
            };
            if value == UNKNOWN {
                value = default;
            }
            if value == UNKNOWN || matches!(self.get(value), Value::Literal(..)) {
                let hint = self.hints.get(&function).and_then(|hints| hints.get(position)).copied().unwrap_or(UNKNOWN);
                value = self.declared_as(value, hint);
            }
            match param.kind {
                ParamKind::Rest if value != UNKNOWN && !matches!(self.get(value), Value::Collection(_)) => {
                    value = self.value(Value::Collection(value));
                }
                ParamKind::KeywordRest if value != UNKNOWN => value = self.value(Value::Mapping(value)),
                _ => {}
            }
            if value == UNKNOWN
                && let Some(name) = param.name
            {
                value = self.meant_by_name(function, facts.text(name), param.annotation.is_some());
            }
            if let Some(name) = param.name
                && let Some(frame) = self.frames.last_mut()
            {
                frame.locals.insert(name, value);
            }
            if let Some(pattern) = param.pattern {
                self.bind(pattern, value);
            }
            position += 1;
        }
    }

    /// Remembers what a caller passes for an unannotated parameter (zero-based, receiver not counted).
    pub(super) fn hint(&mut self, function: GlobalDef, position: usize, value: ValueId) {
        if value == UNKNOWN || position >= 16 {
            return;
        }
        let def = self.facts[function.file.index()].def(function.def);
        let param = def.params.iter().filter(|param| param.kind != ParamKind::Receiver).nth(position);
        if param.is_none_or(|param| param.annotation.is_some() || param.kind != ParamKind::Normal) {
            return;
        }
        if let Some(offers) = &mut self.offers {
            offers.insert((function, position, value));
        }
        let here = self.here();
        let hints = self.hints.entry(function).or_default();
        if hints.len() <= position {
            hints.resize(position + 1, UNKNOWN);
        }
        if hints[position] == UNKNOWN {
            hints[position] = value;
            self.hinted_by.insert((function, position), here);
            if self.states.contains_key(&function) {
                self.stale.insert(function);
            }
        }
    }
}
