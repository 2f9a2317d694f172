#!/usr/bin/env bash
# Lists lines of more than 150 characters in code, scripts and documents for machines: file:line: N characters. Exit code 1 when there are any.
# CSharpier breaks code at that width, but not strings and comments; those are broken by hand.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1
export LC_ALL=C.UTF-8
max=150
files=('*.cs' '*.proto' '*.csproj' '*.props' '*.sh' '*.mjs' '*.yaml' Makefile anomaly)
# Probes that are kept as they are recorded elsewhere.
others=(':!tests/Platform/Registry/probe' ':!tests/Conformance/probes')
mapfile -d '' found < <(git ls-files -z --cached --others --exclude-standard -- "${files[@]}" "${others[@]}")
grep -snHE "^.{$((max + 1))}" -- "${found[@]}" | awk -F: -v max="$max" '
  { text = $0; sub(/^[^:]*:[0-9]*:/, "", text); print $1 ":" $2 ": " length(text) " characters"; n++ }
  END { if (n) { print n " lines are longer than " max " characters"; exit 1 } }'
