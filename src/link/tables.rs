//! Interning of access paths and values while linking.

use rustc_hash::FxHashMap;

use crate::model::knowledge::{ApiFact, Knowledge};
use crate::model::program::{Api, ApiId, Value, ValueId};
use crate::model::source::Family;

/// Longest access path kept, in steps; longer chains stay at their prefix (nothing is known of them anyway).
const LONGEST_PATH: u16 = 24;

/// Access paths, each once, with what knowledge says of them.
pub(super) struct ApiTable<'a> {
    knowledge: &'a Knowledge,
    apis: Vec<Api>,
    lengths: Vec<u16>,
    /// By the family of the code that names the path: `openai.OpenAI` is one class in Python and another in JavaScript.
    by_path: FxHashMap<Family, FxHashMap<String, ApiId>>,
    /// Per path: the family.
    spoken: Vec<Family>,
    /// Per path: step → longer path, so that no string is built twice.
    steps: Vec<FxHashMap<Box<str>, ApiId>>,
}

impl<'a> ApiTable<'a> {
    pub(super) fn new(knowledge: &'a Knowledge) -> ApiTable<'a> {
        ApiTable { knowledge, apis: Vec::new(), lengths: Vec::new(), by_path: FxHashMap::default(), spoken: Vec::new(), steps: Vec::new() }
    }

    /// The path as it stands in code of a family, or the canonical path it is an alias of.
    pub(super) fn intern(&mut self, path: &str, family: Family) -> ApiId {
        self.intern_at(path, family, 1)
    }

    /// Another path in code of the same family.
    pub(super) fn intern_beside(&mut self, other: ApiId, path: &str) -> ApiId {
        self.intern_at(path, self.family(other), 1)
    }

    /// The family of the code that names a path.
    pub(super) fn family(&self, id: ApiId) -> Family {
        self.spoken[id.0 as usize]
    }

    fn known(&self, path: &str, family: Family) -> Option<ApiId> {
        self.by_path.get(&family)?.get(path).copied()
    }

    fn intern_at(&mut self, path: &str, family: Family, length: u16) -> ApiId {
        if let Some(known) = self.known(path, family) {
            return known;
        }
        // Aliases may lead to aliases; a short bound keeps a circle in the data harmless.
        let mut canonical = path;
        for _ in 0..4 {
            match self.knowledge.canonical(canonical) {
                Some(to) if to != canonical => canonical = to,
                _ => break,
            }
        }
        if canonical != path {
            let id = match self.known(canonical, family) {
                Some(known) => known,
                None => self.add(canonical, family, length),
            };
            self.by_path.entry(family).or_default().insert(path.to_string(), id);
            return id;
        }
        self.add(path, family, length)
    }

    fn add(&mut self, path: &str, family: Family, length: u16) -> ApiId {
        let id = ApiId(self.apis.len() as u32);
        let mut matches = self.knowledge.facts(path);
        matches.retain(|found| self.speaks_of(found.entry, family));
        self.apis.push(Api { path: path.to_string(), matches });
        self.lengths.push(length);
        self.spoken.push(family);
        self.steps.push(FxHashMap::default());
        self.by_path.entry(family).or_default().insert(path.to_string(), id);
        id
    }

    /// False for what is known of a library of another language: `bcrypt.hash` blocks in Rust and not in JavaScript. A user's own facts name no
    /// packages and hold for all.
    fn speaks_of(&self, entry: u32, family: Family) -> bool {
        let framework = &self.knowledge.frameworks[usize::from(self.knowledge.entries[entry as usize].framework)];
        framework.packages.is_empty() || framework.family == family
    }

    /// The path one step further: `step` is `.name`, `()`, `[]` or `!`.
    pub(super) fn step(&mut self, from: ApiId, step: &str) -> ApiId {
        let at = from.0 as usize;
        if let Some(&known) = self.steps[at].get(step) {
            return known;
        }
        let length = self.lengths[at] + 1;
        if length > LONGEST_PATH {
            return from;
        }
        let path = format!("{}{step}", self.apis[at].path);
        let id = self.intern_at(&path, self.family(from), length);
        self.steps[at].insert(step.into(), id);
        id
    }

    #[inline]
    pub(super) fn path(&self, id: ApiId) -> &str {
        &self.apis[id.0 as usize].path
    }

    /// What is known of a path, with the captured table.
    pub(super) fn facts(&self, id: ApiId) -> impl Iterator<Item = (&'a ApiFact, Option<&str>)> + '_ {
        let knowledge = self.knowledge;
        self.apis[id.0 as usize].matches.iter().map(move |found| (&knowledge.entries[found.entry as usize].fact, found.table.as_deref()))
    }

    /// Entries of knowledge that a path of the program matched.
    pub(super) fn entries_matched(&self) -> rustc_hash::FxHashSet<u32> {
        self.apis.iter().flat_map(|api| api.matches.iter().map(|found| found.entry)).collect()
    }

    /// True when knowledge says anything of this path.
    #[inline]
    pub(super) fn is_known(&self, id: ApiId) -> bool {
        !self.apis[id.0 as usize].matches.is_empty()
    }

    pub(super) fn framework_of(&self, id: ApiId, pick: impl Fn(&ApiFact) -> bool) -> Option<&'a str> {
        let knowledge = self.knowledge;
        let found = self.apis[id.0 as usize].matches.iter().find(|found| pick(&knowledge.entries[found.entry as usize].fact))?;
        let framework = knowledge.entries[found.entry as usize].framework as usize;
        knowledge.frameworks.get(framework).map(|framework| framework.name.as_str())
    }

    /// Hands the paths out; nothing can be interned until [`ApiTable::put`].
    pub(super) fn take(&mut self) -> Vec<Api> {
        std::mem::take(&mut self.apis)
    }

    /// Takes them back.
    pub(super) fn put(&mut self, apis: Vec<Api>) {
        self.apis = apis;
    }
}

/// Values, each once.
pub(super) struct ValueTable {
    values: Vec<Value>,
    index: FxHashMap<Value, ValueId>,
}

/// The id of [`Value::Unknown`].
pub(super) const UNKNOWN: ValueId = ValueId(0);

impl ValueTable {
    pub(super) fn new() -> ValueTable {
        let mut table = ValueTable { values: Vec::new(), index: FxHashMap::default() };
        table.intern(Value::Unknown);
        table
    }

    pub(super) fn intern(&mut self, value: Value) -> ValueId {
        let values = &mut self.values;
        *self.index.entry(value).or_insert_with(|| {
            values.push(value);
            ValueId(values.len() as u32 - 1)
        })
    }

    #[inline]
    pub(super) fn get(&self, id: ValueId) -> Value {
        self.values[id.0 as usize]
    }

    /// Hands the values out; nothing can be interned until [`ValueTable::put`].
    pub(super) fn take(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.values)
    }

    /// Takes them back.
    pub(super) fn put(&mut self, values: Vec<Value>) {
        self.values = values;
    }
}

impl ApiTable<'_> {
    /// The path of a member.
    pub(super) fn step_name(&mut self, from: ApiId, name: &str) -> ApiId {
        let mut step = String::with_capacity(name.len() + 1);
        step.push('.');
        step.push_str(name);
        self.step(from, &step)
    }
}
