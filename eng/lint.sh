#!/usr/bin/env bash
# Warnings are errors in every build; this adds formatting and, where the tools are, shell and YAML checks.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1
status=0
if git grep -nE '^(<{7}|>{7}) '; then echo "unresolved merge conflicts"; status=1; fi
dotnet build Dapr.Anomaly.sln -c Release -nologo -v q -clp:NoSummary || status=1
dotnet format whitespace Dapr.Anomaly.sln --verify-no-changes --no-restore || status=1
if command -v shellcheck >/dev/null; then shellcheck -x anomaly eng/*.sh eng/conformance/*.sh .ci/run || status=1; else echo "shellcheck is not installed: shell scripts were not checked"; fi
if command -v yamllint >/dev/null; then yamllint -d '{extends: relaxed, rules: {line-length: disable}}' components ./*.yaml || status=1; else echo "yamllint is not installed: YAML was not checked"; fi
exit $status
