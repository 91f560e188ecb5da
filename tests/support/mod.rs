//! Runs the files of an example through the pipeline, in a temporary folder so that manifests count.

pub mod facts;
pub use archcheck::rulebook::marks;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use archcheck::discover::{DiscoverOptions, discover, read, read_text};
use archcheck::engine::{BaselineMode, Engine, Options};
use archcheck::link::{Inputs, link};
use archcheck::lower::lower;
use archcheck::model::facts::FileFacts;
use archcheck::model::finding::Finding;
use archcheck::model::program::Program;
use archcheck::model::project::Project;
use archcheck::model::role::Role;
use archcheck::model::rule::{ExampleFile, Profile};
use archcheck::model::source::LineIndex;
use archcheck::model::summary::Summaries;
use archcheck::rulebook::Rulebook;
use archcheck::summarise::summarise;
use tempfile::TempDir;

/// A small repository after discovery and lowering.
pub struct Checked {
    pub project: Project,
    pub facts: Vec<Arc<FileFacts>>,
    pub lines: Vec<LineIndex>,
    rulebook: Rulebook,
    manifests: Box<Manifests>,
    configured: Box<Configured>,
}

type Manifests = dyn Fn(&str) -> Option<String>;
type Configured = dyn Fn(&str) -> Vec<Role>;

impl Checked {
    /// Discovers and lowers the files.
    pub fn of(files: &[ExampleFile]) -> Checked {
        let folder = written(files);
        let root = folder.path();
        let project = discover(root, &DiscoverOptions::default());
        let (mut facts, mut lines) = (Vec::new(), Vec::new());
        for file in &project.files {
            let text = read(root, file).unwrap();
            lines.push(LineIndex::new(&text));
            facts.push(Arc::new(lower(file, &text)));
        }
        let texts: Vec<(Arc<str>, Arc<str>)> =
            project.texts.iter().filter_map(|text| Some((text.path.clone(), read_text(root, &text.path).ok()?))).collect();
        let manifests = Box::new(move |path: &str| texts.iter().find(|(known, _)| **known == *path).map(|(_, text)| text.to_string()));
        Checked { project, facts, lines, rulebook: Rulebook::built_in(), manifests, configured: Box::new(|_| Vec::new()) }
    }

    /// The linked program and its summaries.
    pub fn linked(&self) -> (Program<'_>, Summaries) {
        let program = link(&Inputs {
            project: &self.project,
            facts: &self.facts,
            rulebook: &self.rulebook,
            manifests: &*self.manifests,
            texts: &[],
            configured: &*self.configured,
        });
        let summaries = summarise(&program);
        (program, summaries)
    }
}

/// The findings with path and one-based line.
pub fn findings(files: &[ExampleFile], profile: Profile) -> Vec<(String, u32, Finding)> {
    let folder = written(files);
    let (mut engine, _) =
        Engine::open(folder.path(), Options { jobs: 1, profile: Some(profile), baseline: BaselineMode::Strict, ..Options::default() });
    let mistakes: Vec<&str> = engine.config_errors().iter().map(|error| error.message.as_str()).collect();
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let place = |finding: Finding| {
        let path = finding.primary.location.path.to_string();
        let text = files.iter().find(|file| file.path == path).map_or("", |file| &file.text);
        let line = LineIndex::new(text).line(finding.primary.location.span.start) + 1;
        (path, line, finding)
    };
    let reported = engine.check().reported;
    let mistakes: Vec<&str> = engine.config_errors().iter().map(|error| error.message.as_str()).collect();
    assert!(mistakes.is_empty(), "{mistakes:?}");
    reported.into_iter().map(place).collect()
}

/// The files in a folder of their own.
fn written(files: &[ExampleFile]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(&file.path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
        fs::write(path, &file.text).unwrap();
    }
    folder
}
