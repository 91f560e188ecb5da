//! Which files their project leaves out of compilation: `exclude` of the nearest `tsconfig.json`.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::files::{folder_of, join};

/// What the tsconfigs of a project exclude, by the folder they stand in.
pub(super) struct Excluded(FxHashMap<String, GlobSet>);

impl Excluded {
    /// Reads `exclude` of every `tsconfig.json` among `texts` (path to JSON). One without excludes nothing, but speaks for its folder.
    pub(super) fn read(texts: &FxHashMap<String, String>) -> Excluded {
        let configs = texts.iter().filter(|(path, _)| path.rsplit('/').next() == Some("tsconfig.json"));
        Excluded(configs.map(|(path, text)| (folder_of(path).to_owned(), patterns(folder_of(path), text))).collect())
    }

    /// The path of the `tsconfig.json` that leaves `path` out.
    pub(super) fn by(&self, path: &str) -> Option<String> {
        let mut folder = folder_of(path);
        loop {
            if let Some(patterns) = self.0.get(folder) {
                return patterns.is_match(path).then(|| join(folder, "tsconfig.json"));
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder_of(folder);
        }
    }
}

/// The patterns of `exclude`, from the project's root. A pattern names a file, or a folder with all below it; what is no pattern matches
/// nothing (<https://www.typescriptlang.org/tsconfig/#exclude>).
fn patterns(folder: &str, text: &str) -> GlobSet {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let mut set = GlobSetBuilder::new();
    for pattern in value.get("exclude").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let pattern = join(folder, pattern.trim_start_matches("${configDir}/"));
        let pattern = pattern.trim_end_matches('/');
        let globs: [Option<Glob>; 2] =
            [pattern.to_owned(), format!("{pattern}/**")].map(|glob| GlobBuilder::new(&glob).literal_separator(true).build().ok());
        globs.into_iter().flatten().for_each(|glob| {
            set.add(glob);
        });
    }
    set.build().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_config_speaks() {
        let texts = [
            ("tsconfig.json", r#"{ "exclude": ["node_modules", "./data/samples/**", "**/*.gen.ts", "[", "clients"] }"#),
            ("clients/web/tsconfig.json", r#"{ "exclude": ["${configDir}/old"] }"#),
            ("tsconfig.build.json", r#"{ "exclude": ["src"] }"#),
        ];
        let texts = texts.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        let excluded = Excluded::read(&texts);
        let by = |path: &str| excluded.by(path);
        assert_eq!(by("data/samples/deep/a.ts").as_deref(), Some("tsconfig.json"));
        assert_eq!(by("src/api.gen.ts").as_deref(), Some("tsconfig.json"));
        assert_eq!(by("clients/a.ts").as_deref(), Some("tsconfig.json"));
        assert_eq!(by("clients/web/old/a.ts").as_deref(), Some("clients/web/tsconfig.json"));
        for kept in ["src/a.ts", "data/samples.ts", "clients/web/a.ts", "other/data/samples/a.ts", "clientserver.ts"] {
            assert_eq!(by(kept), None, "{kept}");
        }
    }
}
