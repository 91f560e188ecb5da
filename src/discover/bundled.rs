//! Copies of other people's Python packages that an application carries with it, whatever their folder is called: `lib`, `libs`, `ext`.
//!
//! Two signs: what `pip install --target` writes beside a package, and files that only the package itself has. Names of folders alone say
//! nothing: an integration with `requests` is called `requests` as well.

use std::collections::{BTreeMap, BTreeSet};

/// Packages that many others need, by a file that nobody else has.
const COPIES: &[&str] = &[
    "bs4/element.py",
    "certifi/core.py",
    "chardet/universaldetector.py",
    "charset_normalizer/md.py",
    "cheroot/workers/threadpool.py",
    "cherrypy/_cprequest.py",
    "click/termui.py",
    "dateutil/relativedelta.py",
    "html5lib/html5parser.py",
    "idna/idnadata.py",
    "jinja2/idtracking.py",
    "mako/pygen.py",
    "markupsafe/_native.py",
    "more_itertools/recipes.py",
    "oauthlib/oauth1/rfc5849/signature.py",
    "pkg_resources/_vendor/__init__.py",
    "pygments/lexer.py",
    "pytz/tzinfo.py",
    "requests/adapters.py",
    "simplejson/scanner.py",
    "six.py",
    "soupsieve/css_match.py",
    "tzlocal/windows_tz.py",
    "urllib3/connectionpool.py",
    "webencodings/x_user_defined.py",
    "werkzeug/datastructures/structures.py",
    "xmltodict.py",
    "yaml/constructor.py",
];

/// So many of them in one folder are no accident.
const SEVERAL: usize = 3;

/// Names of folders that hold nothing else when they hold copies. In others, each copy is left out by itself.
const FOLDERS: &[&str] =
    &["lib", "libs", "ext", "external", "externals", "extern", "packages", "deps", "dependencies", "contrib", "bundled", "_libs", "pylib"];

/// Folders and files (sorted) that are copies as a whole.
pub(super) fn copies<'a>(paths: &[&'a str]) -> BTreeSet<&'a str> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut marks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for &path in paths {
        if let Some((folder, _)) =
            path.strip_suffix("/WHEEL").filter(|info| info.ends_with(".dist-info")).and_then(|info| info.rsplit_once('/'))
        {
            found.insert(folder);
        }
        for mark in COPIES {
            if let Some(folder) = path.strip_suffix(mark).and_then(|before| before.strip_suffix('/')) {
                let copy = mark.split('/').next().unwrap_or(mark);
                marks.entry(folder).or_default().push(&path[..folder.len() + 1 + copy.len()]);
            }
        }
    }
    for (folder, copies) in marks.into_iter().filter(|(_, copies)| copies.len() >= SEVERAL) {
        if FOLDERS.contains(&folder.rsplit('/').next().unwrap_or(folder)) {
            found.insert(folder);
        } else {
            found.extend(copies);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::copies;

    #[test]
    fn packages_that_were_copied_are_found_by_their_own_files() {
        let lib = ["app/main.py", "lib/certifi/core.py", "lib/helper.py", "lib/idna/idnadata.py", "lib/six.py"];
        assert_eq!(copies(&lib).into_iter().collect::<Vec<_>>(), ["lib"]);
        let beside = ["app/main.py", "app/certifi/core.py", "app/idna/idnadata.py", "app/six.py"];
        assert_eq!(copies(&beside).into_iter().collect::<Vec<_>>(), ["app/certifi", "app/idna", "app/six.py"]);
        assert!(copies(&["six.py", "lib/requests/patch.py", "lib/certifi/patch.py", "lib/idna/patch.py", "lib/six.py"]).is_empty());
    }

    #[test]
    fn what_an_installer_wrote_is_found_by_its_record() {
        let libs = ["app/main.py", "libs/blinker/base.py", "libs/blinker-1.8.2.dist-info/WHEEL"];
        assert_eq!(copies(&libs).into_iter().collect::<Vec<_>>(), ["libs"]);
        assert!(copies(&["app-1.0.dist-info/WHEEL", "app/main.py"]).is_empty());
    }
}
