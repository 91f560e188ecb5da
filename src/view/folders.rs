//! Many files in few boxes: folders are opened, the fullest first, while the boxes fit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::view::Level;

/// A box while it is decided: a folder with all below it, or (`direct`) only the files that lie in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Closed {
    folder: String,
    direct: bool,
}

/// The box of each path: its own, a folder, or the files of a folder (`folder/*`). Folders that hold a path of `asked` are opened before others. With
/// `to_files` the last step is to single files, else folders stay the smallest boxes.
pub(super) fn boxes_of(
    paths: &BTreeSet<Arc<str>>,
    asked: &BTreeSet<Arc<str>>,
    to_files: bool,
    limit: usize,
) -> BTreeMap<Arc<str>, (String, Level)> {
    let mut open: BTreeMap<Closed, Vec<Arc<str>>> = BTreeMap::new();
    open.insert(Closed { folder: String::new(), direct: false }, paths.iter().cloned().collect());
    let mut files: Vec<Arc<str>> = Vec::new();
    let mut stuck: BTreeSet<Closed> = BTreeSet::new();
    loop {
        let holds_asked = |members: &[Arc<str>]| members.iter().any(|path| asked.contains(path));
        let candidates = open.iter().filter(|(closed, _)| !stuck.contains(closed) && (to_files || !closed.direct));
        let next = candidates.max_by_key(|(closed, members)| (holds_asked(members), members.len(), std::cmp::Reverse((*closed).clone())));
        let Some((closed, members)) = next.map(|(closed, members)| (closed.clone(), members.clone())) else { break };
        let inner = opened(&closed, &members);
        let more = if closed.direct { members.len() } else { inner.len() };
        // A folder with one thing in it says nothing that the thing does not say.
        if more > 1 && open.len() + files.len() - 1 + more > limit {
            stuck.insert(closed);
            continue;
        }
        open.remove(&closed);
        if closed.direct {
            files.extend(members);
        } else {
            open.extend(inner);
        }
    }
    let mut boxes: BTreeMap<Arc<str>, (String, Level)> =
        files.into_iter().map(|path| (path.clone(), (path.to_string(), Level::File))).collect();
    for (closed, members) in open {
        let name = match (closed.folder.as_str(), closed.direct) {
            ("", _) => "*".to_string(),
            (folder, true) => format!("{folder}/*"),
            (folder, false) => format!("{folder}/"),
        };
        let only = members.len() == 1 && to_files;
        for path in members {
            let own = if only { (path.to_string(), Level::File) } else { (name.clone(), Level::Package) };
            boxes.insert(path, own);
        }
    }
    boxes
}

/// What is in a closed folder: the folders directly below it, and its own files.
fn opened(closed: &Closed, members: &[Arc<str>]) -> BTreeMap<Closed, Vec<Arc<str>>> {
    let mut inner: BTreeMap<Closed, Vec<Arc<str>>> = BTreeMap::new();
    let skip = if closed.folder.is_empty() { 0 } else { closed.folder.len() + 1 };
    for path in members {
        let key = match path[skip..].find('/') {
            Some(at) => Closed { folder: path[..skip + at].to_string(), direct: false },
            None => Closed { folder: closed.folder.clone(), direct: true },
        };
        inner.entry(key).or_default().push(path.clone());
    }
    inner
}
