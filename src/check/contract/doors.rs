//! Front doors: a folder of an `each` part with `public` files is entered through these only.

use super::breach::{Breach, Line};
use super::edges::{Deed, Edge};
use super::ground::{EdgeId, Ground};
use super::pieces::{Kind, PieceId};
use crate::model::contract::Terms;
use crate::model::source::FileId;

/// Every import that enters a folder past its door.
pub(super) fn breaches(ground: &Ground, part: PieceId) -> Vec<Breach> {
    ground.edges.iter().enumerate().filter_map(|(id, edge)| breach(ground, part, id, edge)).collect()
}

pub(super) fn breach(ground: &Ground, part: PieceId, id: EdgeId, edge: &Edge) -> Option<Breach> {
    let entered = edge.door?;
    let counts = edge.deed == Deed::Import && ground.counts(edge, crate::model::contract::Verb::Import, &Terms::default());
    let unit = ground.pieces.unit(entered, part)?;
    let comes_from_inside = ground.pieces.unit(edge.from.file, part) == Some(unit);
    if !counts || comes_from_inside || !ground.judges(edge.from.file) || is_public(ground, part, entered) {
        return None;
    }
    let name = ground.pieces.name(part);
    let from = ground.pieces.of_file(edge.from.file);
    Some(Breach {
        line: Line::Door(part),
        from: edge.from.file,
        target: super::breach::Target::File(entered),
        way: vec![id],
        from_part: from.first().map(|&part| ground.pieces.name(part).to_string()),
        to_part: Some(name.to_string()),
        reason: format!("past the front door of `{unit}`"),
        label: format!("`{name}` has a front door: `{}`", public(ground, part).join("`, `")),
        help: format!("import it from the front door of `{unit}`, and let that export it"),
        more: 0,
    })
}

/// True for a file through which others may enter.
pub(super) fn is_public(ground: &Ground, part: PieceId, file: FileId) -> bool {
    let Kind::Each { public } = &ground.pieces.all[part].kind else { return true };
    let Some(unit) = ground.pieces.unit(file, part) else { return true };
    match ground.program.path(file).strip_prefix(&**unit) {
        // `billing.rs` beside `billing/` is the module itself.
        Some(".rs") => true,
        Some(rest) => public.iter().any(|glob| glob.is_match(rest.trim_start_matches('/'))),
        None => true,
    }
}

fn public(ground: &Ground, part: PieceId) -> Vec<String> {
    match &ground.contract.parts[part].form {
        crate::model::contract::PartForm::Each { public, .. } => public.iter().map(|file| file.value.clone()).collect(),
        _ => Vec::new(),
    }
}
