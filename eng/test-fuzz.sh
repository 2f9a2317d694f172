#!/usr/bin/env bash
# Malformed requests to every port of two running ./anomaly daprd, at full size: no crash, no hang, each error one of Dapr's.
#   REQUESTS=N   how many (100000)
#   FUZZ_INPUTS=N  mutated bytes for each parser of messages, bodies and checkpoints, before that (100000)
#   SEED=N       of the requests (1); a finding names its number, which with the seed makes the same request again
# Ends with what the answers were and one line of figures. The test suite runs the same with 2,000.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
export REQUESTS=${REQUESTS:-100000} SEED=${SEED:-1}
dotnet build tests/Campaigns -c Release -nologo -v q -clp:NoSummary
log=$(mktemp); trap 'rm -f "$log"' EXIT
code=0
# Every parser of what comes over a topic, a route or the state store: FUZZ_INPUTS of each (100000).
dotnet build tests/Services -c Release -nologo -v q -clp:NoSummary
export FUZZ_INPUTS=${FUZZ_INPUTS:-100000}
tests/Services/bin/Release/net10.0/Dapr.Anomaly.Services.Tests -noLogo -noColor -class '*ParserFuzzTests' || code=$?
dotnet build tests/Platform -c Release -nologo -v q -clp:NoSummary
tests/Platform/bin/Release/net10.0/Dapr.Anomaly.Platform.Tests -noLogo -noColor -class '*ReaderFuzzTests' || code=$?
tests/Campaigns/bin/Release/net10.0/Dapr.Anomaly.Campaigns.Tests -noLogo -noColor -class '*FuzzTests' | tee "$log" || code=$?
printf '\n'; grep -aE '^(answers|fuzz, seed)' "$log" || true
exit $code
