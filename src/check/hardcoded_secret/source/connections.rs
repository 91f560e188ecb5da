//! The settings of a connection as an object of literals: `{ host: "db", user: "shop", password: "…", database: "shop" }`. That the password
//! stands beside them says what it opens, however weak it is. One for this machine is for development.

use super::literals::{is_environment_name, is_stand_in};
use super::values::Scan;
use crate::check::hardcoded_secret::generic::{self, NameClass};
use crate::check::hardcoded_secret::{SecretHit, SecretKind};
use crate::model::body::{CollectionKind, NodeId, NodeKind};
use crate::model::source::Family;

/// Keys that say where the other side is.
const HOSTS: [&str; 5] = ["host", "hostname", "server", "db_host", "dbhost"];

/// The password of an object with the settings of a connection.
pub(super) fn settings(scan: &Scan, id: NodeId, hits: &mut Vec<SecretHit>) {
    let facts = scan.facts;
    let NodeKind::Collection { kind: CollectionKind::Dict, items } = facts.arena.kind(id) else { return };
    if facts.language.family() != Family::TypeScript || facts.arena.list(items).len() < 3 {
        return;
    }
    // Most objects are about something else.
    let is_host = |item| match facts.arena.kind(item) {
        NodeKind::Entry { key, .. } => facts.string(key).is_some_and(|key| HOSTS.iter().any(|host| key.eq_ignore_ascii_case(host))),
        _ => false,
    };
    if !facts.arena.list(items).any(is_host) {
        return;
    }
    let entries: Vec<(String, &str, NodeId)> = facts
        .arena
        .list(items)
        .filter_map(|item| match facts.arena.kind(item) {
            NodeKind::Entry { key, value } => {
                Some((facts.string(key)?.to_ascii_lowercase(), facts.string(value).unwrap_or_default(), value))
            }
            _ => None,
        })
        .collect();
    let of = |names: &[&str]| entries.iter().find(|(name, ..)| names.contains(&name.as_str()));
    let host = of(&HOSTS);
    let user = of(&["user", "username", "db_user", "dbuser"]);
    let database = of(&["database", "db", "dbname", "db_name", "dialect", "schema"]);
    let (Some(host), Some(user), Some(_)) = (host, user, database) else { return };
    let password = entries.iter().find(|(name, ..)| generic::classify(name) == Some(NameClass::Password));
    let Some((name, text, value)) = password else { return };
    // Whoever knows the user knows such a password: `postgres` for `postgres`.
    // `{ host: "public", user: "public", password: "secret" }` says how to treat each of them.
    let is_of_kinds = !host.1.is_empty() && host.1 == user.1;
    let is_local = matches!(host.1, "localhost" | "127.0.0.1" | "::1" | "0.0.0.0");
    let is_told = is_of_kinds || generic::says_its_name(name, text) || text.eq_ignore_ascii_case(user.1) && !is_local;
    if !generic::is_literal_secret(text) || is_told || is_stand_in(text) || is_environment_name(text) {
        return;
    }
    let mut hit = scan.hit(*value, SecretKind::ConnectionSetting, name);
    hit.for_development = is_local && !hit.strong;
    hits.push(hit);
}

/// The name stands as the password in the address of a server: `f"postgresql://{DB_USER}:{DB_PASSWORD}@{DB_HOST}/{DB_NAME}"`. One on this machine is
/// for development.
pub(super) fn is_in_address(scan: &Scan, name: &str) -> bool {
    let facts = scan.facts;
    facts.arena.ids().any(|node| {
        let NodeKind::Text { parts, .. } = facts.arena.kind(node) else { return false };
        let parts: Vec<NodeId> = facts.arena.list(parts).collect();
        let said = |at: usize| parts.get(at).and_then(|&part| facts.string(part)).unwrap_or_default();
        let is_it = |part: NodeId| matches!(facts.arena.kind(part), NodeKind::Name(own) if facts.text(own) == name);
        let Some(at) = parts.iter().position(|&part| is_it(part)).filter(|&at| at > 0) else { return false };
        let host = match said(at + 1).strip_prefix('@') {
            Some("") => match parts.get(at + 2).map(|&part| (part, facts.arena.kind(part))) {
                Some((part, NodeKind::Name(host))) => {
                    scan.constant(facts.text(host), facts.arena.span(part)).and_then(|value| facts.string(value)).unwrap_or_default()
                }
                _ => "",
            },
            Some(host) => host,
            None => return false,
        };
        let is_local = ["localhost", "127.", "0.0.0.0", "::1"].iter().any(|own| host.starts_with(own));
        said(0).contains("://") && said(at - 1).ends_with(':') && !host.is_empty() && !is_local
    })
}
