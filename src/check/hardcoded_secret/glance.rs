//! One pass over a whole text that says whether anything in it is worth a closer look.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::{generic, providers, urls};

/// What a word of the pass belongs to.
#[derive(Clone, Copy)]
enum Word {
    /// A vendor, whose credentials are known by the name of their setting alone.
    Vendor,
    /// The fixed part of a format.
    Key(providers::Key),
    /// The name of a secret.
    Stem,
}

struct Search {
    words: AhoCorasick,
    /// In the order of the searcher's patterns.
    kinds: Vec<Word>,
}

fn search() -> Option<&'static Search> {
    static SEARCH: OnceLock<Option<Search>> = OnceLock::new();
    let build = || {
        let keys = providers::keys().map(|key| (key.text, Word::Key(key)));
        let vendors = providers::words().map(|word| (word, Word::Vendor));
        let stems = generic::STEMS.iter().map(|stem| (*stem, Word::Stem));
        let (words, kinds): (Vec<&str>, Vec<Word>) = vendors.chain(keys).chain(stems).unzip();
        // All texts of a project are searched: a larger automaton that takes one step a byte is soon worth its making.
        let words = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).ascii_case_insensitive(true).build(words).ok()?;
        Some(Search { words, kinds })
    };
    SEARCH.get_or_init(build).as_ref()
}

/// False when a text holds no token of a vendor, no key, no address with a password, and where names count, no literal beside the name of a secret.
pub(super) fn may_show(text: &str, names_count: bool) -> bool {
    if text.contains("PRIVATE KEY") || !urls::find(text).is_empty() {
        return true;
    }
    let Some(search) = search() else { return true };
    let mut names = generic::Names::of(text);
    search.words.find_overlapping_iter(text).any(|hit| match search.kinds[hit.pattern().as_usize()] {
        Word::Vendor => true,
        Word::Key(key) => key.stands_in(text, hit.range()),
        Word::Stem => names_count && names.is_given_at(hit.start()),
    })
}
