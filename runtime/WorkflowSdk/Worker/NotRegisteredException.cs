namespace Dapr.Workflow.Worker;

/// <summary>No workflow or activity of the name is registered here; goes out under the error type that other workers use.</summary>
internal sealed class NotRegisteredException(string errorType, string message) : Exception(message)
{
    public string ErrorType { get; } = errorType;

    public static NotRegisteredException Workflow(string name) => new("WorkflowNotFound", $"Workflow '{name}' is not registered with this worker.");

    public static NotRegisteredException Activity(string name) =>
        new("ActivityNotFoundException", $"Activity '{name}' is not registered with this worker.");
}
