// Scores samples by Dapr invocation: node score.mjs [question.json]
// DAPR_HTTP_PORT is the port of any sidecar. The question is described in docs/api/inference.yaml.
import { DaprClient, HttpMethod } from "@dapr/dapr";
import { readFile } from "node:fs/promises";

const question = process.argv[2] ? JSON.parse(await readFile(process.argv[2], "utf8")) : example();
const client = new DaprClient();
const answer = await client.invoker.invoke("inference", "v1/score", HttpMethod.POST, question);
await client.stop();

for (const { series, state, reason, scores } of answer.series) {
  console.log(`${series.name} ${JSON.stringify(series.labels)}: ${state}${reason ? ` (${reason})` : ""}`);
  for (const score of scores) {
    const range = score.expected === undefined ? "nothing known" : `${fixed(score.expected)} (${fixed(score.lower)} to ${fixed(score.upper)})`;
    console.log(`  ${score.timestamp} value ${fixed(score.value)}, expected ${range}`);
    console.log(`  score ${fixed(score.anomalyScore)}, ${score.decision}, by model v${answer.modelVersion}`);
    console.log(`  votes ${score.votes.map((vote) => `${vote.member} ${fixed(vote.anomalyScore)}`).join(", ")}`);
    console.log(`  why   ${score.why.map((part) => `${part.name} ${Math.round(part.share * 100)} %`).join(", ")}`);
  }
}

function fixed(number) {
  return number.toPrecision(3);
}

/** A quiet day at one point a minute, then a jump. */
function example() {
  const now = Math.floor(Date.now() / 1000);
  const points = Array.from({ length: 1440 }, (_, i) => [now - 60 * (1440 - i), 0.5 + 0.1 * Math.sin(i / 10)]);
  const labels = { namespace: "shop", workload: "basket" };
  return { series: { name: "container_cpu", kind: "cpu", unit: "cores", labels }, points: [...points, [now, 8]] };
}
