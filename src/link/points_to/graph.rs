//! The constraint graph: variables with sets of abstract objects, edges along which sets flow, and uses that wait for objects.
//!
//! Inclusion-based (Andersen, *Program Analysis and Specialization for the C Programming Language*, 1994), solved with a
//! worklist that hands on only what is new. Sets are small sorted vectors; a set that grows beyond [`MOST_OBJECTS`] takes no
//! more, and that is counted.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::role::GlobalDef;

/// A set of objects: what a variable, field, parameter or result may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Var(pub(super) u32);

/// An abstract object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Obj(pub(super) u32);

/// An interned name of a field: an attribute, a constant key, `#0` for a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Sym(pub(super) u32);

/// The field of elements whose key is not known.
pub(super) const ELEMENT: Sym = Sym(0);
/// Everything that any field of the object holds: what a read with an unknown key gives.
pub(super) const ANY: Sym = Sym(1);

/// A call, written or implied; see `calls.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SiteId(pub(super) u32);

/// What an abstract object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Thing {
    Function(GlobalDef),
    Class(GlobalDef),
    /// All instances of a class.
    Instance(GlobalDef),
    /// JavaScript: what `new F()` makes, for a function `F`.
    Made(GlobalDef),
    /// JavaScript: the object that `F.prototype` is from the start.
    Prototype(GlobalDef),
    /// A function with its receiver: both are objects.
    Bound {
        function: Obj,
        receiver: Obj,
    },
    Module(GlobalDef),
    /// A list, tuple, dict or object literal, by the order of their creation.
    Container(u32),
    /// What calling a generator function gives.
    Generator(GlobalDef),
    /// `functools.partial(f, …)`, `f.bind(…)`: made by the call at the site.
    Partial(SiteId),
    /// `resolve` of the promise made at the site.
    Resolve(SiteId),
}

/// What waits for the objects of a variable.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use {
    /// `x.key`: to `to`. `this`: the object whose prototype is being read.
    Load {
        key: Sym,
        to: Var,
        site: SiteId,
        this: Option<Obj>,
    },
    /// `x[?]`, destructuring with a rest: every field.
    LoadAny {
        to: Var,
    },
    Store {
        key: Sym,
        from: Var,
    },
    /// `x.key(…)`.
    Method {
        key: Sym,
        site: SiteId,
        this: Option<Obj>,
    },
    /// `x(…)`, with the receiver the function was found at.
    Call {
        site: SiteId,
        this: Option<Obj>,
    },
    /// Functions become methods of `receiver`; everything else passes.
    Bind {
        receiver: Obj,
        to: Var,
        site: SiteId,
    },
    /// Iteration: the elements go to `to`.
    Iterate {
        to: Var,
        site: SiteId,
    },
    /// What `__iter__` gave is asked for its next.
    Next {
        to: Var,
        site: SiteId,
    },
    /// `super().key`: the objects are receivers, the search begins behind `class`.
    SuperLoad {
        key: Sym,
        class: GlobalDef,
        to: Var,
        site: SiteId,
    },
    SuperCall {
        key: Sym,
        class: GlobalDef,
        site: SiteId,
    },
    /// `type(x)`.
    ClassOf {
        to: Var,
    },
    /// `raise C` without a call.
    Construct {
        site: SiteId,
    },
    /// `{...x}`, `d.update(x)`, `Object.assign(o, x)`: the fields of what comes become fields of `to`.
    Copy {
        to: Obj,
    },
    /// `*args` or `**kwargs` handed to a function whose parameters are known.
    CopyFrom {
        objects: Var,
    },
}

/// Most objects one variable keeps.
const MOST_OBJECTS: usize = 128;

/// No link.
const NONE: u32 = u32::MAX;

struct Variable {
    /// In the order in which they came.
    objects: Vec<Obj>,
    /// How many of them have been handed on.
    done: u32,
    /// First of the list of edges, and of uses.
    next: u32,
    uses: u32,
    queued: bool,
    full: bool,
}

/// What solving asks of the owner of the graph.
pub(super) enum Work {
    /// These objects have come to the variable.
    Use(Use, Obj),
}

/// Variables, objects and fields. Edges and uses are linked lists in two arenas: there are many variables, and most have few.
#[derive(Default)]
pub(super) struct Graph {
    variables: Vec<Variable>,
    links: Vec<(Var, u32)>,
    waiting: Vec<(Use, u32)>,
    things: Vec<Thing>,
    index: FxHashMap<Thing, Obj>,
    fields: FxHashMap<(Obj, Sym), Var>,
    fields_of: FxHashMap<Obj, Vec<(Sym, Var)>>,
    mirrors: FxHashMap<Obj, Vec<Obj>>,
    /// Edges made while solving, where the same one may be asked for again.
    edges: FxHashSet<(Var, Var)>,
    pub(super) solving: bool,
    queue: std::collections::VecDeque<Var>,
    fresh: Vec<(Var, Use)>,
    containers: u32,
    /// Sets that were full.
    pub(super) full: u32,
}

impl Graph {
    pub(super) fn var(&mut self) -> Var {
        self.variables.push(Variable { objects: Vec::new(), done: 0, next: NONE, uses: NONE, queued: false, full: false });
        Var(self.variables.len() as u32 - 1)
    }

    pub(super) fn obj(&mut self, thing: Thing) -> Obj {
        let things = &mut self.things;
        *self.index.entry(thing).or_insert_with(|| {
            things.push(thing);
            Obj(things.len() as u32 - 1)
        })
    }

    pub(super) fn container(&mut self) -> Obj {
        self.containers += 1;
        self.obj(Thing::Container(self.containers))
    }

    pub(super) fn thing(&self, obj: Obj) -> Thing {
        self.things[obj.0 as usize]
    }

    pub(super) fn objects(&self, var: Var) -> &[Obj] {
        &self.variables[var.0 as usize].objects
    }

    /// Puts an object into a variable.
    pub(super) fn put(&mut self, var: Var, obj: Obj) {
        let variable = &mut self.variables[var.0 as usize];
        if variable.objects.contains(&obj) {
            return;
        }
        if variable.objects.len() >= MOST_OBJECTS {
            self.full += u32::from(!variable.full);
            variable.full = true;
            return;
        }
        variable.objects.push(obj);
        if !variable.queued {
            variable.queued = true;
            self.queue.push_back(var);
        }
    }

    /// Whatever is in `from` is in `to`.
    pub(super) fn flow(&mut self, from: Var, to: Var) {
        if from == to || self.solving && !self.edges.insert((from, to)) {
            return;
        }
        let variable = &mut self.variables[from.0 as usize];
        self.links.push((to, variable.next));
        variable.next = self.links.len() as u32 - 1;
        // What has not been handed on yet will be.
        for at in 0..variable.done as usize {
            let obj = self.variables[from.0 as usize].objects[at];
            self.put(to, obj);
        }
    }

    pub(super) fn use_at(&mut self, var: Var, what: Use) {
        let variable = &mut self.variables[var.0 as usize];
        self.waiting.push((what, variable.uses));
        variable.uses = self.waiting.len() as u32 - 1;
        if variable.done > 0 {
            self.fresh.push((var, what));
        }
    }

    /// The variable behind a field.
    pub(super) fn field(&mut self, obj: Obj, key: Sym) -> Var {
        if let Some(&known) = self.fields.get(&(obj, key)) {
            return known;
        }
        let var = self.var();
        self.fields.insert((obj, key), var);
        let thing = self.thing(obj);
        let enumerable = matches!(thing, Thing::Container(_) | Thing::Prototype(_) | Thing::Made(_) | Thing::Instance(_));
        if key != ANY && enumerable {
            if matches!(thing, Thing::Container(_) | Thing::Prototype(_)) {
                let any = self.field(obj, ANY);
                self.flow(var, any);
            }
            self.fields_of.entry(obj).or_default().push((key, var));
            for mirror in self.mirrors.get(&obj).cloned().unwrap_or_default() {
                let copy = self.field(mirror, key);
                self.flow(var, copy);
            }
        }
        var
    }

    /// The field's variable, if anything has asked for it.
    pub(super) fn known_field(&self, obj: Obj, key: Sym) -> Option<Var> {
        self.fields.get(&(obj, key)).copied()
    }

    /// All fields of `from`, now and later, are fields of `to`.
    pub(super) fn mirror(&mut self, from: Obj, to: Obj) {
        let mirrors = self.mirrors.entry(from).or_default();
        if from == to || mirrors.contains(&to) || mirrors.len() >= MOST_OBJECTS {
            return;
        }
        mirrors.push(to);
        for (key, var) in self.fields_of.get(&from).cloned().unwrap_or_default() {
            let copy = self.field(to, key);
            self.flow(var, copy);
        }
    }

    /// The next things to do; empty when nothing changes any more.
    pub(super) fn work(&mut self, out: &mut Vec<Work>) {
        for (var, what) in std::mem::take(&mut self.fresh) {
            let variable = &self.variables[var.0 as usize];
            out.extend(variable.objects[..variable.done as usize].iter().map(|&obj| Work::Use(what, obj)));
        }
        while out.is_empty() {
            let Some(var) = self.queue.pop_front() else { return };
            let variable = &mut self.variables[var.0 as usize];
            variable.queued = false;
            let (from, to) = (variable.done as usize, variable.objects.len());
            variable.done = to as u32;
            let (mut link, mut use_link) = (variable.next, variable.uses);
            while use_link != NONE {
                let (what, next) = self.waiting[use_link as usize];
                out.extend(self.variables[var.0 as usize].objects[from..to].iter().map(|&obj| Work::Use(what, obj)));
                use_link = next;
            }
            while link != NONE {
                let (target, next) = self.links[link as usize];
                for at in from..to {
                    let obj = self.variables[var.0 as usize].objects[at];
                    self.put(target, obj);
                }
                link = next;
            }
        }
    }

    /// For each variable, those that flow into it: ranges of one list.
    pub(super) fn sources(&self) -> Sources {
        let mut starts = vec![0u32; self.variables.len() + 1];
        for &(to, _) in &self.links {
            starts[to.0 as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut filled = starts.clone();
        let mut list = vec![Var(0); self.links.len()];
        for (at, variable) in self.variables.iter().enumerate() {
            let mut link = variable.next;
            while link != NONE {
                let (to, next) = self.links[link as usize];
                list[filled[to.0 as usize] as usize] = Var(at as u32);
                filled[to.0 as usize] += 1;
                link = next;
            }
        }
        Sources { starts, list }
    }
}

/// Edges, backwards.
pub(super) struct Sources {
    starts: Vec<u32>,
    list: Vec<Var>,
}

impl Sources {
    pub(super) fn of(&self, var: Var) -> &[Var] {
        let at = var.0 as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(&start), Some(&end)) => &self.list[start as usize..end as usize],
            _ => &[],
        }
    }
}
