//! Module resolution: from a specifier in a file to the file, package or asset it means.
//!
//! The algorithm is `oxc_resolver`'s: Node's, with tsconfig `paths`, `baseUrl`, `rootDirs`, `extends` and `references`, and
//! package.json `exports` and `imports`. It runs over the walked files alone (`files`): nothing is read from disk, nothing has
//! to be installed or built. What it cannot answer because of that is answered here: workspace packages whose entry points
//! are not declared, files that no tsconfig includes, aliases that only a bundler knows.

mod configs;
mod excluded;
mod files;
mod generated;
mod matching;
mod standpoint;

use std::hash::BuildHasher;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use oxc_resolver::{ResolveContext, ResolveError, ResolveOptions, ResolverGeneric, TsconfigDiscovery};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::model::project::Project;
use crate::model::source::FileId;

use configs::Aliases;
use excluded::Excluded;
use files::{ProjectFiles, SharedFiles, absolute, folder_of, join};
use generated::Outputs;
use standpoint::{Standpoint, Standpoints};

pub use matching::Matches;

/// Where a specifier leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeScriptTarget {
    /// A source file of the project.
    File(FileId),
    /// A package outside the project, with its subpath as written; Node's own modules without `node:`.
    External(String),
    /// Something that is not code: a style sheet, an image, JSON, a single-file component.
    Asset,
    /// Code that a tool writes: left out of the project, or not there because nobody commits it. As written.
    Generated(String),
    /// A relative path, alias or workspace package with no file behind it, as written.
    Unresolved(String),
}

/// Answers are spread over this many locks.
const SHARDS: usize = 16;

/// Files that stand at one place are told the same.
type Answers = FxHashMap<Standpoint, FxHashMap<Box<str>, TypeScriptTarget>>;

/// Module resolution over a project. Shared by threads.
pub struct TypeScriptModules {
    paths: Vec<Arc<str>>,
    files: Arc<ProjectFiles>,
    aliases: Aliases,
    excluded: Excluded,
    outputs: Outputs,
    resolver: ResolverGeneric<SharedFiles>,
    /// For packages whose tsconfig cannot be loaded.
    plain: ResolverGeneric<SharedFiles>,
    standpoints: Standpoints,
    answers: [Mutex<Answers>; SHARDS],
    /// What [`TypeScriptModules::drops_unused`] says, as far as it was asked.
    drops: Box<[OnceLock<bool>]>,
}

impl TypeScriptModules {
    /// Prepares resolution over the project's files. `manifests` gives the text of a `package.json`, `tsconfig*.json` or
    /// `jsconfig.json`, of a generator's configuration and of an ignore file by its path relative to the root. `written` are paths that
    /// source files name as the output of a generator.
    pub fn new(project: &Project, manifests: &dyn Fn(&str) -> Option<String>, written: &[String]) -> TypeScriptModules {
        let outputs = Outputs::read(project, manifests, written);
        let configs = configs::read(project, manifests);
        let aliases = configs.aliases();
        let excluded = Excluded::read(&configs.texts);
        let files = Arc::new(ProjectFiles::of(project, configs));
        let resolver = ResolverGeneric::new_with_file_system(SharedFiles(files.clone()), options(Some(TsconfigDiscovery::Auto)));
        let plain = ResolverGeneric::new_with_file_system(SharedFiles(files.clone()), options(None));
        let paths: Vec<Arc<str>> = project.files.iter().map(|file| file.path.clone()).collect();
        let (standpoints, answers) = (Standpoints::new(paths.len()), std::array::from_fn(|_| Mutex::default()));
        let drops = paths.iter().map(|_| OnceLock::new()).collect();
        TypeScriptModules { paths, files, aliases, excluded, outputs, resolver, plain, standpoints, answers, drops }
    }

    /// What `specifier` in the file `from` means.
    pub fn resolve(&self, from: FileId, specifier: &str) -> TypeScriptTarget {
        let Some(path) = self.paths.get(from.index()) else { return TypeScriptTarget::Unresolved(specifier.to_owned()) };
        let config = || match self.resolver.find_tsconfig(absolute(path)) {
            Ok(Some(config)) => config.path().to_string_lossy().into_owned(),
            // Without one, or with one that cannot be read, which is looked for from the same place.
            Ok(None) | Err(_) => String::new(),
        };
        let standpoint = self.standpoints.of(from, path, specifier, &self.files, &config);
        let shard = &self.answers[FxBuildHasher.hash_one(specifier) as usize % SHARDS];
        let known =
            shard.lock().unwrap_or_else(PoisonError::into_inner).get(&standpoint).and_then(|answers| answers.get(specifier)).cloned();
        if let Some(known) = known {
            return known;
        }
        let target = self.find(path, specifier);
        let mut answers = shard.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry(standpoint).or_default().insert(specifier.into(), target.clone());
        target
    }

    fn find(&self, from: &str, specifier: &str) -> TypeScriptTarget {
        // `raw-loader!./x` is webpack's; `?raw` is Vite's, and the resolver knows it.
        let wanted = specifier.rsplit('!').next().unwrap_or(specifier);
        // `./modules/.` is the folder's index.
        let index = wanted.strip_suffix("/.").filter(|folder| !matches!(*folder, "" | "." | "..")).map(|folder| format!("{folder}/index"));
        let wanted = index.as_deref().unwrap_or(wanted);
        if wanted.trim().is_empty() {
            return TypeScriptTarget::Unresolved(specifier.to_owned());
        }
        if is_remote(wanted) {
            return TypeScriptTarget::External(wanted.strip_prefix("node:").unwrap_or(wanted).to_owned());
        }
        match self.by_algorithm(from, wanted) {
            Ok(path) => match self.target(&path) {
                Some(TypeScriptTarget::Generated(_)) => TypeScriptTarget::Generated(wanted.to_owned()),
                Some(target) => target,
                None => self.not_found(from, wanted),
            },
            Err(ResolveError::Builtin { resolved, .. }) => {
                TypeScriptTarget::External(resolved.strip_prefix("node:").unwrap_or(&resolved).to_owned())
            }
            Err(_) => self.not_found(from, wanted),
        }
    }

    fn by_algorithm(&self, from: &str, specifier: &str) -> Result<PathBuf, ResolveError> {
        let file = absolute(from);
        let found = self.resolver.resolve_file(&file, specifier);
        let found = match found {
            Err(error) if is_config_error(&error) => self.plain.resolve_file(&file, specifier),
            found => found,
        };
        found.map(|resolution| resolution.path().to_path_buf())
    }

    /// The target a path of the virtual file system stands for.
    fn target(&self, path: &std::path::Path) -> Option<TypeScriptTarget> {
        let file = self.files.file(path)?;
        Some(match self.files.source(&file) {
            Some(id) => TypeScriptTarget::File(id),
            None if self.files.is_generated(&file) => TypeScriptTarget::Generated(file),
            None => TypeScriptTarget::Asset,
        })
    }

    /// The `tsconfig.json` that leaves this file out of compilation.
    pub fn excluded_by(&self, file: FileId) -> Option<String> {
        self.excluded.by(self.paths.get(file.index())?)
    }

    /// True when the compiler drops imports of this file that only types use: the tsconfig that owns it does not say otherwise.
    pub fn drops_unused(&self, file: FileId) -> bool {
        let Some(path) = self.paths.get(file.index()) else { return false };
        *self.drops[file.index()].get_or_init(|| self.is_told_to_drop(path))
    }

    fn is_told_to_drop(&self, path: &str) -> bool {
        let Ok(Some(config)) = self.resolver.find_tsconfig(absolute(path)) else { return true };
        let options = &config.compiler_options;
        let keeps = |word: &String| matches!(word.as_str(), "preserve" | "error");
        options.verbatim_module_syntax != Some(true)
            && options.preserve_value_imports != Some(true)
            && !options.imports_not_used_as_values.as_ref().is_some_and(keeps)
    }

    /// What the algorithm could not find: a second look with what it cannot know, then a judgement.
    fn not_found(&self, from: &str, specifier: &str) -> TypeScriptTarget {
        let bare = specifier.split(['?', '#']).next().filter(|bare| !bare.is_empty()).unwrap_or(specifier);
        let relative = is_relative(bare);
        let installed = !relative && self.files.depends_on(from, bare);
        let from_root = !installed && self.files.is_folder_of_package(from, bare);
        if !relative && let Some(target) = self.second_look(from, bare, installed, from_root) {
            return target;
        }
        let ours = relative || specifier.starts_with('#') || is_bundler_alias(bare) || self.files.workspace_package(bare).is_some();
        if !(ours || from_root || self.aliases.matches(from, bare) && !installed) {
            return TypeScriptTarget::External(specifier.to_owned());
        }
        if self.candidates(from, bare).iter().any(|path| self.outputs.cover(path) || self.files.is_output(path)) {
            return TypeScriptTarget::Generated(specifier.to_owned());
        }
        if has_asset_extension(bare) { TypeScriptTarget::Asset } else { TypeScriptTarget::Unresolved(specifier.to_owned()) }
    }

    fn second_look(&self, from: &str, specifier: &str, installed: bool, from_root: bool) -> Option<TypeScriptTarget> {
        if let Some(target) = self.in_workspace(specifier) {
            return Some(target);
        }
        if installed {
            return None;
        }
        let second = self.by_foreign_config(from, specifier).or_else(|| self.by_bundler_alias(from, specifier));
        second.or_else(|| if from_root { self.in_package(from, &["./"], specifier) } else { None })
    }

    /// The paths from the project's root that a first-party specifier may mean, without ending.
    fn candidates(&self, from: &str, specifier: &str) -> Vec<String> {
        let folder = folder_of(from);
        if specifier.starts_with('/') {
            return vec![join("", specifier)];
        }
        if is_relative(specifier) {
            return vec![join(folder, specifier)];
        }
        let mut found = self.aliases.expand(from, specifier);
        let root = self.files.package_root(from).unwrap_or("");
        match specifier.strip_prefix("@/").or_else(|| specifier.strip_prefix("~/")) {
            Some(rest) => found.extend([join(root, &format!("src/{rest}")), join(root, rest)]),
            None => found.push(join(root, specifier)),
        }
        if let Some((root, rest)) = self.files.workspace_package(specifier) {
            found.push(join(root, rest));
        }
        found
    }

    /// A file of a workspace package that its package.json does not lead to: no `main`, or a subpath that is not exported.
    fn in_workspace(&self, specifier: &str) -> Option<TypeScriptTarget> {
        let (root, rest) = self.files.workspace_package(specifier)?;
        if self.files.is_closed(root, rest) {
            return None;
        }
        let guesses = if rest.is_empty() {
            ["./src/index", "./index", "./src/main", "./lib/index"].map(str::to_owned).to_vec()
        } else {
            vec![format!("./{rest}"), format!("./src/{rest}")]
        };
        let versions = self.files.types_version(root, rest).into_iter().map(|path| format!("./{}", path.trim_start_matches("./")));
        versions.chain(guesses).collect::<Vec<_>>().iter().find_map(|guess| self.guess(root, guess))
    }

    /// The `paths` of the tsconfigs above a file that they do not include: tests are often left out of the build.
    fn by_foreign_config(&self, from: &str, specifier: &str) -> Option<TypeScriptTarget> {
        let folder = absolute(from).parent()?.to_path_buf();
        self.aliases.configs_above(from, specifier).find_map(|config| {
            let config = self.resolver.resolve_tsconfig(absolute(config)).ok()?;
            let found = self.resolver.resolve_with_context(&folder, specifier, Some(&config), &mut ResolveContext::default()).ok()?;
            self.target(found.path())
        })
    }

    /// `@/x` and `~/x` without a tsconfig that says so: bundlers take them from `src` or the package's root.
    fn by_bundler_alias(&self, from: &str, specifier: &str) -> Option<TypeScriptTarget> {
        let rest = specifier.strip_prefix("@/").or_else(|| specifier.strip_prefix("~/"))?;
        self.in_package(from, &["./src/", "./", "./app/"], rest)
    }

    /// `path` below one of the folders of the package that holds `from`.
    fn in_package(&self, from: &str, folders: &[&str], path: &str) -> Option<TypeScriptTarget> {
        let root = self.files.package_root(from)?;
        folders.iter().find_map(|folder| self.guess(root, &format!("{folder}{path}")))
    }

    /// `specifier` as if written in a file directly in `folder`, without any tsconfig.
    fn guess(&self, folder: &str, specifier: &str) -> Option<TypeScriptTarget> {
        let found = self.plain.resolve_file(absolute(folder).join("package.json"), specifier).ok()?;
        self.target(found.path())
    }
}

fn options(tsconfig: Option<TsconfigDiscovery>) -> ResolveOptions {
    let strings = |list: &[&str]| list.iter().map(|&item| item.to_owned()).collect::<Vec<String>>();
    let alias = |from: &str, to: &[&str]| (from.to_owned(), strings(to));
    ResolveOptions {
        tsconfig,
        // The environment's NODE_PATH and links on disk must not change a result.
        node_path: false,
        symlinks: false,
        builtin_modules: true,
        condition_names: strings(&["types", "source", "import", "require", "node", "development", "default"]),
        extensions: strings(&[".ts", ".tsx", ".d.ts", ".mts", ".d.mts", ".cts", ".d.cts", ".js", ".jsx", ".mjs", ".cjs", ".json"]),
        extension_alias: vec![
            alias(".js", &[".ts", ".tsx", ".d.ts", ".js", ".jsx"]),
            alias(".jsx", &[".tsx", ".jsx"]),
            alias(".mjs", &[".mts", ".d.mts", ".mjs"]),
            alias(".cjs", &[".cts", ".d.cts", ".cjs"]),
        ],
        main_fields: strings(&["source", "types", "typings", "module", "main"]),
        ..ResolveOptions::default()
    }
}

/// Errors that say something about a tsconfig, not about the specifier.
fn is_config_error(error: &ResolveError) -> bool {
    matches!(
        error,
        ResolveError::TsconfigNotFound(_)
            | ResolveError::TsconfigSelfReference(_)
            | ResolveError::TsconfigCircularExtend(_)
            | ResolveError::TsconfigLoadFailed { .. }
            | ResolveError::Json(_)
            | ResolveError::IOError(_)
    )
}

/// `https://…`, `node:fs`, `virtual:pages`: anything with a scheme.
fn is_remote(specifier: &str) -> bool {
    match specifier.split_once(':') {
        Some((scheme, _)) => !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+')),
        None => false,
    }
}

/// `./x`, `..`, `/x`; but `.prisma/client` is a package.
fn is_relative(specifier: &str) -> bool {
    matches!(specifier, "." | "..") || ["./", "../", "/"].iter().any(|start| specifier.starts_with(start))
}

/// Specifiers no package can have: a scope needs a name.
fn is_bundler_alias(specifier: &str) -> bool {
    ["@/", "~/", "@@/", "~~/"].iter().any(|alias| specifier.starts_with(alias))
}

const ASSETS: &[&str] = &[
    "css", "scss", "sass", "less", "styl", "pcss", "svg", "png", "jpg", "jpeg", "gif", "webp", "avif", "ico", "bmp", "woff", "woff2",
    "ttf", "otf", "eot", "mp3", "mp4", "webm", "ogg", "wav", "pdf", "json", "json5", "jsonc", "yaml", "yml", "toml", "txt", "md", "mdx",
    "html", "htm", "vue", "svelte", "astro", "graphql", "gql", "wasm", "node", "sql", "proto", "glsl", "vert", "frag", "hbs", "ejs", "pug",
    "csv", "xml", "zip", "wgsl", "grammar", "pegjs", "peggy", "lottie", "bin", "dat", "pem", "crt", "mustache", "njk", "liquid", "po",
    "snap",
];

fn has_asset_extension(specifier: &str) -> bool {
    specifier.rsplit_once('.').is_some_and(|(_, extension)| ASSETS.contains(&extension.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests;
