namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>Answer of <c>GET /v1/training</c> of the trainer: the newest training, whoever started it.</summary>
/// <param name="Status">Of the workflow: Running, Completed, Failed, …</param>
/// <param name="Failure">Why it failed; absent otherwise.</param>
public sealed record TrainingV1(string InstanceId, string Status, DateTimeOffset CreatedAt, TrainingProgress Progress, string? Failure);
