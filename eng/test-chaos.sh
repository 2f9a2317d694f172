#!/usr/bin/env bash
# A running system under random faults: kill -9, paused processes, a Prometheus and receivers that fail, garbage, corrupt files, a full disk.
#   ROUNDS=N   faults, one after another (200)
#   SEED=N     of their choice (1)
# Ends with the figures. The test suite runs the same with a few rounds. Filling a disk needs the right to mount one; else that fault is left out.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
export ROUNDS=${ROUNDS:-200} SEED=${SEED:-1}
dotnet build tests/Chaos -c Release -nologo -v q -clp:NoSummary
exec tests/Chaos/bin/Release/net10.0/Dapr.Anomaly.Chaos.Tests -noLogo -noColor
