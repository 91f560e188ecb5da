//! Resolution over file sets that exist only here.

use super::*;
use crate::model::project::{Package, TextFile};
use crate::model::source::{Family, Language, SourceFile};

/// A project of source files and resolution files (path and text).
struct Fixture {
    project: Project,
    modules: TypeScriptModules,
}

fn fixture(files: &[&str], configs: &[(&str, &str)]) -> Fixture {
    with_members(files, configs, &[])
}

/// The same with declared workspace members.
fn with_members(files: &[&str], configs: &[(&str, &str)], members: &[&str]) -> Fixture {
    let mut files = files.to_vec();
    files.sort_unstable();
    let source = |path: &&str| Language::of_path(path).map(|language| SourceFile { path: Arc::from(*path), language, bytes: 0 });
    let mut project = Project { files: files.iter().filter_map(source).collect(), ..Project::default() };
    let assets = files.iter().copied().filter(|path| Language::of_path(path).is_none());
    let mut texts: Vec<&str> = assets.chain(configs.iter().map(|(path, _)| *path)).collect();
    texts.sort_unstable();
    project.texts = texts.into_iter().map(|path| TextFile { path: Arc::from(path), bytes: 0 }).collect();
    if !members.is_empty() {
        let workspaces = members.iter().map(|member| (*member).to_owned()).collect();
        project.packages.push(Package { families: vec![Family::TypeScript], workspaces, ..Package::default() });
    }
    let modules =
        TypeScriptModules::new(&project, &|path| configs.iter().find(|(known, _)| *known == path).map(|(_, text)| (*text).to_owned()), &[]);
    Fixture { project, modules }
}

impl Fixture {
    /// Where `specifier` in `from` leads, as text.
    fn find(&self, from: &str, specifier: &str) -> String {
        let at = self.project.files.iter().position(|file| &*file.path == from).unwrap();
        match self.modules.resolve(FileId(at as u32), specifier) {
            TypeScriptTarget::File(id) => self.project.files[id.index()].path.to_string(),
            TypeScriptTarget::External(name) => format!("external {name}"),
            TypeScriptTarget::Asset => "asset".to_owned(),
            TypeScriptTarget::Generated(specifier) => format!("generated {specifier}"),
            TypeScriptTarget::Unresolved(specifier) => format!("unresolved {specifier}"),
        }
    }

    fn check(&self, from: &str, cases: &[(&str, &str)]) {
        for (specifier, expected) in cases {
            assert_eq!(self.find(from, specifier), *expected, "{specifier} in {from}");
            assert_eq!(self.find(from, specifier), *expected, "{specifier} in {from}, asked again");
        }
    }
}

#[test]
fn relative_specifiers() {
    let project = fixture(
        &[
            "src/a.ts",
            "src/b.tsx",
            "src/c/index.ts",
            "src/d.js",
            "src/d.ts",
            "src/e.mts",
            "src/f.d.ts",
            "src/g.cjs",
            "src/h.service.ts",
            "src/c.ts",
            "src/data.json",
            "src/style.css",
            "root.ts",
        ],
        &[],
    );
    project.check(
        "src/a.ts",
        &[
            ("./b", "src/b.tsx"),
            ("./b.js", "src/b.tsx"),
            ("./b.tsx", "src/b.tsx"),
            ("./c", "src/c.ts"),
            ("./c/", "src/c/index.ts"),
            ("./c/index.js", "src/c/index.ts"),
            ("./d", "src/d.ts"),
            ("./d.js", "src/d.ts"),
            ("./e.mjs", "src/e.mts"),
            ("./f", "src/f.d.ts"),
            ("./g.cjs", "src/g.cjs"),
            ("./h.service", "src/h.service.ts"),
            ("../root", "root.ts"),
            ("..", "unresolved .."),
            ("./d?raw", "src/d.ts"),
            ("./data.json", "asset"),
            ("./style.css", "asset"),
            ("./not-there.svg", "asset"),
            ("./App.vue", "asset"),
            ("./nothing", "unresolved ./nothing"),
            ("../../../outside", "unresolved ../../../outside"),
            ("", "unresolved "),
        ],
    );
}

#[test]
fn packages_and_builtins() {
    let project = fixture(&["a.ts"], &[("package.json", r#"{ "dependencies": { "express": "4" } }"#)]);
    project.check(
        "a.ts",
        &[
            ("express", "external express"),
            ("@nestjs/common/decorators", "external @nestjs/common/decorators"),
            ("node:fs/promises", "external fs/promises"),
            ("fs", "external fs"),
            ("https://x.org/y.js", "external https://x.org/y.js"),
            ("virtual:pages", "external virtual:pages"),
            (".prisma/client", "external .prisma/client"),
            ("~icons/lucide/x", "external ~icons/lucide/x"),
            ("@/gone", "unresolved @/gone"),
        ],
    );
}

#[test]
fn paths_and_base_url() {
    let tsconfig = r#"{
        // comments and a trailing comma
        "compilerOptions": {
            "baseUrl": "./src",
            "paths": { "@app/*": ["app/*", "legacy/*"], "@config": ["config.ts"], "@app/special/*": ["special/*"], "x-*-y": ["mid/*"], },
        },
    }"#;
    let files = [
        "src/app/a.ts",
        "src/legacy/b.ts",
        "src/config.ts",
        "src/special/c.ts",
        "src/mid/m.ts",
        "src/shared/d.ts",
        "src/main.ts",
        "test/t.ts",
    ];
    let project = fixture(&files, &[("tsconfig.json", tsconfig), ("package.json", "{}")]);
    project.check(
        "src/main.ts",
        &[
            ("@app/a", "src/app/a.ts"),
            ("@app/b", "src/legacy/b.ts"),
            ("@app/special/c", "src/special/c.ts"),
            ("@config", "src/config.ts"),
            ("x-m-y", "src/mid/m.ts"),
            ("shared/d", "src/shared/d.ts"),
            ("@app/gone", "unresolved @app/gone"),
            ("@app/gone.css", "asset"),
            ("@apple/pie", "external @apple/pie"),
        ],
    );
}

#[test]
fn extended_configs() {
    let base = r#"{ "compilerOptions": { "paths": { "~/*": ["./packages/web/src/*"] } } }"#;
    let shared = r#"{ "compilerOptions": { "strict": true } }"#;
    let project = fixture(
        &["packages/web/src/a.ts", "packages/web/src/b.ts", "packages/api/src/a.ts", "packages/api/src/b.ts", "packages/tsconfig/x.ts"],
        &[
            ("tsconfig.base.json", base),
            ("packages/tsconfig/package.json", r#"{ "name": "@my/tsconfig" }"#),
            ("packages/tsconfig/node.json", shared),
            ("packages/web/tsconfig.json", r#"{ "extends": ["@my/tsconfig/node", "../../tsconfig.base"] }"#),
            (
                "packages/api/tsconfig.json",
                r#"{ "extends": "@tsconfig/node20/tsconfig.json", "compilerOptions": { "paths": { "@api/*": ["./src/*"] } } }"#,
            ),
        ],
    );
    project.check("packages/web/src/a.ts", &[("~/b", "packages/web/src/b.ts"), ("./b", "packages/web/src/b.ts")]);
    project.check("packages/api/src/a.ts", &[("@api/b", "packages/api/src/b.ts"), ("./b", "packages/api/src/b.ts")]);
}

#[test]
fn broken_and_circular_configs_do_not_lose_relative_imports() {
    let project = fixture(
        &["a/x.ts", "a/y.ts", "b/x.ts", "b/y.ts", "c/x.ts", "c/y.ts"],
        &[
            ("a/tsconfig.json", "{ this is not JSON"),
            ("b/tsconfig.json", r#"{ "extends": "./tsconfig.other.json" }"#),
            ("b/tsconfig.other.json", r#"{ "extends": "./tsconfig.json" }"#),
            ("c/tsconfig.json", r#"{ "references": [{ "path": "../gone" }, { "path": "." }], "files": [] }"#),
        ],
    );
    for folder in ["a", "b", "c"] {
        project.check(&format!("{folder}/x.ts"), &[("./y", &format!("{folder}/y.ts"))]);
    }
}

#[test]
fn solutions_and_files_no_config_includes() {
    let project = fixture(
        &["app/src/a.ts", "app/src/b.ts", "app/test/a.spec.ts", "app/other/c.ts"],
        &[
            ("app/tsconfig.json", r#"{ "files": [], "references": [{ "path": "./tsconfig.app.json" }] }"#),
            (
                "app/tsconfig.app.json",
                r#"{ "include": ["src/**/*"], "exclude": ["test"], "compilerOptions": { "composite": true, "paths": { "@/*": ["./src/*"], "other/*": ["./other/*"] } } }"#,
            ),
        ],
    );
    project.check("app/src/a.ts", &[("@/b", "app/src/b.ts")]);
    project.check("app/test/a.spec.ts", &[("@/b", "app/src/b.ts"), ("other/c", "app/other/c.ts"), ("../src/b", "app/src/b.ts")]);
}

#[test]
fn workspace_packages_unbuilt() {
    let project = with_members(
        &[
            "packages/core/src/index.ts",
            "packages/core/src/deep/util.ts",
            "packages/ui/source/main.tsx",
            "packages/ui/source/button.tsx",
            "packages/plain/index.js",
            "packages/nomain/src/index.ts",
            "packages/dual/src/index.ts",
            "apps/web/a.ts",
            "fixtures/react/index.ts",
        ],
        &[
            ("package.json", r#"{ "workspaces": ["packages/*"] }"#),
            ("apps/web/package.json", r#"{ "name": "web", "dependencies": { "@my/core": "workspace:*", "react": "18" } }"#),
            (
                "packages/core/package.json",
                r#"{ "name": "@my/core", "main": "dist/index.js", "exports": { ".": { "types": "./dist/index.d.ts", "default": "./dist/index.js" }, "./*": "./dist/*.js" } }"#,
            ),
            ("packages/ui/package.json", r#"{ "name": "ui", "main": "./out/main.js" }"#),
            ("packages/ui/tsconfig.json", r#"{ "compilerOptions": { "outDir": "./out", "rootDir": "./source" } }"#),
            ("packages/plain/package.json", r#"{ "name": "plain" }"#),
            ("packages/nomain/package.json", r#"{ "name": "nomain" }"#),
            (
                "packages/dual/package.json",
                r#"{ "name": "dual", "exports": { "import": "./dist/esm/index.mjs", "require": "./dist/cjs/index.cjs" } }"#,
            ),
            ("fixtures/react/package.json", r#"{ "name": "react" }"#),
        ],
        &["packages/core", "packages/ui", "packages/plain", "packages/nomain", "packages/dual", "apps/web"],
    );
    project.check(
        "apps/web/a.ts",
        &[
            ("@my/core", "packages/core/src/index.ts"),
            ("@my/core/deep/util", "packages/core/src/deep/util.ts"),
            ("ui", "packages/ui/source/main.tsx"),
            ("ui/out/button.js", "packages/ui/source/button.tsx"),
            ("ui/source/button", "packages/ui/source/button.tsx"),
            ("plain", "packages/plain/index.js"),
            ("nomain", "packages/nomain/src/index.ts"),
            ("dual", "packages/dual/src/index.ts"),
            ("@my/core/gone", "unresolved @my/core/gone"),
            ("react", "external react"),
        ],
    );
    project.check("packages/core/src/index.ts", &[("@my/core/deep/util", "packages/core/src/deep/util.ts")]);
}

#[test]
fn imports_field_and_self_reference() {
    let project = fixture(
        &["src/index.ts", "src/internal/db.ts", "src/feature.ts"],
        &[(
            "package.json",
            r##"{ "name": "self", "exports": { ".": "./src/index.ts", "./feature": "./src/feature.ts" }, "imports": { "#db": "./src/internal/db.ts", "#src/*": "./src/*.ts" } }"##,
        )],
    );
    project.check(
        "src/index.ts",
        &[
            ("#db", "src/internal/db.ts"),
            ("#src/feature", "src/feature.ts"),
            ("#gone", "unresolved #gone"),
            ("self/feature", "src/feature.ts"),
        ],
    );
}

#[test]
fn aliases_only_a_bundler_knows() {
    let project = fixture(
        &["web/src/pages/a.ts", "web/src/lib/b.ts", "web/lib/c.ts", "web/test/t.ts"],
        &[("web/package.json", r#"{ "dependencies": { "lib": "1" } }"#)],
    );
    project.check(
        "web/src/pages/a.ts",
        &[
            ("@/lib/b", "web/src/lib/b.ts"),
            ("~/lib/c", "web/lib/c.ts"),
            ("src/lib/b", "web/src/lib/b.ts"),
            ("src/gone", "unresolved src/gone"),
            ("lib/c", "external lib/c"),
        ],
    );
}

#[test]
fn jsconfig_counts_as_tsconfig() {
    let project = fixture(
        &["src/a.js", "src/b.js"],
        &[("jsconfig.json", r#"{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["src/*"] } } }"#)],
    );
    project.check("src/a.js", &[("@/b", "src/b.js")]);
}

#[test]
fn answers_do_not_depend_on_threads() {
    let project = fixture(&["a.ts", "b.ts", "c/index.ts"], &[]);
    let wanted = ["./b", "./c", "./gone", "react"];
    let expected: Vec<String> = wanted.iter().map(|specifier| project.find("a.ts", specifier)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (specifier, expected) in wanted.iter().zip(&expected) {
                    assert_eq!(project.find("a.ts", specifier), *expected);
                }
            });
        }
    });
}
