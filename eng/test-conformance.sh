#!/usr/bin/env bash
# The Dapr conformance suite: the xunit cases against a backend, then the two probe programs against ./anomaly daprd.
#   ANOMALY_DAPR=embedded|daprd|containers   backend of the xunit cases (embedded); daprd wants DAPRD_BIN, PLACEMENT_BIN, SCHEDULER_BIN or PATH
#   ANOMALY_DATA=DIR                         folder with daprd-transcripts; without it the recorded cases are skipped
#   CONFORMANCE_PORT=N                       first of 40 ports for the probes (22900)
#   CONFORMANCE_ONLY=xunit|probes            one half only
#   CONFORMANCE_LOGS=DIR                     keeps the logs there
# Ends with "N passed, N failed, N skipped" and exit code 1 when anything failed. A good run writes docs/conformance.md.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
base=${CONFORMANCE_PORT:-22900}
only=${CONFORMANCE_ONLY:-all}
work=$(mktemp -d)
pids=()
failed=0 passed=0 skipped=0
stop() {
  for pid in "${pids[@]:-}"; do
    if [ -n "$pid" ] && kill "$pid" 2>/dev/null; then wait "$pid" 2>/dev/null || true; fi
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

# Starts a sidecar in the current folder: name, then daprd's flags.
sidecar() {
  local name=$1; shift
  "$root/anomaly" daprd "$@" > "$work/$name.log" 2>&1 &
  pids+=($!)
}

# One run of dapr-probe: name, then VARIABLE=value for the probe. One case is left out: daprd loses an event when a routing rule before the
# matching one fails on an absent field, the embedded runtime goes on to the next rule on purpose.
dapr_probe() {
  local name=$1; shift
  (cd "$work/dapr-probe" && env DAPR_HTTP_PORT="$http" DAPR_GRPC_PORT="$grpc" APP_PORT="$app" PROBE_WITHOUT=config,lock PROBE_ONLY='^(?!routing/a rule that fails)' "$@" timeout 900 node probe.js) > "$work/probe-$name.log" 2>&1 || true
  stop
  count "dapr-probe $name" "$work/probe-$name.log"
}

ports() { http=$base grpc=$((base + 1)) app=$((base + 2)) base=$((base + 5)); }

probes() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then echo "probes: skipped, node and npm are needed"; skipped=$((skipped + 1)); return; fi
  root=$PWD
  export DAPR_EMBEDDED_HOME=$work/home
  "$root/anomaly" --help >/dev/null
  cp -r tests/Conformance/probes/dapr-probe tests/Conformance/probes/dapr-workflow-probe "$work/"
  for each in dapr-probe dapr-workflow-probe; do
    if ! (cd "$work/$each" && npm install --no-package-lock --ignore-scripts --no-audit --no-fund > "$work/npm.log" 2>&1); then
      echo "probes: skipped, npm install failed:"; tail -3 "$work/npm.log"; skipped=$((skipped + 1)); return
    fi
  done
  export ANOMALY_NO_BUILD=1

  local token=tok-1 common peer
  common=(--resources-path components/common --resources-path components/embedded --config components/config.yaml)
  cd "$work/dapr-probe"

  ports; peer=$((app + 1))
  sed -i "s#http://127.0.0.1:[0-9]*#http://127.0.0.1:$app#" components/common/bindings.yaml
  sidecar main --app-id probe --app-port "$app" --dapr-http-port "$http" --dapr-grpc-port "$grpc" "${common[@]}"
  sidecar peer --app-id probe-peer --app-port "$peer" --dapr-http-port "$((base + 5))" --dapr-grpc-port "$((base + 6))" --config components/config.yaml --resources-path components/embedded
  dapr_probe main PEER_APP_ID=probe-peer PEER_APP_PORT="$peer" PROBE_SHUTDOWN=1
  base=$((base + 10))

  ports; sed -i "s#http://127.0.0.1:[0-9]*#http://127.0.0.1:$app#" components/common/bindings.yaml
  DAPR_API_TOKEN=$token APP_API_TOKEN=app-$token sidecar token --app-id probe --app-port "$app" --dapr-http-port "$http" --dapr-grpc-port "$grpc" "${common[@]}"
  dapr_probe token DAPR_API_TOKEN=$token APP_API_TOKEN=app-$token

  ports
  sidecar bare --app-id probe --app-port "$app" --dapr-http-port "$http" --dapr-grpc-port "$grpc"
  dapr_probe bare PROBE_PROFILE=bare

  ports
  sidecar health --app-id probe --app-port "$app" --dapr-http-port "$http" --dapr-grpc-port "$grpc" --enable-app-health-check --app-health-probe-interval 1 --app-health-threshold 2 "${common[@]}"
  dapr_probe health PROBE_PROFILE=health

  ports
  sidecar grpc-app --app-id probe --app-port "$app" --app-protocol grpc --dapr-http-port "$http" --dapr-grpc-port "$grpc" "${common[@]}"
  dapr_probe grpc-app PROBE_PROFILE=grpc-app

  cd "$work/dapr-workflow-probe"; mkdir -p components
  cat > components/state.yaml <<'YAML'
{apiVersion: dapr.io/v1alpha1, kind: Component, metadata: {name: statestore}, spec: {type: state.in-memory, version: v1, metadata: [{name: actorStateStore, value: "true"}]}}
YAML
  ports
  cat > start.sh <<SH
#!/usr/bin/env bash
# (Re)starts the runtime and returns when it is up; the probe kills it with -9 in between.
setsid "$root/anomaly" daprd --app-id wf --dapr-http-port $http --dapr-grpc-port $grpc --resources-path components >> "$work/workflow.log" 2>&1 < /dev/null &
echo \$! > "$work/workflow.pid"
for _ in {1..300}; do curl -sf -o /dev/null http://127.0.0.1:$http/v1.0/healthz && exit 0; sleep 0.1; done
exit 1
SH
  chmod +x start.sh; ./start.sh
  env DAPR_HTTP_PORT="$http" DAPR_GRPC_PORT="$grpc" PROBE_WITHOUT=daprd-quirks PROBE_KILL="kill -9 \$(cat '$work/workflow.pid')" PROBE_START="$PWD/start.sh" \
    timeout 1500 node probe.js > "$work/probe-workflow.log" 2>&1 || true
  pids+=("$(cat "$work/workflow.pid")"); stop
  count dapr-workflow-probe "$work/probe-workflow.log"
  cd "$root"
}

if [ "$only" != probes ]; then xunit; fi
if [ "$only" != xunit ]; then probes; fi
if [ "$failed" -eq 0 ] && [ -f "$work/probes.md" ] && [ -f "$work/report-written" ]; then
  # shellcheck disable=SC2016
  { printf '\n## Probe programs against `anomaly daprd`\n\n| Probe | Passed | Failed | Skipped |\n|---|---:|---:|---:|\n'; cat "$work/probes.md"; } >> docs/conformance.md
fi
if [ -n "${CONFORMANCE_LOGS:-}" ]; then mkdir -p "$CONFORMANCE_LOGS"; cp "$work"/*.log "$CONFORMANCE_LOGS/"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
