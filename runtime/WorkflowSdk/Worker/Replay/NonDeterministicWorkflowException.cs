namespace Dapr.Workflow.Worker.Replay;

/// <summary>Workflow code does not do what its history says it did.</summary>
internal sealed class NonDeterministicWorkflowException(string message) : Exception(message);
