# archcheck in a container:
#   docker build --tag archcheck .
#   docker run --rm --network none --user "$(id -u):$(id -g)" --volume "$PWD:/code:ro" archcheck
# The binary is static; git is there for `--since`, a shell for the CI servers that want one. It writes nothing unless told to.
FROM rust:1.95-alpine3.22 AS build
# hadolint ignore=DL3018
RUN apk add --no-cache musl-dev
WORKDIR /source
COPY Cargo.toml Cargo.lock build.rs README.md ./
COPY src src
COPY rules rules
COPY queries queries
RUN cargo build --release --locked --bin archcheck

FROM alpine:3.22
# hadolint ignore=DL3018
RUN apk add --no-cache git && adduser -D -H -u 65532 archcheck
COPY --from=build /source/target/release/archcheck /usr/local/bin/archcheck
COPY LICENSE-APACHE LICENSE-MIT /usr/share/licenses/archcheck/
USER 65532:65532
WORKDIR /code
ENTRYPOINT ["/usr/local/bin/archcheck"]
CMD ["check", "."]
