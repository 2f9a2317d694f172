#!/usr/bin/env bash
# kill -9 of the runtime and its apps at random instants, at full size: chains of activities, events and timers, then pub/sub.
#   KILLS=N       kills of each of the two campaigns (1000)
#   WORKFLOWS=N   workflows of five chained activities (200)
#   SEED=N        of the victims and instants (1)
# Ends with one line of figures for each campaign. The test suite runs the same two with 24 kills each.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
export KILLS=${KILLS:-1000} WORKFLOWS=${WORKFLOWS:-200} SEED=${SEED:-1}
dotnet build tests/Campaigns -c Release -nologo -v q -clp:NoSummary
log=$(mktemp); trap 'rm -f "$log"' EXIT
code=0
tests/Campaigns/bin/Release/net10.0/Dapr.Anomaly.Campaigns.Tests -noLogo -noColor -class '*KillTests' | tee "$log" || code=$?
printf '\n'; grep -a '^[a-z/]* kills, seed' "$log" || true
exit $code
