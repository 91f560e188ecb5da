//! Stage 4: what each function does to the database and how data flows through it, bottom-up over the call graph.
