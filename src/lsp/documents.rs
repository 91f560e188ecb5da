//! What editors hold open: the text of each document, kept up with their edits.

use std::collections::BTreeMap;
use std::sync::Arc;

use gen_lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::positions::{Encoding, Lines};

/// An open document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub text: Arc<str>,
    pub version: i32,
}

/// All open documents, by their address as the client writes it.
#[derive(Debug, Default)]
pub struct Documents(BTreeMap<String, Document>);

impl Documents {
    /// The document at an address.
    pub fn get(&self, uri: &Uri) -> Option<&Document> {
        self.0.get(&uri.0)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (Uri, &Document)> {
        self.0.iter().map(|(uri, document)| (Uri(uri.clone()), document))
    }

    /// A document was opened.
    pub fn open(&mut self, uri: &Uri, version: i32, text: String) {
        self.0.insert(uri.0.clone(), Document { text: text.into(), version });
    }

    /// A document was closed; false when it was not open.
    pub fn close(&mut self, uri: &Uri) -> bool {
        self.0.remove(&uri.0).is_some()
    }

    /// Edits a document, each change on what the one before left; false when it is not open.
    pub fn change(&mut self, uri: &Uri, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) -> bool {
        let Some(document) = self.0.get_mut(&uri.0) else { return false };
        let mut text = document.text.to_string();
        for change in changes {
            apply(&mut text, change, encoding);
        }
        *document = Document { text: text.into(), version };
        true
    }
}

fn apply(text: &mut String, change: TextDocumentContentChangeEvent, encoding: Encoding) {
    match change {
        TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => *text = whole.text,
        TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
            let lines = Lines::new(text);
            let start = lines.offset(text, part.range.start, encoding);
            let end = lines.offset(text, part.range.end, encoding).max(start);
            text.replace_range(start..end, &part.text);
        }
    }
}
