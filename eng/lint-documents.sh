#!/usr/bin/env bash
# Checks that docs/api is valid OpenAPI 3.1 and AsyncAPI 3, with the tool of eng/node, which npm installs once for each content of its lock file.
# That the documents say what the code does is tested in tests/Contracts.
#   ANOMALY_REQUIRE_REAL=1  a missing tool is an error instead of a line that says so
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1
skip() { echo "$1: docs/api was not checked"; [ "${ANOMALY_REQUIRE_REAL:-}" != 1 ]; exit; }

if ! command -v npm >/dev/null; then skip "npm is not installed"; fi
tools=artifacts/node
if ! cmp -s eng/node/package-lock.json "$tools/installed.json"; then
  mkdir -p "$tools"
  cp eng/node/package.json eng/node/package-lock.json eng/node/.npmrc "$tools/"
  log=$(npm ci --prefix "$tools" --no-progress 2>&1) || { echo "$log"; skip "npm ci of eng/node failed"; }
  cp eng/node/package-lock.json "$tools/installed.json"
fi
documents=()
for file in docs/api/*.yaml; do
  if grep -qE '^(openapi|asyncapi):' "$file"; then documents+=("$file"); fi
done
log=$(REDOCLY_TELEMETRY=off "$tools/node_modules/.bin/redocly" lint --config eng/node/redocly.yaml "${documents[@]}" 2>&1) || { echo "$log"; exit 1; }
echo "docs/api: ${#documents[@]} documents are valid"
