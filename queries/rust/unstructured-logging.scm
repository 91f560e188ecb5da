((macro_invocation macro: (identifier) @macro) @finding
  (#any-of? @macro "println" "eprintln" "print" "eprint" "dbg")
  (#role? @finding "router" "service" "repository" "middleware" "task")
  (#not-function-contains? @finding "fn main(")
  (#package-imports? "tracing" "log" "slog"))
