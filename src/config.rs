//! `archcheck.toml` to a `Config`, each value with its span.
