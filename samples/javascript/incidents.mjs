// Prints incidents as they open, change and resolve: node incidents.mjs
// DAPR_HTTP_PORT is the port of the own sidecar, APP_PORT the one on which that sidecar calls this program.
import { DaprServer } from "@dapr/dapr";

const server = new DaprServer({ serverHost: "127.0.0.1", serverPort: process.env.APP_PORT ?? "7000" });

await server.pubsub.subscribe("pubsub", "incidents", async (incident) => {
  console.log(`${incident.phase} ${incident.title}`);
  console.log(`  ${incident.id}, since ${incident.since}, score ${incident.score.toPrecision(3)}`);
  for (const signal of incident.signals) {
    const expected = signal.expected === undefined ? "" : `, expected ${signal.expected.toPrecision(3)}`;
    console.log(`  ${signal.series.name} ${signal.value.toPrecision(3)} ${signal.series.unit}${expected}`);
  }
});

await server.start();
console.log("listening for incidents");
