//! Specifiers that are globs: which files ``import(`./locales/${x}.ts`)`` or `import.meta.glob("./*.ts")` may load.
//!
//! A glob fits a file by its path, its path without the ending, the ending its compiled form has, or, for an index, its folder: whatever a specifier of
//! that file could be. `*` stays within a folder, as with bundlers.

use globset::{GlobBuilder, GlobMatcher};

use crate::model::source::{Family, FileId, Language};

use super::files::{folder_of, join};
use super::{TypeScriptModules, TypeScriptTarget, has_asset_extension, is_bundler_alias, is_relative};

/// A glob names no more files than this; what is beyond is left out.
const MAX_FILES: usize = 1000;

/// What a glob means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matches {
    /// The files it fits, sorted; never the importing file.
    Files(Vec<FileId>),
    /// None, and what the specifier is otherwise.
    None(TypeScriptTarget),
}

impl TypeScriptModules {
    /// The files that a glob in the file `from` fits. What follows a `!` takes away.
    pub fn matching(&self, from: FileId, glob: &str) -> Matches {
        let Some(path) = self.paths.get(from.index()) else { return Matches::None(TypeScriptTarget::Asset) };
        let mut globs = glob.split('!');
        let wanted = globs.next().unwrap_or_default();
        let without: Vec<GlobMatcher> = globs.flat_map(|glob| self.places(path, glob)).filter_map(|place| matcher(&place)).collect();
        for place in self.places(path, wanted) {
            let Some(fits) = matcher(&place) else { continue };
            let folder = place.split(['*', '?', '{', '[']).next().and_then(|start| start.rsplit_once('/')).map_or("", |(folder, _)| folder);
            let start = self.paths.partition_point(|path| &**path < folder);
            let below = self.paths[start..].iter().enumerate().take_while(|(_, path)| path.starts_with(folder));
            let files = below.map(|(at, path)| (FileId((start + at) as u32), path)).filter(|(file, path)| {
                *file != from
                    && Language::of_path(path).is_some_and(|language| language.family() == Family::TypeScript)
                    && spellings(path).iter().any(|path| fits.is_match(path))
                    && !without.iter().any(|without| without.is_match(&***path))
            });
            let files: Vec<FileId> = files.map(|(file, _)| file).take(MAX_FILES).collect();
            if !files.is_empty() {
                return Matches::Files(files);
            }
        }
        let ours = is_relative(wanted) || is_bundler_alias(wanted) || self.aliases.matches(path, wanted);
        Matches::None(match wanted.split('/').next() {
            _ if has_asset_extension(wanted.trim_end_matches(['}', '*'])) => TypeScriptTarget::Asset,
            _ if ours => TypeScriptTarget::Unresolved(wanted.to_owned()),
            first => TypeScriptTarget::External(first.unwrap_or_default().to_owned()),
        })
    }

    /// The globs from the project's root that a glob in a file may mean, likeliest first.
    fn places(&self, from: &str, glob: &str) -> Vec<String> {
        let root = self.files.package_root(from).unwrap_or("");
        if let Some(rest) = glob.strip_prefix('/') {
            // Bundlers begin at the package, not at the disk's root.
            return vec![join(root, rest)];
        }
        if is_relative(glob) || glob.starts_with('*') {
            return vec![join(folder_of(from), glob)];
        }
        let mut places = self.aliases.expand(from, glob);
        if let Some(rest) = glob.strip_prefix("@/").or_else(|| glob.strip_prefix("~/")) {
            places.extend([join(root, &format!("src/{rest}")), join(root, rest)]);
        }
        places
    }
}

fn matcher(glob: &str) -> Option<GlobMatcher> {
    Some(GlobBuilder::new(glob).literal_separator(true).build().ok()?.compile_matcher())
}

/// The paths under which a file can be asked for.
fn spellings(path: &str) -> Vec<String> {
    let mut spellings = vec![path.to_owned()];
    let endings = [
        (".d.ts", ".js"),
        (".ts", ".js"),
        (".tsx", ".js"),
        (".mts", ".mjs"),
        (".cts", ".cjs"),
        (".js", ".js"),
        (".jsx", ".js"),
        (".mjs", ".mjs"),
        (".cjs", ".cjs"),
    ];
    if let Some((stem, built)) = endings.iter().find_map(|(ending, built)| Some((path.strip_suffix(ending)?, built))) {
        spellings.push(stem.to_owned());
        spellings.push(format!("{stem}{built}"));
        spellings.extend(stem.strip_suffix("/index").map(str::to_owned));
    }
    spellings
}
