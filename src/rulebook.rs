//! Rule pages and framework knowledge to a `Rulebook`: the built-in ones and the user's own through one loader.
