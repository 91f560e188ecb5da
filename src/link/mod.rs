//! Stage 3: facts of all files to a `Program`: modules, names, types, call graph, roles.
