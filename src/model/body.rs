//! The body IR: the code of one file as a small arena of language-neutral nodes.
//!
//! One arena per file. A [`Node`] is a kind and a span; children are [`NodeId`]s, child lists are [`List`]s into one shared
//! vector. Statements and expressions are the same type, because in Rust they are. There are no language-specific
//! variants; what a language adds is said by a flag from a closed list ([`CallForm`], [`AssignOp`], [`LoopKind`] …).
//! Source parentheses, `&`, `*`, non-null `!`, lifetimes and type-only syntax vanish; `Other` keeps unknown things so that
//! data still flows through them.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::facts::{DefId, Name};
use super::source::Span;

/// Index of a node in its file's arena. Zero is never used, so `Option<NodeId>` is four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub NonZeroU32);

impl NodeId {
    /// The node's index into per-node tables.
    #[inline]
    pub fn index(self) -> usize {
        self.0.get() as usize
    }
}

/// A list of child nodes: an offset into [`Arena::lists`], where the length stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List(u32);

impl List {
    /// The empty list.
    pub const EMPTY: List = List(0);
}

/// One statement or expression.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub kind: NodeKind,
    pub span: Span,
}

/// What a node is. `Option` children are absent in the source.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum NodeKind {
    /// An identifier: `x`. In a pattern, a binding. In a Rust path, its first segment (`crate`, `super`, `Self`, `std`).
    Name(Name),
    /// The receiver inside a method: `this` (TypeScript), `self` (Rust), the first parameter of a Python method
    /// (`self`, or `cls` in a class method), also inside nested functions that close over it.
    Receiver,
    /// `super` (TypeScript) or `super()` (Python, the call included).
    Super,
    /// `object.name`, `object?.name`, `object->name`; also a Rust path `object::name` (then `path` is true).
    Member {
        object: NodeId,
        name: Name,
        path: bool,
    },
    /// `object[index]`; a slice has an `Other` index.
    Index {
        object: NodeId,
        index: NodeId,
    },
    /// A call, construction, macro, tagged template, JSX element, struct literal or constructor pattern.
    Call {
        callee: NodeId,
        args: List,
        form: CallForm,
    },
    /// A named argument or attribute (`timeout=3`, a struct literal's or JSX element's field). Only inside lists of arguments.
    Argument {
        name: Name,
        value: NodeId,
    },
    /// `*xs`, `...xs`, `..base` (`named` false) or `**kw` (`named` true).
    Spread {
        value: NodeId,
        named: bool,
    },
    /// A string literal, its value with escapes decoded.
    Str(Name),
    /// A bytes literal (`b"…"`), its text as written between the quotes.
    Bytes(Name),
    /// A number as written.
    Number(Name),
    Bool(bool),
    /// `None`, `null`, `undefined`, `()`.
    Null,
    /// A regular expression literal, as written.
    Regex(Name),
    /// Text built from parts, whatever the syntax. Literal pieces are `Str` nodes and stand in order among the values.
    /// A part formatted as a number (`%d`, `{:.2f}`) is wrapped in a `Cast` to `Name("float")` or `Name("int")`.
    Text {
        parts: List,
        form: TextForm,
    },
    Await(NodeId),
    /// Rust `value?`.
    Propagate(NodeId),
    Unary {
        op: UnaryOp,
        value: NodeId,
    },
    Binary {
        op: BinaryOp,
        left: NodeId,
        right: NodeId,
    },
    /// `[…]`, `(…)`, `{…}`, Rust arrays and `vec![…]`. As a pattern: destructuring.
    Collection {
        kind: CollectionKind,
        items: List,
    },
    /// `key: value` inside a `Dict` (key is a `Str` for plain object keys), also in patterns.
    Entry {
        key: NodeId,
        value: NodeId,
    },
    /// A lambda, arrow function, function expression or Rust closure; its code is in the definition.
    Closure(DefId),
    /// The place where a nested function or class is defined.
    Define(DefId),
    /// `if`, ternary, `if let` (condition holds `Assign` with op `Test`), Rust `if` expression.
    If {
        condition: NodeId,
        then: NodeId,
        otherwise: Option<NodeId>,
    },
    /// Any loop. `source` is the iterable or the condition. A comprehension's element expression is its body; `if` clauses are `If` in the body.
    Loop {
        kind: LoopKind,
        is_async: bool,
        target: Option<NodeId>,
        source: Option<NodeId>,
        body: NodeId,
    },
    /// A sequence of statements. In Rust the last one without `;` is the value: `value` is then true.
    Block {
        items: List,
        value: bool,
    },
    /// `match`, `switch`. Arms are `Arm` nodes.
    Match {
        subject: NodeId,
        arms: List,
    },
    /// One arm. A `default`/`_`/`case _` arm has `Other` as pattern.
    Arm {
        pattern: NodeId,
        guard: Option<NodeId>,
        body: NodeId,
    },
    /// `try`. Handlers are `Handler` nodes.
    Try {
        body: NodeId,
        handlers: List,
        otherwise: Option<NodeId>,
        finally: Option<NodeId>,
    },
    /// `except A, B as e`, `catch (e)`. No types: catches everything.
    Handler {
        types: List,
        binding: Option<NodeId>,
        body: NodeId,
    },
    /// `with a as b, c:`; items are values or `Assign` with op `With`.
    With {
        items: List,
        body: NodeId,
        is_async: bool,
    },
    /// `target = value` and its relatives.
    Assign {
        target: NodeId,
        value: NodeId,
        op: AssignOp,
    },
    /// A declaration: `let x: T = v`, `const x = v`, `x: T = v` (Python), `let x;`.
    Declare {
        target: NodeId,
        annotation: Option<NodeId>,
        value: Option<NodeId>,
        constant: bool,
    },
    Return(Option<NodeId>),
    /// `raise`, `throw`; `panic!` stays a macro call.
    Raise(Option<NodeId>),
    Yield(Option<NodeId>),
    Break(Option<NodeId>),
    Continue,
    /// `assert x`.
    Assert(NodeId),
    /// `value as T`, `<T>value`, `value satisfies T`, `cast(T, value)` stays a call.
    Cast {
        value: NodeId,
        to: NodeId,
    },
    /// A generic type or call with explicit type arguments: `List[int]` in an annotation, `Repo<User>`, `query_as::<_, User>`.
    Apply {
        base: NodeId,
        args: List,
    },
    /// `A | B` in a type, `Optional`'s parts are left as `Apply`.
    Union(List),
    /// Anything else; data flows through it from its children.
    Other(List),
}

impl NodeKind {
    /// The same kind with its names, children and lists of children replaced.
    pub fn map(
        self,
        name: &mut dyn FnMut(Name) -> Name,
        node: &mut dyn FnMut(NodeId) -> NodeId,
        list: &mut dyn FnMut(List) -> List,
    ) -> NodeKind {
        use NodeKind::*;
        match self {
            Receiver | Super | Bool(_) | Null | Closure(_) | Define(_) | Continue => self,
            Name(own) => Name(name(own)),
            Str(own) => Str(name(own)),
            Bytes(own) => Bytes(name(own)),
            Number(own) => Number(name(own)),
            Regex(own) => Regex(name(own)),
            Member { object, name: own, path } => Member { object: node(object), name: name(own), path },
            Index { object, index } => Index { object: node(object), index: node(index) },
            Call { callee, args, form } => Call { callee: node(callee), args: list(args), form },
            Argument { name: own, value } => Argument { name: name(own), value: node(value) },
            Spread { value, named } => Spread { value: node(value), named },
            Text { parts, form } => Text { parts: list(parts), form },
            Await(value) => Await(node(value)),
            Propagate(value) => Propagate(node(value)),
            Unary { op, value } => Unary { op, value: node(value) },
            Binary { op, left, right } => Binary { op, left: node(left), right: node(right) },
            Collection { kind, items } => Collection { kind, items: list(items) },
            Entry { key, value } => Entry { key: node(key), value: node(value) },
            If { condition, then, otherwise } => If { condition: node(condition), then: node(then), otherwise: otherwise.map(node) },
            Loop { kind, is_async, target, source, body } => {
                Loop { kind, is_async, target: target.map(&mut *node), source: source.map(&mut *node), body: node(body) }
            }
            Block { items, value } => Block { items: list(items), value },
            Match { subject, arms } => Match { subject: node(subject), arms: list(arms) },
            Arm { pattern, guard, body } => Arm { pattern: node(pattern), guard: guard.map(&mut *node), body: node(body) },
            Try { body, handlers, otherwise, finally } => {
                Try { body: node(body), handlers: list(handlers), otherwise: otherwise.map(&mut *node), finally: finally.map(&mut *node) }
            }
            Handler { types, binding, body } => Handler { types: list(types), binding: binding.map(&mut *node), body: node(body) },
            With { items, body, is_async } => With { items: list(items), body: node(body), is_async },
            Assign { target, value, op } => Assign { target: node(target), value: node(value), op },
            Declare { target, annotation, value, constant } => {
                Declare { target: node(target), annotation: annotation.map(&mut *node), value: value.map(&mut *node), constant }
            }
            Return(value) => Return(value.map(node)),
            Raise(value) => Raise(value.map(node)),
            Yield(value) => Yield(value.map(node)),
            Break(value) => Break(value.map(node)),
            Assert(value) => Assert(node(value)),
            Cast { value, to } => Cast { value: node(value), to: node(to) },
            Apply { base, args } => Apply { base: node(base), args: list(args) },
            Union(parts) => Union(list(parts)),
            Other(parts) => Other(list(parts)),
        }
    }
}

/// How a call is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallForm {
    /// `f(x)`.
    Plain,
    /// `new C(x)`, Rust `C { a: x }`.
    New,
    /// Rust `m!(…)`; arguments are parsed as expressions where they are ones. The callee's name has no `!`.
    Macro,
    /// `` tag`…` ``: one `Text` argument.
    Tagged,
    /// `<C a={x}>…</C>`: attributes are `Argument`s, children follow; a lower-case element's callee is a `Str`.
    Jsx,
    /// A constructor pattern: `Some(x)`, `User { name, .. }`, `case Point(x=0)`.
    Pattern,
}

/// How text is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextForm {
    /// f-string, template literal, Python t-string.
    Interpolated,
    /// `"…".format(…)`, `"…" % …`, `format!(…)`, `util.format(…)`.
    Format,
    /// `a + b` where one side is text, implicit concatenation with a non-literal, `concat!`.
    Concat,
    /// `sep.join(items)` on a literal separator, `[…].join(sep)` on a literal array; parts are the separator, then the items.
    Join,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnaryOp {
    Not,
    Negate,
    /// `typeof x`.
    TypeOf,
    /// `del x`, `delete x`.
    Delete,
    /// `++x`, `x--`: reads and writes.
    Step,
    /// `+x`, `~x`: a number.
    Number,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Bits,
    And,
    Or,
    /// `??`.
    Coalesce,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Is,
    IsNot,
    InstanceOf,
    Range,
    Other,
}

impl BinaryOp {
    /// True for comparisons and membership tests, whose result is a boolean.
    pub fn is_test(self) -> bool {
        use BinaryOp::*;
        matches!(self, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual | In | NotIn | Is | IsNot | InstanceOf)
    }

    /// True for `+ - * / % **`.
    pub fn is_arithmetic(self) -> bool {
        use BinaryOp::*;
        matches!(self, Add | Subtract | Multiply | Divide | Remainder | Power)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CollectionKind {
    List,
    Tuple,
    Set,
    /// Python dict, JavaScript object.
    Dict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoopKind {
    /// `for x in xs`, `for (const x of xs)`, `for (k in o)`.
    ForEach,
    /// C-style `for (init; test; step)`; `init` stands before the loop in a `Block`, `step` at the end of the body.
    Counted,
    /// `while`, `while let` (source holds `Assign` with op `Test`), `do … while`.
    While,
    /// Rust `loop`, `while True`, `while (true)`, `for (;;)`.
    Infinite,
    /// Comprehension or generator expression.
    Comprehension,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AssignOp {
    /// `=`, walrus.
    Set,
    /// `+=` and friends.
    Augment(BinaryOp),
    /// Binding of a `with` item.
    With,
    /// `if let P = v`, `while let P = v`, let chains.
    Test,
    /// A default inside a destructuring pattern: `{ a = 1 }`.
    Default,
}

/// All nodes of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arena {
    nodes: Vec<Node>,
    lists: Vec<u32>,
}

impl Default for Arena {
    fn default() -> Arena {
        // Node 0 and list 0 are placeholders, so that ids are non-zero and `List::EMPTY` is valid.
        Arena { nodes: vec![Node { kind: NodeKind::Null, span: Span::default() }], lists: vec![0] }
    }
}

impl Arena {
    /// Adds a node.
    pub fn push(&mut self, kind: NodeKind, span: Span) -> NodeId {
        let id = NonZeroU32::new(self.nodes.len() as u32).map_or(NodeId(NonZeroU32::MIN), NodeId);
        self.nodes.push(Node { kind, span });
        id
    }

    /// Adds a list of nodes.
    pub fn push_list(&mut self, items: &[NodeId]) -> List {
        if items.is_empty() {
            return List::EMPTY;
        }
        let list = List(self.lists.len() as u32);
        self.lists.push(items.len() as u32);
        self.lists.extend(items.iter().map(|item| item.0.get()));
        list
    }

    /// Replaces a node's kind (for repairs while lowering).
    pub fn replace(&mut self, id: NodeId, kind: NodeKind) {
        self.nodes[id.index()].kind = kind;
    }

    /// The node with this id.
    #[inline]
    pub fn node(&self, id: NodeId) -> Node {
        self.nodes[id.index()]
    }

    /// The kind of a node.
    #[inline]
    pub fn kind(&self, id: NodeId) -> NodeKind {
        self.nodes[id.index()].kind
    }

    /// The span of a node.
    #[inline]
    pub fn span(&self, id: NodeId) -> Span {
        self.nodes[id.index()].span
    }

    /// Number of ids in use: node ids are below this, so it sizes per-node tables.
    #[inline]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True when no node has been added.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    /// All node ids in the order they were made (children before parents).
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..self.nodes.len() as u32).filter_map(|at| NonZeroU32::new(at).map(NodeId))
    }

    /// The members of a list.
    #[inline]
    pub fn list(&self, list: List) -> impl ExactSizeIterator<Item = NodeId> + DoubleEndedIterator + Clone + '_ {
        let start = list.0 as usize;
        let length = self.lists[start] as usize;
        self.lists[start + 1..start + 1 + length].iter().map(|&raw| NodeId(NonZeroU32::new(raw).unwrap_or(NonZeroU32::MIN)))
    }

    /// Calls `visit` with every direct child in source order. `Closure` and `Define` have no children here: their code
    /// belongs to the definition they name.
    pub fn children(&self, id: NodeId, mut visit: impl FnMut(NodeId)) {
        use NodeKind::*;
        let option = |child: Option<NodeId>, visit: &mut dyn FnMut(NodeId)| {
            if let Some(child) = child {
                visit(child);
            }
        };
        match self.kind(id) {
            Name(_) | Receiver | Super | Str(_) | Bytes(_) | Number(_) | Bool(_) | Null | Regex(_) | Closure(_) | Define(_) | Continue => {}
            Member { object, .. } => visit(object),
            Index { object, index } => {
                visit(object);
                visit(index);
            }
            Call { callee, args, .. } => {
                visit(callee);
                self.list(args).for_each(visit);
            }
            Argument { value, .. } | Spread { value, .. } | Unary { value, .. } => visit(value),
            Text { parts: items, .. } | Collection { items, .. } | Block { items, .. } | Union(items) | Other(items) => {
                self.list(items).for_each(visit)
            }
            Await(value) | Propagate(value) | Assert(value) => visit(value),
            Binary { left, right, .. } => {
                visit(left);
                visit(right);
            }
            Entry { key, value } => {
                visit(key);
                visit(value);
            }
            If { condition, then, otherwise } => {
                visit(condition);
                visit(then);
                option(otherwise, &mut visit);
            }
            Loop { target, source, body, .. } => {
                option(target, &mut visit);
                option(source, &mut visit);
                visit(body);
            }
            Match { subject, arms } => {
                visit(subject);
                self.list(arms).for_each(visit);
            }
            Arm { pattern, guard, body } => {
                visit(pattern);
                option(guard, &mut visit);
                visit(body);
            }
            Try { body, handlers, otherwise, finally } => {
                visit(body);
                self.list(handlers).for_each(&mut visit);
                option(otherwise, &mut visit);
                option(finally, &mut visit);
            }
            Handler { types, binding, body } => {
                self.list(types).for_each(&mut visit);
                option(binding, &mut visit);
                visit(body);
            }
            With { items, body, .. } => {
                self.list(items).for_each(&mut visit);
                visit(body);
            }
            Assign { target, value, .. } => {
                visit(value);
                visit(target);
            }
            Declare { target, annotation, value, .. } => {
                option(annotation, &mut visit);
                option(value, &mut visit);
                visit(target);
            }
            Return(value) | Raise(value) | Yield(value) | Break(value) => option(value, &mut visit),
            Cast { value, to } => {
                visit(value);
                visit(to);
            }
            Apply { base, args } => {
                visit(base);
                self.list(args).for_each(visit);
            }
        }
    }

    /// Calls `visit` with `root` and everything below it, parents first, in source order, without recursion.
    pub fn walk(&self, root: NodeId, mut visit: impl FnMut(NodeId)) {
        self.walk_while(root, |id| {
            visit(id);
            true
        });
    }

    /// True when `root` or something below it passes the test.
    pub fn any(&self, root: NodeId, mut test: impl FnMut(NodeId) -> bool) -> bool {
        let mut found = false;
        self.walk_while(root, |id| {
            found = found || test(id);
            !found
        });
        found
    }

    /// Like [`Arena::walk`], but does not go below a node for which `visit` returns false.
    pub fn walk_while(&self, root: NodeId, mut visit: impl FnMut(NodeId) -> bool) {
        let mut stack = vec![root];
        while let Some(id) = stack.pop() {
            if !visit(id) {
                continue;
            }
            let base = stack.len();
            self.children(id, |child| stack.push(child));
            stack[base..].reverse();
        }
    }
}
