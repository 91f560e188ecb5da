//! Expressions: operators, calls, member access, literals, objects and arrays.
//!
//! Left-nested chains are lowered in a loop ([`Lowering::chain`]): down along the first children, then up again, each level
//! adding to what is below it.

use crate::model::body::{AssignOp, BinaryOp, CallForm, CollectionKind, List, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefFlags, ImportKind, Name};
use crate::model::source::Span;

use super::grammar::Kind;
use super::lower::{Hint, Lowering};

/// What a chain has come to so far.
pub(super) struct Chain {
    /// The value so far; stale while `text` is open.
    pub(super) value: NodeId,
    /// An open concatenation: where its parts start on the stack. Closing it only once keeps long `+` chains linear.
    pub(super) text: Option<usize>,
    /// Prefixes peeled off a repaired tag (`await` in ``await tag<T[]>`…`.f()``), to be put back around the postfix chain.
    prefixes: Vec<NodeId>,
    pub(super) span: Span,
}

impl Lowering<'_> {
    /// The expression at the cursor.
    pub(super) fn expression(&mut self) -> NodeId {
        self.deeper(Self::chain)
    }

    /// The expression at the cursor, which gets a name from its place if it is a function or class.
    pub(super) fn named_expression(&mut self, hint: Hint) -> NodeId {
        match self.kind() {
            Kind::Arrow | Kind::FunctionExpression => self.deeper(|lowering| lowering.closure(Some(hint))),
            Kind::Class => self.deeper(|lowering| lowering.class_expression(Some(hint))),
            _ => self.expression(),
        }
    }

    fn chain(&mut self) -> NodeId {
        let bottom = self.levels.len();
        let mut kind = self.kind();
        while kind.is_chain() && self.enter() {
            self.levels.push(kind);
            kind = self.kind();
        }
        let value = self.link(kind);
        if self.levels.len() == bottom {
            return value;
        }
        let mut chain = Chain { value, text: None, prefixes: Vec::new(), span: self.arena.span(value) };
        while self.levels.len() > bottom {
            if let Some(kind) = self.levels.pop() {
                self.level(kind, &mut chain);
            }
        }
        self.close_text(&mut chain);
        self.restore_prefixes(&mut chain);
        chain.value
    }

    /// The innermost part of a chain: anything that is not itself a chain.
    fn link(&mut self, kind: Kind) -> NodeId {
        let span = self.span();
        let node = match kind {
            Kind::Identifier | Kind::ShorthandProperty => NodeKind::Name(self.used_name()),
            Kind::ShorthandPattern | Kind::PropertyName | Kind::PrivateName => NodeKind::Name(self.name()),
            Kind::Import => NodeKind::Name(self.names.intern("import")),
            Kind::This => NodeKind::Receiver,
            Kind::Super => NodeKind::Super,
            Kind::Number => NodeKind::Number(self.name()),
            Kind::True => NodeKind::Bool(true),
            Kind::False => NodeKind::Bool(false),
            Kind::Null | Kind::Undefined => NodeKind::Null,
            Kind::Regex => NodeKind::Regex(self.name()),
            Kind::Await => NodeKind::Await(self.operand()),
            Kind::Yield => NodeKind::Yield(self.yielded()),
            Kind::Update => NodeKind::Unary { op: UnaryOp::Step, value: self.operand() },
            Kind::Spread | Kind::RestPattern => NodeKind::Spread { value: self.operand(), named: false },
            Kind::Sequence => NodeKind::Other(self.expressions()),
            Kind::Array | Kind::ArrayPattern => NodeKind::Collection { kind: CollectionKind::List, items: self.elements() },
            Kind::Object => NodeKind::Collection { kind: CollectionKind::Dict, items: self.properties() },
            Kind::ObjectPattern => NodeKind::Collection { kind: CollectionKind::Dict, items: self.pattern_properties() },
            Kind::String => return self.string(),
            Kind::Template => return self.template_or_tagged(),
            Kind::MetaProperty => return self.meta_property(span),
            Kind::Arrow | Kind::FunctionExpression => return self.closure(None),
            Kind::Class => return self.class_expression(None),
            Kind::Parenthesized => return self.operand(),
            Kind::Assignment => return self.assignment(),
            Kind::AugmentedAssignment => return self.augmented_assignment(span),
            Kind::Unary => return self.unary(span),
            Kind::New => return self.new_expression(span),
            Kind::TypeAssertion => return self.type_assertion(span),
            Kind::AssignmentPattern | Kind::ObjectAssignmentPattern => return self.default_pattern(span),
            Kind::JsxElement => return self.jsx_element(span),
            Kind::JsxSelfClosing => return self.jsx_tag(span),
            _ => return self.parts(span),
        };
        self.push(node, span)
    }

    /// The name at the cursor, noted as used outside types.
    fn used_name(&mut self) -> Name {
        let name = self.name();
        if self.in_type == 0 {
            self.value_names.insert(name);
        }
        name
    }

    /// Anything without a meaning of its own: what is inside it, as an `Other`.
    pub(super) fn parts(&mut self, span: Span) -> NodeId {
        let mark = self.mark();
        self.each_child(Self::stray);
        let items = self.list(mark);
        self.push(NodeKind::Other(items), span)
    }

    /// The only expression inside the node at the cursor, if there is one.
    pub(super) fn optional_operand(&mut self) -> Option<NodeId> {
        let mut operand = None;
        self.each_child(|lowering, kind| {
            if operand.is_none() && kind.is_expression() {
                operand = Some(lowering.expression());
            }
        });
        operand
    }

    /// What is yielded: `yield* xs` yields the elements, a `Spread`.
    fn yielded(&mut self) -> Option<NodeId> {
        let span = self.span();
        let mut delegates = false;
        let mut operand = None;
        self.each_child(|lowering, kind| {
            if kind == Kind::StarToken {
                delegates = true;
            } else if operand.is_none() && kind.is_expression() {
                operand = Some(lowering.expression());
            }
        });
        match operand {
            Some(value) if delegates => Some(self.push(NodeKind::Spread { value, named: false }, span)),
            operand => operand,
        }
    }

    /// The only expression inside the node at the cursor.
    pub(super) fn operand(&mut self) -> NodeId {
        match self.optional_operand() {
            Some(operand) => operand,
            None => {
                let span = self.span();
                self.other(span)
            }
        }
    }

    /// All expressions inside the node at the cursor.
    fn expressions(&mut self) -> List {
        let mark = self.mark();
        self.each_child(Self::element);
        self.list(mark)
    }

    /// An element of a list: gathers it if it is an expression.
    pub(super) fn element(&mut self, kind: Kind) {
        if kind.is_expression() {
            let element = self.expression();
            self.stack.push(element);
        } else if kind == Kind::Error {
            self.stray(kind);
        }
    }

    /// The elements of an array, with a place for each hole: `[, b]` binds the second element.
    fn elements(&mut self) -> List {
        let mark = self.mark();
        let mut hole = true;
        self.each_child(|lowering, kind| {
            if kind == Kind::CommaToken {
                if hole {
                    let span = lowering.span();
                    let other = lowering.other(span);
                    lowering.stack.push(other);
                }
                hole = true;
            } else {
                let before = lowering.stack.len();
                lowering.element(kind);
                hole &= lowering.stack.len() == before;
            }
        });
        self.list(mark)
    }

    // --- chains ---

    /// Adds one level to a chain. The cursor is on the level's first child, which the chain already holds, and moves up to
    /// the level itself.
    fn level(&mut self, kind: Kind, chain: &mut Chain) {
        if kind != Kind::Binary {
            self.close_text(chain);
        }
        match kind {
            Kind::Member => self.member(chain),
            Kind::Call => self.call(chain),
            Kind::Subscript => self.subscript(chain),
            Kind::NonNull => self.up_to_level(chain),
            Kind::Instantiation => self.instantiation(chain),
            _ => {
                self.restore_prefixes(chain);
                match kind {
                    Kind::Binary => self.binary(chain),
                    Kind::Cast => self.cast(chain),
                    _ => self.ternary(chain),
                }
            }
        }
    }

    /// Moves up to a level whose siblings have been read; the chain now spans it.
    fn up_to_level(&mut self, chain: &mut Chain) {
        self.leave();
        let node = self.span();
        chain.span = Span { start: chain.span.start.min(node.start), end: node.end };
    }

    fn member(&mut self, chain: &mut Chain) {
        let mut name = None;
        while self.next() {
            if matches!(self.kind(), Kind::PropertyName | Kind::PrivateName) {
                name = Some(self.name());
            }
        }
        self.up_to_level(chain);
        if let Some(name) = name {
            if self.in_type > 0 {
                self.name_type_import(chain.value, name);
            }
            chain.value = self.push(NodeKind::Member { object: chain.value, name, path: false }, chain.span);
        }
    }

    fn subscript(&mut self, chain: &mut Chain) {
        let mut index = None;
        while self.next() {
            let kind = self.kind();
            if kind.is_expression() {
                index = Some(self.expression());
            } else if kind.is_type() {
                index = Some(self.type_node());
            }
        }
        self.up_to_level(chain);
        if let Some(index) = index {
            chain.value = self.push(NodeKind::Index { object: chain.value, index }, chain.span);
        }
    }

    fn instantiation(&mut self, chain: &mut Chain) {
        let mut arguments = List::EMPTY;
        while self.next() {
            if self.kind() == Kind::TypeArguments {
                arguments = self.type_arguments();
            }
        }
        self.up_to_level(chain);
        chain.value = self.apply(chain.value, arguments, chain.span);
    }

    /// `base<args>`, or `base` alone when there are no arguments.
    fn apply(&mut self, base: NodeId, args: List, span: Span) -> NodeId {
        if args == List::EMPTY { base } else { self.push(NodeKind::Apply { base, args }, span) }
    }

    fn call(&mut self, chain: &mut Chain) {
        let mut args = List::EMPTY;
        let mut form = CallForm::Plain;
        let mut callee = chain.value;
        let mut in_parentheses = false;
        while self.next() {
            match self.kind() {
                Kind::Arguments => args = self.expressions(),
                Kind::Template => {
                    let text = self.deeper(Self::template);
                    args = self.arena.push_list(&[text]);
                    form = CallForm::Tagged;
                }
                Kind::TypeArguments => {
                    let types = self.type_arguments();
                    let named = self.span();
                    in_parentheses =
                        self.slice(Span { start: self.arena.span(callee).end.min(named.start), end: named.start }).contains(')');
                    callee = self.apply(callee, types, Span { start: chain.span.start, end: named.end });
                }
                _ => {}
            }
        }
        // `await f<T>(x)` is read as `(await f)<T>(x)`, which somebody may mean who writes the parentheses.
        if !in_parentheses && chain.prefixes.is_empty() {
            callee = self.peel_base(callee, chain);
        }
        self.up_to_level(chain);
        chain.value = self.push(NodeKind::Call { callee, args, form }, chain.span);
        if form == CallForm::Plain {
            self.recognise_call(chain.value, callee, args);
        }
    }

    fn binary(&mut self, chain: &mut Chain) {
        let mut op = None;
        let mut right = None;
        let mut tag = None;
        while self.next() {
            if op.is_none() {
                op = self.operator();
            } else if right.is_none() && self.kind().is_expression() {
                if op == Some(BinaryOp::Greater) {
                    tag = self.misread_tag(chain.value);
                }
                right = Some(match op {
                    Some(BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce) => self.sometimes(Self::expression),
                    _ => self.expression(),
                });
            }
        }
        if op != Some(BinaryOp::Add) {
            self.close_text(chain);
        }
        let left = chain.value;
        self.up_to_level(chain);
        let (Some(op), Some(right)) = (op, right) else { return };
        if op == BinaryOp::Greater
            && let Some(call) = self.misread_call(left, right, chain.span)
        {
            chain.value = call;
            return;
        }
        chain.value = match tag {
            Some(path) => self.rewrap(&path, right),
            None if op == BinaryOp::Add && self.extend_text(chain, right) => return,
            None => self.push(NodeKind::Binary { op, left, right }, chain.span),
        };
    }

    fn cast(&mut self, chain: &mut Chain) {
        let mut to = None;
        while self.next() {
            if self.is_type_here() {
                to = Some(self.type_node());
            }
        }
        self.up_to_level(chain);
        // `as const` has no type.
        if let Some(to) = to {
            chain.value = self.push(NodeKind::Cast { value: chain.value, to }, chain.span);
        }
    }

    fn ternary(&mut self, chain: &mut Chain) {
        let mut branches = [None; 2];
        let mut at = 0;
        while self.next() {
            if at < 2 && self.kind().is_expression() {
                branches[at] = Some(self.sometimes(Self::expression));
                at += 1;
            }
        }
        let condition = chain.value;
        self.up_to_level(chain);
        if let [Some(then), otherwise] = branches {
            chain.value = self.push(NodeKind::If { condition, then, otherwise }, chain.span);
        }
    }

    // --- tags misread as comparisons ---

    /// ``tag<T>`…` `` is read as `(tag < T) > `…``, and ``await tag<T>`…` `` as `((await tag) < T) > `…``. When `left` is such
    /// a comparison and a template follows at the cursor, the tag is left for the template to pick up, and the prefixes
    /// around the tag (outermost first) are returned.
    fn misread_tag(&mut self, left: NodeId) -> Option<Vec<NodeId>> {
        let NodeKind::Binary { op: BinaryOp::Less, left: tag, right: argument } = self.arena.kind(left) else { return None };
        if !self.is_type_name(argument) || !self.starts_with_template() {
            return None;
        }
        let (path, hole) = self.peel(tag);
        let args = self.arena.push_list(&[argument]);
        let span = Span { start: self.arena.span(hole).start, end: self.arena.span(argument).end };
        self.pending_tag = Some(self.push(NodeKind::Apply { base: hole, args }, span));
        self.retire(left);
        Some(path)
    }

    /// `f<typeof import("m")>(x)` is read as `(f < typeof import("m")) > (x)`: it is a call, and the import stands in a type.
    fn misread_call(&mut self, left: NodeId, right: NodeId, span: Span) -> Option<NodeId> {
        let NodeKind::Binary { op: BinaryOp::Less, left: callee, right: query } = self.arena.kind(left) else { return None };
        let NodeKind::Unary { op: UnaryOp::TypeOf, value } = self.arena.kind(query) else { return None };
        let NodeKind::Call { callee: import, .. } = self.arena.kind(value) else { return None };
        if !self.is_named(import, "import") {
            return None;
        }
        let place = self.arena.span(value);
        for import in
            self.imports.iter_mut().rev().take_while(|import| import.span.start >= place.start).filter(|import| import.span == place)
        {
            import.kind = ImportKind::Type;
        }
        let args = match self.arena.kind(right) {
            NodeKind::Other(items) => items,
            _ => self.arena.push_list(&[right]),
        };
        let (path, hole) = self.peel(callee);
        self.retire(left);
        let call = self
            .push(NodeKind::Call { callee: hole, args, form: CallForm::Plain }, Span { start: self.arena.span(hole).start, end: span.end });
        self.recognise_call(call, hole, args);
        Some(self.rewrap(&path, call))
    }

    /// `User` or `schema.User`, as an expression.
    fn is_type_name(&self, mut node: NodeId) -> bool {
        loop {
            match self.arena.kind(node) {
                NodeKind::Name(_) => return true,
                NodeKind::Member { object, .. } => node = object,
                _ => return false,
            }
        }
    }

    /// True when the expression at the cursor is a template or a chain that begins with one.
    fn starts_with_template(&mut self) -> bool {
        let mut levels = 0;
        while matches!(self.kind(), Kind::Call | Kind::Member | Kind::Subscript | Kind::NonNull | Kind::Binary) && self.down() {
            levels += 1;
        }
        let found = self.kind() == Kind::Template;
        for _ in 0..levels {
            self.up();
        }
        found
    }

    /// What is called in `await f<T>(x)` and ``await tag<T[]>`…` ``, which are read as `(await f)<T>(x)` and
    /// ``(await tag)<T[]>!`…` ``: the prefixes go to the chain.
    fn peel_base(&mut self, callee: NodeId, chain: &mut Chain) -> NodeId {
        let NodeKind::Apply { base, args } = self.arena.kind(callee) else { return callee };
        let (path, hole) = self.peel(base);
        if path.is_empty() {
            return callee;
        }
        chain.prefixes = path;
        chain.span.start = self.arena.span(hole).start;
        self.retire(callee);
        let span = Span { start: chain.span.start, end: self.arena.span(callee).end };
        self.push(NodeKind::Apply { base: hole, args }, span)
    }

    /// Takes prefixes and looser operators off the front of a misread call: `await x`, `!x`, `a + x` → `x`.
    fn peel(&self, mut node: NodeId) -> (Vec<NodeId>, NodeId) {
        let mut path = Vec::new();
        loop {
            let next = match self.arena.kind(node) {
                NodeKind::Await(value) => Some(value),
                NodeKind::Unary { op, value } if op != UnaryOp::Step => Some(value),
                NodeKind::Binary { right, .. } => Some(right),
                NodeKind::Text { parts, .. } => self.arena.list(parts).last(),
                _ => None,
            };
            let Some(next) = next else { return (path, node) };
            path.push(node);
            node = next;
        }
    }

    /// Puts what [`Lowering::peel`] took off around `inner` again.
    fn rewrap(&mut self, path: &[NodeId], inner: NodeId) -> NodeId {
        let end = self.arena.span(inner).end;
        path.iter().rev().fold(inner, |inner, &node| {
            let kind = match self.arena.kind(node) {
                NodeKind::Await(_) => NodeKind::Await(inner),
                NodeKind::Unary { op, .. } => NodeKind::Unary { op, value: inner },
                NodeKind::Binary { op, left, .. } => NodeKind::Binary { op, left, right: inner },
                NodeKind::Text { parts, form } => {
                    let mut parts: Vec<NodeId> = self.arena.list(parts).collect();
                    parts.pop();
                    parts.push(inner);
                    NodeKind::Text { parts: self.arena.push_list(&parts), form }
                }
                other => other,
            };
            self.retire(node);
            let start = self.arena.span(node).start;
            self.push(kind, Span { start, end })
        })
    }

    fn restore_prefixes(&mut self, chain: &mut Chain) {
        if !chain.prefixes.is_empty() {
            let prefixes = std::mem::take(&mut chain.prefixes);
            chain.value = self.rewrap(&prefixes, chain.value);
            chain.span.start = self.arena.span(chain.value).start;
        }
    }

    /// Empties a node that a repair has replaced, so that nobody who looks at all nodes sees the misreading.
    pub(super) fn retire(&mut self, node: NodeId) {
        self.arena.replace(node, NodeKind::Other(List::EMPTY));
    }

    // --- the rest ---

    fn unary(&mut self, span: Span) -> NodeId {
        let mut op = if self.slice(span).starts_with(['+', '~']) { UnaryOp::Number } else { UnaryOp::Other };
        let mut value = None;
        self.each_child(|lowering, kind| match kind {
            Kind::NotToken => op = UnaryOp::Not,
            Kind::MinusToken => op = UnaryOp::Negate,
            Kind::TypeofToken => op = UnaryOp::TypeOf,
            Kind::DeleteToken => op = UnaryOp::Delete,
            _ if kind.is_expression() && value.is_none() => value = Some(lowering.expression()),
            _ => {}
        });
        match value {
            Some(value) => self.push(NodeKind::Unary { op, value }, span),
            None => self.other(span),
        }
    }

    /// `import.meta`, `new.target`.
    fn meta_property(&mut self, span: Span) -> NodeId {
        let (object, name) = self.slice(span).split_once('.').unwrap_or(("import", "meta"));
        let object = self.names.intern(object.trim());
        let name = self.names.intern(name.trim());
        let object = self.push(NodeKind::Name(object), span);
        self.push(NodeKind::Member { object, name, path: false }, span)
    }

    fn new_expression(&mut self, span: Span) -> NodeId {
        let mut callee = None;
        let mut args = List::EMPTY;
        self.each_child(|lowering, kind| match kind {
            Kind::Arguments => args = lowering.expressions(),
            Kind::TypeArguments => {
                let types = lowering.type_arguments();
                let end = lowering.span().end;
                callee = callee.map(|base| {
                    let start = lowering.arena.span(base).start;
                    lowering.apply(base, types, Span { start, end })
                });
            }
            _ if kind.is_expression() && callee.is_none() => callee = Some(lowering.expression()),
            _ => {}
        });
        match callee {
            Some(callee) => {
                let new = self.push(NodeKind::Call { callee, args, form: CallForm::New }, span);
                self.recognise_url(callee, args, span);
                new
            }
            None => self.other(span),
        }
    }

    /// `<T>value`; in `<const>value` the cast vanishes.
    fn type_assertion(&mut self, span: Span) -> NodeId {
        let mut types = List::EMPTY;
        let mut value = None;
        self.each_child(|lowering, kind| match kind {
            Kind::TypeArguments => types = lowering.type_arguments(),
            _ if kind.is_expression() => value = Some(lowering.expression()),
            _ => {}
        });
        let to = self.arena.list(types).next();
        match (value, to) {
            (Some(value), Some(to)) => self.push(NodeKind::Cast { value, to }, span),
            (Some(value), None) => value,
            (None, _) => self.other(span),
        }
    }

    fn assignment(&mut self) -> NodeId {
        let span = self.span();
        let mut target = None;
        let mut value = None;
        let mut using = false;
        self.each_child(|lowering, kind| match (kind, target) {
            (Kind::UsingToken, None) => using = true,
            (_, None) if kind.is_expression() => target = Some(lowering.expression()),
            (_, Some(target)) if kind.is_expression() => {
                value = Some(match lowering.target_hint(target) {
                    Some(hint) => lowering.named_expression(hint),
                    None => lowering.expression(),
                });
            }
            _ => {}
        });
        let (Some(target), Some(value)) = (target, value) else { return self.other(span) };
        if using {
            return self.push(NodeKind::Declare { target, annotation: None, value: Some(value), constant: true }, span);
        }
        let node = self.push(NodeKind::Assign { target, value, op: AssignOp::Set }, span);
        self.recognise_export(target, value, span);
        node
    }

    /// The name that assigning to `target` gives a function.
    fn target_hint(&mut self, target: NodeId) -> Option<Hint> {
        let whole = self.arena.span(target);
        if self.is_module_exports(target) {
            let name = self.names.intern("default");
            return Some(Hint { name, span: whole, flags: DefFlags::default(), weak: true });
        }
        let (NodeKind::Name(name) | NodeKind::Member { name, .. }) = self.arena.kind(target) else { return None };
        let length = self.names.get(name).len() as u32;
        let span = Span { start: whole.end.saturating_sub(length).max(whole.start), end: whole.end };
        Some(Hint { name, span, flags: DefFlags::default(), weak: false })
    }

    fn augmented_assignment(&mut self, span: Span) -> NodeId {
        let mut target = None;
        let mut op = None;
        let mut value = None;
        self.each_child(|lowering, kind| {
            if kind.is_expression() {
                let side = lowering.expression();
                if target.is_none() {
                    target = Some(side);
                } else {
                    value = Some(side);
                }
            } else if op.is_none() {
                op = lowering.operator();
            }
        });
        match (target, op, value) {
            (Some(target), Some(op), Some(value)) => self.push(NodeKind::Assign { target, value, op: AssignOp::Augment(op) }, span),
            _ => self.other(span),
        }
    }

    // --- objects ---

    fn properties(&mut self) -> List {
        let mark = self.mark();
        self.each_child(|lowering, kind| match kind {
            Kind::Pair => {
                let pair = lowering.deeper(Self::pair);
                lowering.stack.push(pair);
            }
            Kind::ShorthandProperty => {
                let entry = lowering.shorthand();
                lowering.stack.push(entry);
            }
            Kind::Method => {
                let entry = lowering.deeper(Self::object_method);
                lowering.stack.push(entry);
            }
            _ => lowering.element(kind),
        });
        self.list(mark)
    }

    /// `{ a }` is `a: a`, in objects and in patterns.
    pub(super) fn shorthand(&mut self) -> NodeId {
        let span = self.span();
        let name = self.used_name();
        let key = self.push(NodeKind::Str(name), span);
        let value = self.push(NodeKind::Name(name), span);
        self.push(NodeKind::Entry { key, value }, span)
    }

    /// `key: value`, in objects and in patterns.
    pub(super) fn pair(&mut self) -> NodeId {
        let span = self.span();
        let mut key = None;
        let mut value = None;
        self.each_child(|lowering, kind| match key {
            None if kind.is_property_name() => key = Some(lowering.property_key()),
            Some(key) if kind.is_expression() => {
                value = Some(match lowering.arena.kind(key) {
                    NodeKind::Str(name) => {
                        let span = lowering.arena.span(key);
                        lowering.named_expression(Hint { name, span, flags: DefFlags::default(), weak: false })
                    }
                    _ => lowering.expression(),
                });
            }
            _ => {}
        });
        match (key, value) {
            (Some(key), Some(value)) => self.push(NodeKind::Entry { key, value }, span),
            _ => self.other(span),
        }
    }

    /// The key at the cursor: a `Str`, or the expression of a computed one.
    pub(super) fn property_key(&mut self) -> NodeId {
        let span = self.span();
        match self.kind() {
            Kind::String => self.string(),
            Kind::ComputedName => self.deeper(Self::operand),
            _ => {
                let name = self.name();
                self.push(NodeKind::Str(name), span)
            }
        }
    }
}
