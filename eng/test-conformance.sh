#!/usr/bin/env bash
# The Dapr conformance suite: the xunit cases against a backend, then the two probe programs against ./anomaly daprd (eng/conformance).
#   ANOMALY_DAPR=embedded|daprd|containers   backend of the xunit cases (embedded); daprd wants DAPRD_BIN, PLACEMENT_BIN, SCHEDULER_BIN or PATH
#   ANOMALY_DATA=DIR                         folder with daprd-transcripts; without it the recorded cases are skipped
#   CONFORMANCE_PORT=N                       first of 60 ports for the probes and their redis-server (22900)
#   CONFORMANCE_ONLY=xunit|probes            one half only
#   CONFORMANCE_LOGS=DIR                     keeps the logs there
# Ends with "N passed, N failed, N skipped" and exit code 1 when anything failed. A good run writes docs/conformance.md.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
root=$PWD
base=${CONFORMANCE_PORT:-22900}
only=${CONFORMANCE_ONLY:-all}
work=$(mktemp -d)
pids=()
failed=0 passed=0 skipped=0
# What was started last depends on what was started first.
stop() {
  local i
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    if kill "${pids[i]}" 2>/dev/null; then wait "${pids[i]}" 2>/dev/null || true; fi
  done
  pids=()
}
trap 'stop; rm -rf "$work"' EXIT

# Adds the "N passed, N failed, N skipped" line of a log to the sums; a log without one is a failure.
count() {
  local line
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$2" | tail -1 || true)
  if [ -z "$line" ]; then echo "$1: no result line; the end of its output:"; tail -15 "$2"; failed=$((failed + 1)); return; fi
  echo "$1: $line"
  echo "| $1 | ${line//, / | } |" | sed -E 's/ (passed|failed|skipped)//g' >> "$work/probes.md"
  read -r p f s < <(echo "$line" | sed -E 's/^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?.*/\1 \2 \4/')
  passed=$((passed + p)); failed=$((failed + f)); skipped=$((skipped + ${s:-0}))
  grep -E '^(FAIL|not ok|✗|  *FAIL)' "$2" || true
}

xunit() {
  dotnet build tests/Conformance -c Release -nologo -v q -clp:NoSummary
  local log=$work/xunit.log code=0
  CONFORMANCE_REPORT=$work/conformance.md tests/Conformance/bin/Release/net10.0/Dapr.Conformance.Tests -noLogo -noColor > "$log" 2>&1 || code=$?
  grep -E -A2 '\[FAIL\]' "$log" || true
  grep -E -A1 '\[SKIP\]' "$log" | grep -v '^--' | sort | uniq -c | head -20 || true
  local total f s
  read -r total f s < <(sed -nE 's/.*Total: ([0-9]+), Errors: [0-9]+, Failed: ([0-9]+), Skipped: ([0-9]+).*/\1 \2 \3/p' "$log" | tail -1) || true
  if [ -z "${total:-}" ]; then tail -20 "$log"; failed=$((failed + 1)); return; fi
  echo "xunit (${ANOMALY_DAPR:-embedded}): $((total - f - s)) passed, $f failed, $s skipped"
  passed=$((passed + total - f - s)); failed=$((failed + f)); skipped=$((skipped + s))
  if [ "$code" -eq 0 ] && [ -n "${ANOMALY_DATA:-}" ] && [ "${ANOMALY_DAPR:-embedded}" = embedded ]; then
    cp "$work/conformance.md" docs/conformance.md; touch "$work/report-written"
  fi
}

# shellcheck source=eng/conformance/probes.sh
. eng/conformance/probes.sh

if [ "$only" != probes ]; then xunit; fi
if [ "$only" != xunit ]; then probes; fi
if [ "$failed" -eq 0 ] && [ -f "$work/probes.md" ] && [ -f "$work/report-written" ]; then
  # shellcheck disable=SC2016  # the quotes are Markdown's
  {
    printf '\n## Probe programs against `anomaly daprd`\n\n| Probe | Passed | Failed | Skipped |\n|---|---:|---:|---:|\n'
    cat "$work/probes.md" "$work/unions.md"
  } >> docs/conformance.md
fi
if [ -n "${CONFORMANCE_LOGS:-}" ]; then mkdir -p "$CONFORMANCE_LOGS"; cp "$work"/*.log "$CONFORMANCE_LOGS/"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
