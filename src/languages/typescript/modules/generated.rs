//! Code that a tool writes and nobody commits, as far as the repository itself says where it goes.
//!
//! Three kinds of evidence: a generator's own configuration (GraphQL Code Generator's `generates`, the `output` of a generator in a Prisma
//! schema, an output option in a script of package.json), a `.gitignore` that names the path, and folders of well-known tools. An import that leads to such a
//! path is not broken: whoever builds the project has the file.

use std::collections::BTreeSet;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde_json::Value;

use crate::model::project::Project;

use super::configs::is_below;
use super::files::{folder_of, join};

/// Folders that only ever hold what a tool wrote.
const FOLDERS: &[&str] = &["__generated__", ".next", ".nuxt", ".output", ".svelte-kit", ".prisma"];

/// Options of commands whose value is what they write.
const OUTPUT_OPTIONS: &[&str] = &[
    "-o",
    "--out",
    "--output",
    "--outdir",
    "--outDir",
    "--out-dir",
    "--outfile",
    "--out-file",
    "--output-path",
    "--ts_out",
    "--ts_proto_out",
    "--es_out",
];

/// Endings a specifier leaves out.
const ENDINGS: &[&str] = &["", ".ts", ".tsx", ".d.ts", ".js", ".mjs", "/index.ts", "/index.js"];

/// Where generators write.
#[derive(Default)]
pub(super) struct Outputs {
    /// Files and folders, without the endings of source files.
    paths: BTreeSet<String>,
    /// Ignore files with the folder they speak of.
    ignored: Vec<(String, Gitignore)>,
}

impl Outputs {
    /// Reads the configuration of generators, and the ignore files. `written` are outputs that source files declare (`codegen.ts`).
    pub(super) fn read(project: &Project, text_of: &dyn Fn(&str) -> Option<String>, written: &[String]) -> Outputs {
        let mut outputs = Outputs::default();
        outputs.paths.extend(written.iter().map(|path| without_ending(path).to_owned()));
        for text in &project.texts {
            let path = &*text.path;
            let name = path.rsplit('/').next().unwrap_or(path);
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
            let folder = folder_of(path);
            match extension {
                "gitignore" => outputs.add_ignored(folder, text_of(path)),
                "prisma" => outputs.add_prisma(folder, text_of(path)),
                "yml" | "yaml" | "json" if name.contains("codegen") || name.contains("graphqlrc") || name.contains("graphql.config") => {
                    outputs.add_codegen(folder, text_of(path));
                }
                "json" if name == "package.json" => outputs.add_scripts(project, folder, text_of(path)),
                _ => {}
            }
        }
        outputs
    }

    fn add(&mut self, folder: &str, path: &str) {
        let path = join(folder, path);
        if !path.is_empty() {
            self.paths.insert(without_ending(&path).to_owned());
        }
    }

    /// `generates: { "src/graphql.ts": …, "src/gql/": … }`, at the top or in `extensions.codegen` of a `.graphqlrc`.
    fn add_codegen(&mut self, folder: &str, text: Option<String>) {
        let Some(text) = text else { return };
        let options = serde_saphyr::options! { strict_booleans: true };
        let Ok(value) = serde_saphyr::from_str_with_options::<Value>(&text, options) else { return };
        let places = [&value["generates"], &value["extensions"]["codegen"]["generates"]];
        for generated in places.into_iter().filter_map(Value::as_object) {
            for path in generated.keys() {
                self.add(folder, path);
            }
        }
    }

    /// `generator client { output = "../generated" }`
    fn add_prisma(&mut self, folder: &str, text: Option<String>) {
        let Some(text) = text else { return };
        let mut inside = false;
        for line in text.lines().map(str::trim) {
            inside = inside && !line.starts_with('}') || line.starts_with("generator ");
            let value = line.strip_prefix("output").map(str::trim_start).and_then(|rest| rest.strip_prefix('='));
            if let (true, Some(path)) = (inside, value.and_then(|value| value.split('"').nth(1))) {
                self.add(folder, path);
            }
        }
    }

    /// `"generate": "openapi-typescript api.yaml -o src/api.ts"`
    fn add_scripts(&mut self, project: &Project, folder: &str, text: Option<String>) {
        let Some(value) = text.and_then(|text| serde_json::from_str::<Value>(&text).ok()) else { return };
        for script in value["scripts"].as_object().into_iter().flatten().filter_map(|(_, script)| script.as_str()) {
            let words: Vec<&str> = script.split_whitespace().collect();
            for (at, word) in words.iter().enumerate() {
                let (option, value) = word.split_once('=').unwrap_or((word, words.get(at + 1).copied().unwrap_or_default()));
                let value = value.trim_matches(['"', '\'']);
                // A folder that holds written code too says nothing of what is missing in it.
                let holds_code = || project.files.iter().any(|file| is_below(&file.path, &join(folder, value)));
                if OUTPUT_OPTIONS.contains(&option) && !value.starts_with(['-', '$']) && !holds_code() {
                    self.add(folder, value);
                }
            }
        }
    }

    fn add_ignored(&mut self, folder: &str, text: Option<String>) {
        let mut builder = GitignoreBuilder::new("");
        for line in text.iter().flat_map(|text| text.lines()) {
            // A pattern that is no glob ignores nothing.
            let _ = builder.add_line(None, line);
        }
        if let Ok(ignored) = builder.build() {
            self.ignored.push((folder.to_owned(), ignored));
        }
    }

    /// True when a tool writes what stands at `path` (relative to the root, with or without the ending of a source file).
    pub(super) fn cover(&self, path: &str) -> bool {
        let stem = without_ending(path);
        let above = stem.match_indices('/').map(|(at, _)| &stem[..at]).chain([stem]);
        let index = format!("{stem}/index");
        above.chain([index.as_str()]).any(|place| self.paths.contains(place))
            || path.split('/').any(|part| FOLDERS.contains(&part))
            || self
                .ignored
                .iter()
                .any(|(folder, ignored)| is_below(path, folder) && ignores(ignored, path[folder.len()..].trim_start_matches('/')))
    }
}

/// True when a pattern that names this path, not only its ending (`*.js`), is among those of an ignore file.
fn ignores(ignored: &Gitignore, path: &str) -> bool {
    ENDINGS.iter().any(|ending| match ignored.matched_path_or_any_parents(format!("{path}{ending}"), false) {
        Match::Ignore(glob) => !glob.original().rsplit('/').next().is_some_and(|last| last.starts_with('*')),
        _ => false,
    })
}

/// A path without the ending of a source file and without a slash at its end.
fn without_ending(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    let endings = [".d.ts", ".d.mts", ".d.cts", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];
    endings.iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path)
}
