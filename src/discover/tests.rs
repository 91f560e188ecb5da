//! Discovery on small trees on disk.

use std::fs;
use std::path::Path;

use super::*;

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        write(folder.path(), path, text.as_bytes());
    }
    folder
}

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

fn found(root: &Path) -> Project {
    discover(root, &DiscoverOptions { threads: 2, ..DiscoverOptions::default() })
}

fn files(project: &Project) -> Vec<&str> {
    project.files.iter().map(|file| &*file.path).collect()
}

fn skipped(project: &Project) -> Vec<String> {
    project.skipped.iter().flat_map(|(reason, paths)| paths.iter().map(|path| format!("{}: {path}", reason.name()))).collect()
}

#[test]
fn files_are_sorted_and_ignored_ones_are_left_out() {
    let root = tree(&[
        ("b/x.py", ""),
        ("a.ts", ""),
        ("a/y.rs", ""),
        ("secret.py", ""),
        ("gen/z.py", ""),
        (".hidden/q.py", ""),
        (".gitignore", "secret.py\n"),
        (".archcheckignore", "gen/\n"),
        ("notes.md", ""),
    ]);
    assert_eq!(files(&found(root.path())), ["a.ts", "a/y.rs", "b/x.py"]);
}

#[test]
fn settings_that_are_ignored_and_part_of_the_repository_all_the_same() {
    let files = [
        (".gitignore", ".env*\n"),
        (".env", "A=1"),
        ("api/package.json", "{}"),
        ("api/.env.local", "B=2"),
        ("api/.env.test", "C=3"),
        ("notes/.env", ""),
        ("api/.archcheckignore", ".env.test\n"),
    ];
    let settings = |root: &Path| {
        let texts = found(root).texts.into_iter().map(|text| text.path.to_string());
        texts.filter(|path| path.contains(".env")).collect::<Vec<_>>()
    };
    // Without git, all that lies here was handed over.
    let root = tree(&files);
    assert_eq!(settings(root.path()), [".env", "api/.env.local"]);
    // With it, what its index holds.
    let mut index = b"DIRC\0\0\0\x02\0\0\0\x01".to_vec();
    index.extend([7; 60]);
    index.extend(b"\0\x0eapi/.env.local\0");
    std::fs::create_dir(root.path().join(".git")).unwrap();
    assert_eq!(settings(root.path()), [""; 0]);
    std::fs::write(root.path().join(".git/index"), index).unwrap();
    assert_eq!(settings(root.path()), ["api/.env.local"]);
    assert_eq!(settings(&root.path().join("api")), [".env.local"]);
}

#[test]
fn exclude_uses_gitignore_syntax() {
    let root = tree(&[("legacy/a.py", ""), ("app/a.py", ""), ("app/legacy/b.py", ""), ("app/x_gen.py", "")]);
    let options = DiscoverOptions { exclude: vec!["/legacy".into(), "*_gen.py".into()], ..DiscoverOptions::default() };
    assert_eq!(files(&discover(root.path(), &options)), ["app/a.py", "app/legacy/b.py"]);
}

#[test]
fn texts_that_rules_read() {
    let root = tree(&[
        (".env", ""),
        (".env.production", ""),
        (".github/workflows/ci.yml", ""),
        ("Dockerfile.dev", ""),
        ("config/app.toml", ""),
        ("package-lock.json", "{}"),
        ("readme.txt", ""),
        ("schema.prisma", ""),
    ]);
    let texts: Vec<_> = found(root.path()).texts.iter().map(|text| text.path.to_string()).collect();
    assert_eq!(
        texts,
        [".env", ".env.production", ".github/workflows/ci.yml", "Dockerfile.dev", "config/app.toml", "readme.txt", "schema.prisma"]
    );
}

#[test]
fn what_is_left_out_is_counted_by_reason() {
    let root = tree(&[("app.py", "x = 1\n"), ("node_modules/a/index.js", ""), ("api/user_pb2.py", ""), ("web/a.min.js", "")]);
    write(root.path(), "big.py", &vec![b'#'; MAX_BYTES as usize + 1]);
    let project = found(root.path());
    assert_eq!(
        skipped(&project),
        ["generated: api/user_pb2.py", "vendored: node_modules/a/index.js", "minified: web/a.min.js", "too large: big.py"]
    );
    assert_eq!(files(&project), ["app.py"]);
}

#[test]
fn reasons_that_only_the_content_tells() {
    let root = tree(&[("header.py", "# @generated\n"), ("plain.py", "\u{FEFF}x = 1\n")]);
    write(root.path(), "binary.py", b"\0\0\0");
    write(root.path(), "latin.py", b"# coding: latin-1\n# \xE9\n");
    write(root.path(), "wrong.py", b"# \xE9\n");
    let read: Vec<String> = found(root.path())
        .files
        .iter()
        .map(|file| match read(root.path(), file) {
            Ok(text) => format!("{}: {text:?}", file.path),
            Err(reason) => format!("{}: {}", file.path, reason.name()),
        })
        .collect();
    assert_eq!(
        read,
        [
            "binary.py: binary",
            "header.py: generated",
            "latin.py: \"# coding: latin-1\\n# é\\n\"",
            "plain.py: \"x = 1\\n\"",
            "wrong.py: not UTF-8",
        ]
    );
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_and_leaving_ones_are_counted() {
    use std::os::unix::fs::symlink;
    let outside = tree(&[("x.py", "")]);
    let root = tree(&[("app/a.py", "")]);
    symlink(root.path().join("app"), root.path().join("app/circle")).expect("a link");
    symlink(root.path().join("self.py"), root.path().join("self.py")).expect("a link");
    symlink(outside.path(), root.path().join("outside")).expect("a link");
    symlink(root.path().join("app/a.py"), root.path().join("b.py")).expect("a link");
    let project = found(root.path());
    assert_eq!(files(&project), ["app/a.py"]);
    let link = "link out of the root or in a circle";
    assert_eq!(skipped(&project), [format!("{link}: app/circle"), format!("{link}: outside"), format!("{link}: self.py")]);
}

#[test]
fn packages_and_families() {
    let root = tree(&[
        ("api/pyproject.toml", "[project]\nname = \"api\"\n"),
        ("api/app/__init__.py", ""),
        ("web/package.json", "{ \"name\": \"web\" }"),
        ("web/tsconfig.json", "{}"),
        ("web/src/a.ts", ""),
        ("tool.py", ""),
        ("stack/stack.yaml", "language: python\nframework: flask\n"),
    ]);
    let project = found(root.path());
    let packages: Vec<_> =
        project.packages.iter().map(|package| (package.root.as_str(), package.families.clone(), package.source_roots.join(","))).collect();
    assert_eq!(
        packages,
        [
            ("", vec![crate::model::source::Family::Python], String::new()),
            ("api", vec![crate::model::source::Family::Python], "api".to_string()),
            ("web", vec![crate::model::source::Family::TypeScript], String::new()),
        ]
    );
    assert_eq!(project.stack.get("framework").map(String::as_str), Some("flask"));
}

#[test]
fn a_root_that_does_not_exist_is_empty() {
    let project = found(Path::new("/nonexistent/for/sure"));
    assert!(project.files.is_empty());
}
