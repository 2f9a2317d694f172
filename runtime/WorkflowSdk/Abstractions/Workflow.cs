namespace Dapr.Workflow;

/// <summary>A workflow as the worker runs it, without its generic types.</summary>
public interface IWorkflow
{
    /// <summary>The type that the input is read as.</summary>
    Type InputType { get; }

    /// <summary>The type of the result.</summary>
    Type OutputType { get; }

    /// <summary>Runs the workflow; <paramref name="input"/> is null where none was given.</summary>
    Task<object?> RunAsync(WorkflowContext context, object? input);
}

/// <summary>
/// A workflow: code that decides, while activities do. It is replayed from its history, so it must not read a clock, make random
/// numbers or do I/O; the <see cref="WorkflowContext"/> offers replay-safe forms of what it needs.
/// </summary>
public abstract class Workflow<TInput, TOutput> : IWorkflow
{
    Type IWorkflow.InputType => typeof(TInput);

    Type IWorkflow.OutputType => typeof(TOutput);

    async Task<object?> IWorkflow.RunAsync(WorkflowContext context, object? input) =>
        await RunAsync(context, input is null ? default! : (TInput)input);

    /// <summary>The body. An exception that leaves it fails the workflow.</summary>
    public abstract Task<TOutput> RunAsync(WorkflowContext context, TInput input);
}
