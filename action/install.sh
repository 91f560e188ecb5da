#!/usr/bin/env bash
# Brings archcheck for the action, in two steps with the runner's cache between them:
#   fetch   takes the binary of a release and compares its checksum, or says that the action's own source is to be built, and under which key of the cache
#   build   builds it, unless the cache held it
# A release is taken without asking only when it is what the action is pinned to: by a version tag, or by the very commit the release was built from.
set -euo pipefail

source="${GITHUB_ACTION_PATH:?}"
temporary="${RUNNER_TEMP:-/tmp}"
temporary="${temporary//\\//}" # Windows: slashes, which bash, cargo and the runner all take
repository="${ARCHCHECK_ACTION_REPOSITORY:-}"
ref="${ARCHCHECK_ACTION_REF:-}"
version="${ARCHCHECK_ACTION_VERSION:-}"
checksum="${ARCHCHECK_ACTION_CHECKSUM:-}"
system="${RUNNER_OS:-$(uname -s)}-${RUNNER_ARCH:-$(uname -m)}"

fail() {
    echo "::error title=archcheck::$*"
    exit 1
}

answer() {
    echo "$1" >>"${GITHUB_OUTPUT:-/dev/stdout}"
}

hash_of() {
    if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

# The name of this system in the names of a release's archives; fails where a release has none.
target() {
    case "$system" in
    Linux-X64) echo x86_64-unknown-linux-musl ;;
    Linux-ARM64) echo aarch64-unknown-linux-musl ;;
    macOS-X64) echo x86_64-apple-darwin ;;
    macOS-ARM64) echo aarch64-apple-darwin ;;
    Windows-X64) echo x86_64-pc-windows-msvc ;;
    *) return 1 ;;
    esac
}

download() {
    curl --fail --silent --show-error --location --retry 3 --proto '=https' --tlsv1.2 --output "$2" "$1"
}

own_version() {
    sed -n 's/^version = "\(.*\)"$/v\1/p' "$source/Cargo.toml" | head -n 1
}

# Whether the release at the address $1 is what the action is pinned to.
pinned_to() {
    if [[ "$ref" =~ ^v[0-9]+(\.[0-9]+)*$ ]]; then
        return 0
    fi
    [[ "$ref" =~ ^[0-9a-f]{40}$ ]] && download "$1/archcheck-commit.txt" "$work/commit" 2>/dev/null && [ "$(tr -d '[:space:]' <"$work/commit")" = "$ref" ]
}

# Takes the release $1 into $folder. Without a release for this system it fails; a wrong checksum ends the job.
release() {
    local triple archive base
    triple="$(target)" || return 1
    archive="archcheck-$triple.tar.gz"
    base="${GITHUB_SERVER_URL:-https://github.com}/$repository/releases/download/$1"
    if [ -z "$version" ]; then
        pinned_to "$base" || return 1
    fi
    download "$base/$archive" "$work/$archive" || return 1
    if [ -n "$checksum" ]; then
        echo "$checksum  $archive" >"$work/sums"
    else
        download "$base/$archive.sha256" "$work/sums" || fail "$archive has no checksum beside it"
    fi
    # One line with the archive's name: a list of other files would prove nothing of this one.
    [[ "$(cat "$work/sums")" =~ ^[0-9a-fA-F]{64}\ [\ *]"$archive"$ ]] || fail "the checksum of $archive is not understood"
    (cd "$work" && hash_of --check sums) || fail "$archive is not what its checksum says"
    (cd "$work" && tar -xzf "$archive" && mkdir -p "$folder/bin" && mv -f "archcheck-$triple/archcheck"* "$folder/bin/") || fail "$archive cannot be unpacked"
    "$folder/bin/archcheck" --version || fail "the binary of $archive does not run here"
}

fetch() {
    local wanted digest
    case "$version" in
    "" | source) wanted="$(own_version)" ;;
    v[0-9]*)
        [[ "$version" =~ ^v[0-9A-Za-z.-]+$ ]] || fail "\`version\` is not one: use a release such as v0.1.0, or source"
        wanted="$version"
        ;;
    *) fail "\`version\` is not one: use a release such as v0.1.0, or source" ;;
    esac
    work="$(mktemp -d "$temporary/archcheck.XXXXXX")"
    trap 'rm -rf "$work"' EXIT
    folder="$temporary/archcheck-action/$wanted"
    if [ "$version" != source ] && [ -n "$repository" ] && release "$wanted"; then
        answer build=false
        answer "folder=$folder"
        return
    fi
    case "$version" in
    v*) fail "there is no release $version of ${repository:-this action} for $system" ;;
    esac
    [ -z "$checksum" ] || fail "\`checksum\` is given, but no release was found to compare: name it with \`version\`"
    digest="$(cd "$source" && find Cargo.toml Cargo.lock build.rs src rules queries -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | hash_of | cut -c1-32)"
    answer build=true
    answer "folder=$temporary/archcheck-action/$digest"
    answer "key=archcheck-$system-$digest"
}

build() {
    local folder="${ARCHCHECK_ACTION_FOLDER:?}"
    if [ ! -x "$folder/bin/archcheck" ]; then
        command -v cargo >/dev/null || fail "there is no release for this action and system, and no cargo to build it"
        cargo install --locked --path "$source" --root "$folder" --target-dir "$folder-build"
    fi
    "$folder/bin/archcheck" --version
}

case "${1:-}" in
fetch) fetch ;;
build) build ;;
*) echo "usage: install.sh fetch|build" >&2 && exit 2 ;;
esac
