using Dapr.Workflow.Abstractions;

namespace Dapr.Workflow
{
    /// <summary>
    /// A step of a workflow that may do anything. It runs at least once: a lost connection or a restart runs it again, so its effect
    /// should be the same when repeated.
    /// </summary>
    public abstract class WorkflowActivity<TInput, TOutput> : IWorkflowActivity
    {
        Type IWorkflowActivity.InputType => typeof(TInput);

        Type IWorkflowActivity.OutputType => typeof(TOutput);

        /// <summary>Runs the activity; an <paramref name="input"/> of null becomes the default of the input type.</summary>
        public async Task<object?> RunAsync(WorkflowActivityContext context, object? input) =>
            await RunAsync(context, input is null ? default! : (TInput)input);

        /// <summary>The body. An exception that leaves it fails the activity, and the workflow's await of it.</summary>
        public abstract Task<TOutput> RunAsync(WorkflowActivityContext context, TInput input);
    }

    /// <summary>What an activity may know of its call.</summary>
    public abstract class WorkflowActivityContext
    {
        /// <summary>The name under which the activity was called.</summary>
        public abstract TaskIdentifier Identifier { get; }

        /// <summary>A key that stays the same when this attempt is delivered again: use it to make effects idempotent.</summary>
        public abstract string TaskExecutionKey { get; }

        /// <summary>The calling workflow's instance id.</summary>
        public abstract string InstanceId { get; }
    }
}

namespace Dapr.Workflow.Abstractions
{
    /// <summary>An activity as the worker runs it, without its generic types.</summary>
    public interface IWorkflowActivity
    {
        /// <summary>The type that the input is read as.</summary>
        Type InputType { get; }

        /// <summary>The type of the result.</summary>
        Type OutputType { get; }

        /// <summary>Runs the activity; <paramref name="input"/> is null where none was given.</summary>
        Task<object?> RunAsync(WorkflowActivityContext context, object? input);
    }

    /// <summary>The name of a workflow or an activity.</summary>
    public readonly record struct TaskIdentifier(string Name)
    {
        /// <summary>A name as an identifier.</summary>
        public static implicit operator TaskIdentifier(string name) => new(name);

        /// <summary>An identifier as its name.</summary>
        public static implicit operator string(TaskIdentifier identifier) => identifier.Name;

        /// <summary>The name.</summary>
        public override string ToString() => Name;
    }
}
