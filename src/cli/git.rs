//! The `git` binary, for an earlier state of the repository and the lines that changed since.
//!
//! A child process and not a library: three commands are needed, `git` is there wherever a change is reviewed, it honours the repository's own settings (partial
//! clones, alternates, attributes), and the libraries would be half of all our dependencies. Nothing of the user's is written: the earlier state is laid out
//! below a temporary folder through an index of its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::UsageError;

/// An earlier state of the files below a root.
pub(super) struct Earlier {
    /// Where its files are laid out; removed when this is dropped.
    pub(super) files: Scratch,
    /// `main (1a2b3c4d)`.
    pub(super) name: String,
    /// `git diff` from it to the working tree, paths relative to the root, prefixes `a/` and `b/`.
    pub(super) diff: String,
    /// Files that git neither tracks nor ignores, relative to the root.
    pub(super) untracked: Vec<String>,
    /// What the reader should know of the comparison.
    pub(super) remark: Option<String>,
}

/// A temporary folder.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes one, which only this user may read.
    pub(super) fn new() -> std::io::Result<Scratch> {
        let base = std::env::temp_dir();
        let process = std::process::id();
        for attempt in 0..100 {
            let folder = base.join(format!("archcheck-{process}-{attempt}"));
            match make_private(&folder) {
                Ok(()) => return Ok(Scratch(folder)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(std::io::Error::other("no name is free for a temporary folder"))
    }

    /// The folder with the files.
    pub(super) fn tree(&self) -> PathBuf {
        self.0.join("tree")
    }
}

/// A folder nobody else may read: the code may be private and the temporary folder shared.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is the system's to clean up.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The state of `root` at the point where `reference` and the working tree parted.
pub(super) fn earlier(root: &Path, reference: &str) -> Result<Earlier, UsageError> {
    let git = Git { root };
    git.text(&["rev-parse", "--is-inside-work-tree"]).map_err(|wrong| match wrong {
        Trouble::Missing => {
            UsageError::new("`--since` needs `git`, which was not found").help("install git, or give the change with `--diff FILE`")
        }
        Trouble::Failed(said) if said.contains("not a git repository") => {
            UsageError::new("`--since` needs a git repository, and this folder is in none")
                .help("without git, give the change with `--diff FILE`")
        }
        other => failed(other),
    })?;
    let shallow = git.text(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|answer| answer.trim() == "true");
    let commit = git.text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{reference}^{{commit}}")]);
    let Ok(commit) = commit.map(|id| id.trim().to_string()) else { return Err(unknown(&git, reference, shallow)) };
    let parted = git.text(&["merge-base", &commit, "HEAD"]).ok().map(|id| id.trim().to_string()).filter(|id| !id.is_empty());
    let remark = parted.is_none().then(|| {
        let why = if shallow { "this shallow clone does not hold their common ancestor" } else { "they have no common ancestor" };
        format!("compared with `{reference}` itself, not with the point where it and this branch parted: {why}")
    });
    let base = parted.unwrap_or(commit);
    let prefix = git.text(&["rev-parse", "--show-prefix"]).map_err(failed)?.trim_end_matches('\n').to_string();
    let files = lay_out(&git, &base, &prefix)?;
    let diff = git
        .text(&[
            "-c",
            "core.quotePath=true",
            "diff",
            "-U0",
            "--inter-hunk-context=0",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "-M",
            "--relative",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            "--ignore-submodules",
            &base,
            "--",
            ".",
        ])
        .map_err(failed)?;
    let untracked = git.text(&["ls-files", "--others", "--exclude-standard", "-z", "--", "."]).map_err(failed)?;
    let untracked = untracked.split('\0').filter(|path| !path.is_empty()).map(str::to_string).collect();
    let short = base.get(..9).unwrap_or(&base);
    Ok(Earlier { files, name: format!("{reference} ({short})"), diff, untracked, remark })
}

fn unknown(git: &Git<'_>, reference: &str, shallow: bool) -> UsageError {
    if shallow {
        let branch = reference.split_once('/').map_or(reference, |(_, branch)| branch);
        return UsageError::new(format!("`{reference}` is not in this clone, which is shallow")).help(format!(
            "fetch it first: `git fetch --depth=1 origin {branch}:{reference}`, or clone with history (`fetch-depth: 0` in GitHub Actions)",
            reference = if reference.contains('/') { format!("refs/remotes/{reference}") } else { reference.to_string() }
        ));
    }
    let known = git.text(&["for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags"]).unwrap_or_default();
    let wrong = UsageError::new(format!("git knows no commit `{reference}`"));
    match crate::config::did_you_mean(reference, known.lines()) {
        Some(near) => wrong.help(format!("did you mean `{near}`?")),
        None => wrong.help("name a branch, a tag or a commit: `--since origin/main`"),
    }
}

/// Writes the files of a commit below a temporary folder.
fn lay_out(git: &Git<'_>, commit: &str, prefix: &str) -> Result<Scratch, UsageError> {
    let scratch = Scratch::new().map_err(|error| UsageError::new(format!("cannot make a temporary folder: {error}")))?;
    let tree = scratch.tree();
    std::fs::create_dir(&tree).map_err(|error| UsageError::new(format!("cannot make a temporary folder: {error}")))?;
    let index = scratch.0.join("index");
    let mut top = format!("{}/", tree.display());
    if cfg!(windows) {
        top = top.replace('\\', "/");
    }
    // A folder that was not there then has no files; git calls it an error.
    let treeish = if prefix.is_empty() { commit.to_string() } else { format!("{commit}:{}", prefix.trim_end_matches('/')) };
    if git.text(&["cat-file", "-e", &treeish]).is_err() {
        return Ok(scratch);
    }
    git.with_index(&index, &["read-tree", &treeish]).map_err(failed)?;
    // Large files stand behind filters that may want the network; what stands for them is enough.
    let plain = ["-c", "filter.lfs.smudge=", "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false"];
    let out: Vec<&str> = plain.into_iter().chain(["checkout-index", "--all", "--force", "--quiet", "--prefix", &top]).collect();
    git.with_index(&index, &out).map_err(failed)?;
    Ok(scratch)
}

fn failed(trouble: Trouble) -> UsageError {
    match trouble {
        Trouble::Missing => UsageError::new("`git` was not found"),
        Trouble::Failed(said) => UsageError::new(format!("git failed: {said}")),
    }
}

enum Trouble {
    /// There is no `git`.
    Missing,
    /// What it said.
    Failed(String),
}

struct Git<'a> {
    root: &'a Path,
}

impl Git<'_> {
    fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.current_dir(self.root).stdin(Stdio::null()).env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
        // Set inside hooks, where they would point a folder deeper astray.
        command.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_PREFIX");
        command
    }

    /// Standard output of a command.
    fn text(&self, arguments: &[&str]) -> Result<String, Trouble> {
        output(self.command().args(arguments))
    }

    /// As [`Git::text`], with an index of our own. The top of the work tree is where the command runs, so that paths are written as they are.
    fn with_index(&self, index: &Path, arguments: &[&str]) -> Result<String, Trouble> {
        let top = self.text(&["rev-parse", "--show-toplevel"])?;
        let mut command = self.command();
        command.current_dir(top.trim_end_matches('\n')).env("GIT_INDEX_FILE", OsStr::new(index)).args(arguments);
        output(&mut command)
    }
}

fn output(command: &mut Command) -> Result<String, Trouble> {
    let output = command.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Trouble::Missing,
        _ => Trouble::Failed(error.to_string()),
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Trouble::Failed(said.lines().next().unwrap_or("it says nothing").to_string()))
}
