#!/usr/bin/env bash
# Sums up the .trx files of a folder: names each failed and each skipped test with its reason, and ends with "N passed, N failed, N skipped".
# Further arguments are test programs that ended with an error, so that a crash counts even if no test says so.
set -uo pipefail
folder=$1; shift
python3 - "$folder" "$@" <<'PY'
import glob, sys, xml.etree.ElementTree as ET
ns = {"t": "http://microsoft.com/schemas/VisualStudio/TeamTest/2010"}
passed = failed = skipped = 0
crashed = {p for p in sys.argv[2:] if p}
lines = []
for path in sorted(glob.glob(sys.argv[1] + "/*.trx")):
    for result in ET.parse(path).getroot().iterfind(".//t:UnitTestResult", ns):
        outcome, name = result.get("outcome"), result.get("testName")
        text = result.findtext(".//t:Message", "", ns) or result.findtext(".//t:StdOut", "", ns) or ""
        first = text.strip().splitlines()[0] if text.strip() else ""
        if outcome == "Passed": passed += 1
        elif outcome == "Failed": failed += 1; lines.append(f"failed   {name}: {first}"); crashed.discard(path.rsplit("/", 1)[1][:-4])
        else: skipped += 1; lines.append(f"skipped  {name}: {first}")
for project in sorted(crashed):
    failed += 1
    lines.append(f"failed   {project}: the test program ended with an error, see {sys.argv[1]}/{project}.log")
print()
print("\n".join(lines))
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or not passed else 0)
PY
