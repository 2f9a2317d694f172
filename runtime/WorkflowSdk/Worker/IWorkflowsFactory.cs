using System.Diagnostics.CodeAnalysis;
using Dapr.Workflow.Abstractions;

namespace Dapr.Workflow.Worker;

/// <summary>Makes workflows and activities by their names. Names ignore case; the first registration of a name wins.</summary>
public interface IWorkflowsFactory
{
    /// <summary>Registers a class under <paramref name="name"/>, or under its own name.</summary>
    void RegisterWorkflow<TWorkflow>(string? name = null)
        where TWorkflow : class, IWorkflow;

    /// <summary>Registers a function.</summary>
    void RegisterWorkflow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> implementation);

    /// <summary>Registers a class under <paramref name="name"/>, or under its own name.</summary>
    void RegisterActivity<TActivity>(string? name = null)
        where TActivity : class, IWorkflowActivity;

    /// <summary>Registers a function.</summary>
    void RegisterActivity<TInput, TOutput>(string name, Func<WorkflowActivityContext, TInput, Task<TOutput>> implementation);

    /// <summary>
    /// Makes a workflow for one turn. False with no <paramref name="activationError"/> means that the name is not registered, with one
    /// that its class could not be made.
    /// </summary>
    bool TryCreateWorkflow(
        TaskIdentifier identifier,
        IServiceProvider serviceProvider,
        [NotNullWhen(true)] out IWorkflow? workflow,
        out Exception? activationError
    );

    /// <summary>Makes an activity for one call; the results mean the same as those of <see cref="TryCreateWorkflow"/>.</summary>
    bool TryCreateActivity(
        TaskIdentifier identifier,
        IServiceProvider serviceProvider,
        [NotNullWhen(true)] out IWorkflowActivity? activity,
        out Exception? activationError
    );
}
