//! An outline says of imports and exports what the whole module says.

use proptest::prelude::*;

use crate::languages::typescript::lower::{lower, lower_outline};
use crate::languages::typescript::outline::{Head, outline};
use crate::model::facts::{FileFacts, ImportKind};
use crate::model::source::Language;

const COMPONENT: &str = r#"// Rows of a list.
"use client";

import "./list.css";
import React, { useState, type FC } from "react";
import * as api from '../api'
import type { Row } from "./row";
import {
  Button,
  Icon as Sign, // drawn before the name
} from "@/ui";

const Chart = dynamic(() => import("./chart"), { ssr: false });
type Kind = typeof import("./kinds");

export const size = 20, other = 3;
export async function load(id: string) {
  return api.get(`/rows/${id}`);
}
export function List({
  rows,
}: {
  rows: Row[];
}) {
  const [open, setOpen] = useState(false);
  // import("./never")
  return <ul>{rows.map((row) => <li key={row.id} onClick={() => setOpen(!open)}>{row.name}</li>)}</ul>;
}
export class Shown extends React.Component {}
export type Rows =
  | Row[];
export interface Props { rows: Row[] }
export { size as height };
export * from "./more";
export default List;
"#;

fn said(facts: &FileFacts) -> (Vec<String>, Vec<String>) {
    let mut imports: Vec<String> = facts
        .imports
        .iter()
        .filter(|import| import.kind != ImportKind::Type)
        .map(|import| {
            let local = import.local.map(|name| facts.text(name));
            format!("{} {:?} {:?} {} {:?}", facts.text(import.specifier), local, import.kind, import.re_export, import.span)
        })
        .collect();
    imports.sort();
    let mut exports: Vec<String> = facts.exports.iter().map(|export| facts.text(export.exported).to_string()).collect();
    exports.sort();
    (imports, exports)
}

#[test]
fn the_head_ends_where_code_begins() {
    let head = Head::of(COMPONENT);
    assert_eq!(head.directives, ["use client"]);
    let modules: Vec<&str> = head.imports.iter().map(|import| import.module).collect();
    assert_eq!(modules, ["./list.css", "react", "../api", "./row", "@/ui"]);
    assert_eq!(head.imports[1].clause, "React, { useState, type FC }");
}

#[test]
fn an_outline_imports_and_exports_what_the_module_does() {
    let text = COMPONENT;
    let (outline, parts) = outline(text, &Head::of(text)).expect("an outline");
    assert_eq!(outline.len(), text.len());
    assert_eq!(outline.lines().count(), text.lines().count());
    let (whole, part) = (lower(text, Language::Tsx), lower_outline(&outline, &parts, Language::Tsx));
    assert_eq!(part.problems, []);
    assert_eq!(said(&part).0, said(&whole).0);
    // The second name of one statement is the price of not reading it.
    let mut exports = said(&whole).1;
    exports.retain(|name| name != "other");
    assert_eq!(said(&part).1, exports);
    assert!(part.defs.len() < whole.defs.len() && !outline.contains("setOpen"), "{outline}");
}

#[test]
fn what_an_outline_cannot_say_has_none() {
    let long = "// The rest of the module is as long as modules are, and longer than what is not worth the while.\n";
    for body in [
        "const a = require('./a');",
        "import late from './late';",
        "export const { a, b } = both();",
        "export = both;",
        "export namespace Both {}",
        "export const enum Side { Left }",
        "const page = import(`./pages/${name}`);",
    ] {
        let text = format!("import a from './a';\nconst b = 1;\n{body}\n{long}");
        assert_eq!(outline(&text, &Head::of(&text)), None, "{body}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in a text, an outline has its length and its lines and can be lowered.
    #[test]
    fn any_text_has_an_outline_or_none(parts in prop::collection::vec(prop::sample::select(vec![
        "import ", "import(", "export ", "default ", "function ", "const ", "type ", "{", "}", "(", ")", "\"./a\"", "'", "\"", "`", "a", "é", " ", "\n",
        "\r\n", "from ", "*", "as ", ";", "//", "/*", "*/", "=", "\"use client\"", "\u{feff}", "#!", "class ", "async ", ".Kind", "\\",
    ]), 0..60)) {
        let text = parts.concat();
        let head = Head::of(&text);
        if let Some((outline, parts)) = outline(&text, &head) {
            prop_assert_eq!(outline.len(), text.len());
            prop_assert_eq!(outline.matches('\n').count(), text.matches('\n').count());
            let outside = outline.bytes().enumerate().filter(|(at, _)| !parts.iter().any(|part| part.contains(at)));
            prop_assert!(outside.map(|(_, byte)| byte).all(|byte| matches!(byte, b' ' | b'\n')), "{outline:?} outside of {parts:?}");
            lower_outline(&outline, &parts, Language::Tsx);
        }
    }
}
