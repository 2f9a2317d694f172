#!/usr/bin/env bash
# Warnings are errors in every build, also those of style (.editorconfig); this adds the layout of the code, the length of lines, the documents of
# docs/api and, where the tools are, shell and YAML checks.
#   ANOMALY_REQUIRE_REAL=1  a check whose tool is missing is an error instead of a line that says so
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
status=0
failed() { status=1; }
missing() { echo "$1"; if [ "${ANOMALY_REQUIRE_REAL:-}" = 1 ]; then failed; fi; }

if git grep -nE '^(<{7}|>{7}) '; then echo "unresolved merge conflicts"; failed; fi
dotnet build Dapr.Anomaly.sln -c Release -nologo -v q -clp:NoSummary || failed
{ dotnet tool restore >/dev/null && dotnet csharpier check .; } || failed
eng/long-lines.sh || failed
eng/lint-documents.sh || failed
if command -v shellcheck >/dev/null; then shellcheck -x anomaly eng/*.sh eng/conformance/*.sh .ci/run || failed
else missing "shellcheck is not installed: shell scripts were not checked"; fi
if command -v yamllint >/dev/null; then yamllint -d '{extends: relaxed, rules: {line-length: disable}}' components docs/api ./*.yaml || failed
else missing "yamllint is not installed: YAML was not checked"; fi
exit $status
