// Which cases of a probe passed in no run? Reads the cases from the probe's own files and the results from the logs of its runs.
//   node union.mjs PROBE_FOLDER ACCEPTED_FILE LOG...
// Prints a list in Markdown. Exit code 1 when a case that is not accepted passed nowhere, or an accepted one does pass.
// ACCEPTED_FILE: "probe<TAB>regular expression over `case: reason`<TAB>why" a line. ACCEPT_TOO in the environment: one more expression.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [probe, acceptedFile, ...logs] = process.argv.slice(2);
const accepted = readFileSync(acceptedFile, 'utf8').split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split('\t'))
  .filter(([of]) => of === path.basename(probe)).map(([, pattern, why]) => ({ pattern: new RegExp(pattern), why, used: false }));
if (process.env.ACCEPT_TOO) accepted.push({ pattern: new RegExp(process.env.ACCEPT_TOO), why: 'could not run here', used: true });

const names = [];
for (const folder of ['cases', 'raw']) {
  let files;
  try { files = readdirSync(path.join(probe, folder)); } catch { continue; }
  for (const file of files.filter((name) => name.endsWith('.js')).sort()) {
    const prefix = folder === 'cases' ? file.slice(0, -3) : `${folder}/${file.slice(0, -3)}`;
    for (const one of (await import(pathToFileURL(path.resolve(probe, folder, file)))).default) names.push(`${prefix}/${one.name}`);
  }
}

const passed = new Set();
const reasons = new Map();
for (const log of logs) {
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const ok = /^ok {4}(.*) \(\d+ ms\)$/.exec(line);
    if (ok) { passed.add(ok[1]); continue; }
    const name = /^(skip|FAIL) {2}/.test(line) && names.filter((one) => line.slice(6).startsWith(one)).sort((a, b) => b.length - a.length)[0];
    if (name) reasons.set(name, line.startsWith('FAIL') ? 'failed' : line.slice(6 + name.length + 2));
  }
}

const never = names.filter((name) => !passed.has(name)).map((name) => ({ name, reason: reasons.get(name) ?? 'in no run' }));
let wrong = 0;
for (const { name, reason } of never) {
  const rule = accepted.find((one) => one.pattern.test(`${name}: ${reason}`));
  if (rule) rule.used = true; else wrong++;
  console.log(`- ${rule ? '' : '**NOT ACCEPTED** '}${name}: ${rule?.why ?? reason}`);
}
for (const rule of accepted.filter((one) => !one.used)) {
  wrong++;
  console.log(`- **NOT NEEDED** the accepted case ${rule.pattern} passes, or is none of the probe's`);
}
console.log(`\n${names.length} cases, ${names.length - never.length} passed in some run, ${never.length} in none`);
process.exit(wrong ? 1 : 0);
