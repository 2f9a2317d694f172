// Starts a training and follows it to its end: node train.mjs [window]
// A workflow belongs to its app, so this talks to the sidecar of the trainer: DAPR_GRPC_PORT is the port of its gRPC API.
import { DaprWorkflowClient, WorkflowRuntimeStatus } from "@dapr/dapr";
import { setTimeout as wait } from "node:timers/promises";

const client = new DaprWorkflowClient();
const id = await client.scheduleNewWorkflow("TrainModel", { window: process.argv[2] ?? "12h", trigger: "javascript" });
console.log(`training ${id} began`);

const over = [WorkflowRuntimeStatus.COMPLETED, WorkflowRuntimeStatus.FAILED, WorkflowRuntimeStatus.TERMINATED];
let state, told;
do {
  await wait(500);
  state = await client.getWorkflowState(id, true);
  const { percent, steps = [] } = JSON.parse(state?.customStatus || "{}");
  const running = steps.filter((step) => step.state === "running").map((step) => step.name);
  const line = `${percent ?? 0} % ${running.join(", ")}`;
  if (line !== told) console.log((told = line));
} while (!over.includes(state?.runtimeStatus));
await client.stop();

if (state.runtimeStatus === WorkflowRuntimeStatus.COMPLETED) {
  const { model, version, seriesCount } = JSON.parse(state.serializedOutput);
  console.log(`${model} v${version} knows ${seriesCount} series`);
} else {
  console.error(state.workflowFailureDetails?.message ?? "the training was terminated");
  process.exitCode = 1;
}
