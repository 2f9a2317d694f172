# shellcheck shell=bash disable=SC2154  # root, work, base and the counters are those of eng/test-conformance.sh
# Sourced by eng/test-conformance.sh: runs the two probe programs, unmodified, against ./anomaly daprd in every way that they know, then
# says which cases passed in no run (union.mjs); only those of accepted.txt may.

# Starts a sidecar in the current folder: name, then daprd's flags.
sidecar() {
  local name=$1; shift
  "$root/anomaly" daprd "$@" > "$work/$name.log" 2>&1 &
  pids+=($!)
}

# Takes the next ports, and a peer's beside them.
ports() {
  http=$base grpc=$((base + 1)) app=$((base + 2)) peer_app=$((base + 3)) peer_http=$((base + 4)) peer_grpc=$((base + 5))
  base=$((base + 6))
  sed -i "s#http://127.0.0.1:[0-9]*#http://127.0.0.1:$app#" "$work/dapr-probe/components/common/bindings.yaml"
}

# What a probe may leave out in every run: see accepted.txt.
quirks=daprd-quirks

# One run of dapr-probe: name, then VARIABLE=value for the probe; a PROBE_WITHOUT among them names the quirks, too.
dapr_probe() {
  local name=$1; shift
  (cd "$work/dapr-probe" && env DAPR_HTTP_PORT="$http" DAPR_GRPC_PORT="$grpc" APP_PORT="$app" PROBE_WITHOUT=$quirks "$@" \
    timeout 900 node probe.js) > "$work/dapr-probe-$name.log" 2>&1 || true
  stop
  count "dapr-probe $name" "$work/dapr-probe-$name.log"
}

# One run of dapr-workflow-probe: name, then VARIABLE=value for the probe.
workflow_probe() {
  local name=$1; shift
  (cd "$work/dapr-workflow-probe" && env DAPR_HTTP_PORT="$http" DAPR_GRPC_PORT="$grpc" PROBE_WITHOUT=$quirks "$@" \
    timeout 1500 node probe.js) > "$work/dapr-workflow-probe-$name.log" 2>&1 || true
  if [ -f "$work/workflow.pid" ]; then pids+=("$(cat "$work/workflow.pid")"); fi
  stop
  count "dapr-workflow-probe $name" "$work/dapr-workflow-probe-$name.log"
}

# A redis-server for this run alone. Says why not when there is none.
redis() {
  if ! command -v redis-server >/dev/null || ! command -v redis-cli >/dev/null; then
    echo "dapr-probe redis: skipped, redis-server and redis-cli are not on the PATH (install redis to run it)"
    skipped=$((skipped + 1)); return 1
  fi
  redis=$base; base=$((base + 1))
  redis-server --port "$redis" --bind 127.0.0.1 --save "" --appendonly no --notify-keyspace-events KEA > "$work/redis.log" 2>&1 &
  pids+=($!)
  for _ in {1..100}; do redis-cli -p "$redis" ping >/dev/null 2>&1 && return 0; sleep 0.1; done
  echo "dapr-probe redis: redis-server did not answer on port $redis:"; tail -3 "$work/redis.log"
  failed=$((failed + 1)); return 1
}

# What passed in no run of a probe: folder name, then an expression for reasons that hold on this machine only.
union() {
  local probe=$1
  if ACCEPT_TOO=$2 node "$root/eng/conformance/union.mjs" "$work/$probe" "$root/eng/conformance/accepted.txt" "$work/$probe"-*.log \
    > "$work/$probe.union" 2>&1; then :; else
    failed=$((failed + 1)); echo "$probe: cases that pass in no run and are not accepted, or the other way round"
  fi
  echo "$probe: in no run:"; cat "$work/$probe.union"
  { echo; echo "Cases of $probe that passed in no run:"; echo; cat "$work/$probe.union"; } >> "$work/unions.md"
}

probes() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "probes: skipped, node and npm are needed"; skipped=$((skipped + 1)); return
  fi
  export DAPR_EMBEDDED_HOME=$work/home
  "$root/anomaly" --help >/dev/null
  export ANOMALY_NO_BUILD=1
  cp -r tests/Conformance/probes/dapr-probe tests/Conformance/probes/dapr-workflow-probe "$work/"
  local each
  for each in dapr-probe dapr-workflow-probe; do
    if ! (cd "$work/$each" && npm install --no-package-lock --ignore-scripts --no-audit --no-fund > "$work/npm.log" 2>&1); then
      echo "probes: skipped, npm install failed:"; tail -3 "$work/npm.log"; skipped=$((skipped + 1)); return
    fi
  done
  cd "$work/dapr-probe" && building_blocks
  cd "$work/dapr-workflow-probe" && workflows
  cd "$root" || return
}

building_blocks() {
  local token=tok-1 common=(--resources-path components/common --resources-path components/embedded --config components/config.yaml)

  ports
  sidecar main --app-id probe --app-port "$app" --dapr-http-port "$http" --dapr-grpc-port "$grpc" "${common[@]}"
  sidecar peer --app-id probe-peer --app-port "$peer_app" --dapr-http-port "$peer_http" --dapr-grpc-port "$peer_grpc" \
    --config components/config.yaml --resources-path components/embedded
  dapr_probe main PROBE_WITHOUT=config,lock,$quirks PEER_APP_ID=probe-peer PEER_APP_PORT="$peer_app" PROBE_SHUTDOWN=1

  local only_here='' with_redis=(--resources-path components/common --resources-path components/daprd --config components/config.yaml)
  if redis; then
    ports; sed -i "s#localhost:[0-9]*#127.0.0.1:$redis#" components/daprd/stores.yaml
    sidecar redis-main --app-id probe --app-port "$app" --dapr-http-port "$http" --dapr-grpc-port "$grpc" "${with_redis[@]}"
    # The peer app subscribes to the same topics; with a broker of its own it leaves the messages of the case to the app under test.
    sidecar redis-peer --app-id probe-peer --app-port "$peer_app" --dapr-http-port "$peer_http" --dapr-grpc-port "$peer_grpc" \
      --config components/config.yaml --resources-path components/embedded
    dapr_probe redis PEER_APP_ID=probe-peer PEER_APP_PORT="$peer_app" CONFIG_SET="redis-cli -p $redis set"
  else
    only_here=': without (config|lock)$|: CONFIG_SET is not set$'
  fi

  ports
  DAPR_API_TOKEN=$token APP_API_TOKEN=app-$token \
    sidecar token --app-id probe --app-port "$app" --dapr-http-port "$http" --dapr-grpc-port "$grpc" "${common[@]}"
  dapr_probe token PROBE_WITHOUT=config,lock,$quirks DAPR_API_TOKEN=$token APP_API_TOKEN=app-$token

  ports
  sidecar bare --app-id probe --app-port "$app" --dapr-http-port "$http" --dapr-grpc-port "$grpc"
  dapr_probe bare PROBE_PROFILE=bare

  ports
  sidecar health --app-id probe --app-port "$app" --dapr-http-port "$http" --dapr-grpc-port "$grpc" \
    --enable-app-health-check --app-health-probe-interval 1 --app-health-threshold 2 "${common[@]}"
  dapr_probe health PROBE_PROFILE=health

  ports
  sidecar grpc-app --app-id probe --app-port "$app" --app-protocol grpc --dapr-http-port "$http" --dapr-grpc-port "$grpc" "${common[@]}"
  dapr_probe grpc-app PROBE_PROFILE=grpc-app

  union dapr-probe "$only_here"
}

workflows() {
  mkdir -p components
  cat > components/state.yaml <<'YAML'
{apiVersion: dapr.io/v1alpha1, kind: Component, metadata: {name: statestore},
 spec: {type: state.in-memory, version: v1, metadata: [{name: actorStateStore, value: "true"}]}}
YAML

  ports
  cat > start.sh <<SH
#!/usr/bin/env bash
# (Re)starts the runtime and returns when it is up; the probe kills it with -9 in between.
setsid "$root/anomaly" daprd --app-id wf --dapr-http-port $http --dapr-grpc-port $grpc --resources-path components \\
  >> "$work/workflow.log" 2>&1 < /dev/null &
echo \$! > "$work/workflow.pid"
for _ in {1..300}; do curl -sf -o /dev/null http://127.0.0.1:$http/v1.0/healthz && exit 0; sleep 0.1; done
exit 1
SH
  chmod +x start.sh; ./start.sh
  workflow_probe main PROBE_KILL="kill -9 \$(cat '$work/workflow.pid')" PROBE_START="$PWD/start.sh"
  rm -f "$work/workflow.pid"

  ports
  DAPR_API_TOKEN=tok-1 sidecar workflow-token --app-id wf-token --dapr-http-port "$http" --dapr-grpc-port "$grpc" --resources-path components
  workflow_probe token PROBE_ONLY='^auth/' DAPR_API_TOKEN=tok-1

  union dapr-workflow-probe ''
}
