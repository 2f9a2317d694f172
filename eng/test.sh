#!/usr/bin/env bash
# Restores, installs what the tests need where it may, builds, runs every test project and sums up. Exit code 1 when a test failed.
#   ANOMALY_REQUIRE_REAL=1  a test that needs a real server fails instead of being skipped
#   ANOMALY_DATA=DIR        folder with the large labelled data sets; without it their tests are skipped
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
results=artifacts/test-results
rm -rf "$results"; mkdir -p "$results"

eng/install-test-servers.sh || echo "note: not every test server could be installed; tests that need one say so"
# Exactly the packages, with exactly the content, that packages.lock.json names; a changed reference needs a plain "dotnet restore" first.
dotnet restore Dapr.Anomaly.sln --locked-mode -nologo -v q || { echo "the packages are not those of the lock files"; exit 1; }
dotnet build Dapr.Anomaly.sln --no-restore -c Release -nologo -v q -clp:NoSummary || { echo "the build failed"; exit 1; }

failed_projects=()
for project in tests/*/*.Tests.csproj; do
  name=$(basename "$project" .csproj)
  exe="$(dirname "$project")/bin/Release/net10.0/$name"
  if [ ! -x "$exe" ]; then echo "$exe was not built"; failed_projects+=("$name"); continue; fi
  printf '\n── %s\n' "$name"
  "$exe" -noLogo -noColor -result-trx "$results/$name.trx" > "$results/$name.log" 2>&1; code=$?
  grep -E '\[FAIL\]|\[SKIP\]|Total:' "$results/$name.log" || tail -5 "$results/$name.log"
  if [ "$code" -ne 0 ]; then failed_projects+=("$name"); fi
done
exec eng/sum-tests.sh "$results" "${failed_projects[@]:-}"
