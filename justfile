# The usual verbs; `just` lists them. Each is one plain command, so that nobody needs just.

default:
    @just --list

# Analyse an example, in colour
example name="python-shop":
    cargo run --release --locked -- examples/{{name}}

# archcheck on its own source
self:
    cargo run --locked -- .

# Everything that must hold before a change is merged
ci:
    .ci/run

check:
    cargo check --all-targets --locked

# All tests, or those whose name contains FILTER
test filter="":
    cargo test --locked {{filter}}

# The examples of one rule page or framework file
examples-of name:
    ONLY={{name}} cargo test --locked --test rules

lint:
    cargo clippy --all-targets --locked -- -D warnings

fmt:
    cargo fmt

# A fast build for large repositories, quicker to make than a release
quick:
    cargo build --profile quick --locked

install:
    cargo install --locked --path .
