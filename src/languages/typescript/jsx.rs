//! JSX elements as calls: `<C a={x}>…</C>` calls `C` with an argument per attribute, then its children.

use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::source::Span;

use super::grammar::Kind;
use super::lower::Lowering;

impl Lowering<'_> {
    /// `<C …>…</C>` or `<>…</>`.
    pub(super) fn jsx_element(&mut self, span: Span) -> NodeId {
        let mark = self.mark();
        let mut callee = None;
        self.each_child(|lowering, kind| match kind {
            Kind::JsxOpening => callee = Some(lowering.jsx_head()),
            Kind::JsxText => lowering.jsx_text(),
            Kind::JsxEntity => {
                let span = lowering.span();
                let text = lowering.name();
                let text = lowering.push(NodeKind::Str(text), span);
                lowering.stack.push(text);
            }
            Kind::JsxExpression => {
                let value = lowering.optional_operand();
                lowering.stack.extend(value);
            }
            Kind::JsxElement | Kind::JsxSelfClosing => {
                let child = lowering.expression();
                lowering.stack.push(child);
            }
            _ => {}
        });
        self.jsx_call(callee, mark, span)
    }

    /// `<C … />`.
    pub(super) fn jsx_tag(&mut self, span: Span) -> NodeId {
        let mark = self.mark();
        let callee = self.jsx_head();
        self.jsx_call(Some(callee), mark, span)
    }

    fn jsx_call(&mut self, callee: Option<NodeId>, mark: usize, span: Span) -> NodeId {
        let args = self.list(mark);
        let callee = callee.unwrap_or_else(|| self.other(span));
        self.push(NodeKind::Call { callee, args, form: CallForm::Jsx }, span)
    }

    /// The name in the tag at the cursor; its attributes are gathered. A fragment's name is the empty string.
    fn jsx_head(&mut self) -> NodeId {
        let mut callee = None;
        self.each_child(|lowering, kind| match kind {
            Kind::Identifier | Kind::Member | Kind::JsxNamespaceName if callee.is_none() => callee = Some(lowering.jsx_name(kind)),
            Kind::TypeArguments => {
                let args = lowering.type_arguments();
                let end = lowering.span().end;
                callee = callee.map(|base| {
                    let start = lowering.arena.span(base).start;
                    lowering.push(NodeKind::Apply { base, args }, Span { start, end })
                });
            }
            Kind::JsxAttribute => {
                let attribute = lowering.jsx_attribute();
                lowering.stack.push(attribute);
            }
            Kind::JsxExpression => {
                let spread = lowering.optional_operand();
                lowering.stack.extend(spread);
            }
            _ => {}
        });
        callee.unwrap_or_else(|| {
            let span = self.span();
            let empty = self.names.intern("");
            self.push(NodeKind::Str(empty), span)
        })
    }

    /// Lower-case names are elements of the page, not values in scope.
    fn jsx_name(&mut self, kind: Kind) -> NodeId {
        let span = self.span();
        let text = self.slice(span);
        let is_value = kind != Kind::JsxNamespaceName && !text.starts_with(|first: char| first.is_lowercase()) && !text.contains('-');
        if kind == Kind::Member || is_value {
            return self.expression();
        }
        let name = self.names.intern(text);
        self.push(NodeKind::Str(name), span)
    }

    fn jsx_attribute(&mut self) -> NodeId {
        let span = self.span();
        let mut name = None;
        let mut value = None;
        self.each_child(|lowering, kind| match kind {
            Kind::PropertyName | Kind::JsxNamespaceName if name.is_none() => name = Some(lowering.name()),
            Kind::String => {
                // No escapes here, unlike in other strings.
                let span = lowering.span();
                let raw = lowering.slice(span);
                let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
                let text = lowering.names.intern(inner);
                value = Some(lowering.push(NodeKind::Str(text), span));
            }
            Kind::JsxExpression => value = lowering.optional_operand(),
            _ if name.is_some() && kind.is_expression() => value = Some(lowering.expression()),
            _ => {}
        });
        let value = value.unwrap_or_else(|| self.push(NodeKind::Bool(true), span));
        match name {
            Some(name) => self.push(NodeKind::Argument { name, value }, span),
            None => value,
        }
    }

    /// Text between elements, without the white space around it.
    fn jsx_text(&mut self) {
        let span = self.span();
        let raw = self.slice(span);
        let text = raw.trim();
        if !text.is_empty() {
            let start = span.start + (raw.len() - raw.trim_start().len()) as u32;
            let name = self.names.intern(text);
            let node = self.push(NodeKind::Str(name), Span { start, end: start + text.len() as u32 });
            self.stack.push(node);
        }
    }
}
