#!/usr/bin/env bash
# One run of archcheck for the action: SARIF, annotations, summary, outputs. Everything it is told comes in variables of the environment.
# It succeeds whatever archcheck found: the last step of the action fails, after the upload.
set -euo pipefail

binary="${ARCHCHECK_ACTION_FOLDER:?}/bin/archcheck"
sarif="${ARCHCHECK_ACTION_SARIF:-archcheck.sarif}"
upload="${ARCHCHECK_ACTION_UPLOAD:-false}"
temporary="${RUNNER_TEMP:-/tmp}"
work="$(mktemp -d "${temporary//\\//}/archcheck.XXXXXX")"
trap 'rm -rf "$work"' EXIT

# A line break would end one output of this step and start another.
sarif="${sarif//[$'\r\n']/}"

annotate="${ARCHCHECK_ACTION_ANNOTATE:-auto}"
if [ "$annotate" = auto ]; then
    # Code scanning annotates what it is given.
    if [ "$upload" = true ]; then annotate=false; else annotate=true; fi
fi
if [ "$upload" = true ] && [ -n "${ARCHCHECK_ACTION_SINCE:-}" ]; then
    echo "::warning title=archcheck::\`since\` narrows what is uploaded: code scanning will close the alerts that were there before"
fi

arguments=(check --ci --format human "--output=sarif=$sarif" "--output=json=$work/report.json" "--output=markdown=$work/summary.md")
[ "$annotate" = true ] && arguments+=("--output=github=$work/annotations")
arguments+=("--fail-on=${ARCHCHECK_ACTION_FAIL_ON:-warning}" "--category=${ARCHCHECK_ACTION_CATEGORY:-archcheck}")
[ -n "${ARCHCHECK_ACTION_CONFIG:-}" ] && arguments+=("--config=$ARCHCHECK_ACTION_CONFIG")
[ -n "${ARCHCHECK_ACTION_SINCE:-}" ] && arguments+=("--since=$ARCHCHECK_ACTION_SINCE")
if [ "${ARCHCHECK_ACTION_CACHE:-false}" = true ]; then
    # Where the action restores it, outside of the checkout: nobody who can commit can put one there.
    arguments+=("--cache-dir=$temporary/archcheck-cache")
else
    arguments+=(--no-cache)
fi
while IFS= read -r line; do
    [ -n "$line" ] && arguments+=("$line")
done <<<"${ARCHCHECK_ACTION_ARGS:-}"
arguments+=(--)
while IFS= read -r line; do
    [ -n "$line" ] && arguments+=("$line")
done <<<"${ARCHCHECK_ACTION_PATHS:-.}"

# The report quotes source text, which must not give the runner commands.
token="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
echo "::stop-commands::$token"
status=0
"$binary" "${arguments[@]}" 2>&1 || status=$?
echo "::$token::"

if [ "$status" -gt 1 ]; then
    status=2
    echo "::error title=archcheck::no trustworthy result: the log of this step says why"
fi
if [ -f "$work/annotations" ]; then
    # Commands only: the report for people stands in the log already.
    grep '^::' "$work/annotations" || true
fi
if [ "${ARCHCHECK_ACTION_SUMMARY:-true}" = true ] && [ -f "$work/summary.md" ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    cat "$work/summary.md" >>"$GITHUB_STEP_SUMMARY"
fi

count() {
    # The report's summary stands at its start, one count a line, before any text of the repository.
    local found=""
    if [ -f "$work/report.json" ]; then
        found="$(sed -n "1,20s/^    \"$1\": \\([0-9]*\\),\\{0,1\\}\$/\\1/p" "$work/report.json" | head -n 1)"
    fi
    echo "${found:-0}"
}
errors="$(count errors)"
warnings="$(count warnings)"
notes="$(count notes)"
{
    echo "findings=$((errors + warnings + notes))"
    echo "errors=$errors"
    echo "warnings=$warnings"
    echo "notes=$notes"
    echo "known=$(count known)"
    echo "exit-code=$status"
    echo "sarif-file=$sarif"
    echo "version=$("$binary" --version | cut -d ' ' -f 2)"
} >>"${GITHUB_OUTPUT:-/dev/stdout}"
