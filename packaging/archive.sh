#!/usr/bin/env bash
# Packs a built binary for a release: archive.sh TARGET BINARY OUT writes OUT/archcheck-TARGET.tar.gz, with manual pages, completions and licences, and the
# checksum beside it. action/install.sh and `cargo binstall` expect this layout.
set -euo pipefail

target="${1:?usage: archive.sh TARGET BINARY OUT}"
binary="${2:?usage: archive.sh TARGET BINARY OUT}"
out="${3:?usage: archive.sh TARGET BINARY OUT}"
source="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
name="archcheck-$target"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/$name/completions" "$out"
cp "$binary" "$work/$name/"
cp "$source/README.md" "$source/CHANGELOG.md" "$source"/LICENSE-* "$work/$name/"
"$binary" man "$work/$name/man"
for shell in bash elvish fish powershell zsh; do
    "$binary" completions "$shell" >"$work/$name/completions/archcheck.$shell"
done
# The binary works: its own example has findings.
status=0
"$binary" check --quiet "$source/examples/python-shop" >/dev/null || status=$?
[ "$status" -eq 1 ] || { echo "$binary does not find what is in examples/python-shop" >&2 && exit 1; }

tar -czf "$out/$name.tar.gz" -C "$work" "$name"
cd "$out"
if command -v sha256sum >/dev/null; then sha256sum "$name.tar.gz"; else shasum -a 256 "$name.tar.gz"; fi >"$name.tar.gz.sha256"
