using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Dapr.Workflow.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Workflow.Worker;

internal sealed class WorkflowsFactory : IWorkflowsFactory
{
    private readonly ConcurrentDictionary<string, Func<IServiceProvider, IWorkflow>> _workflows = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Func<IServiceProvider, IWorkflowActivity>> _activities = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether there is nothing to run.</summary>
    public bool IsEmpty => _workflows.IsEmpty && _activities.IsEmpty;

    public void RegisterWorkflow<TWorkflow>(string? name = null)
        where TWorkflow : class, IWorkflow =>
        _workflows.TryAdd(NameOf<TWorkflow>(name), services => ActivatorUtilities.CreateInstance<TWorkflow>(services));

    public void RegisterWorkflow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> implementation)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(implementation);
        _workflows.TryAdd(name, _ => new FunctionWorkflow<TInput, TOutput>(implementation));
    }

    public void RegisterActivity<TActivity>(string? name = null)
        where TActivity : class, IWorkflowActivity =>
        _activities.TryAdd(NameOf<TActivity>(name), services => ActivatorUtilities.CreateInstance<TActivity>(services));

    public void RegisterActivity<TInput, TOutput>(string name, Func<WorkflowActivityContext, TInput, Task<TOutput>> implementation)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(implementation);
        _activities.TryAdd(name, _ => new FunctionActivity<TInput, TOutput>(implementation));
    }

    public bool TryCreateWorkflow(
        TaskIdentifier identifier,
        IServiceProvider serviceProvider,
        [NotNullWhen(true)] out IWorkflow? workflow,
        out Exception? activationError
    ) => TryCreate(_workflows, identifier, serviceProvider, out workflow, out activationError);

    public bool TryCreateActivity(
        TaskIdentifier identifier,
        IServiceProvider serviceProvider,
        [NotNullWhen(true)] out IWorkflowActivity? activity,
        out Exception? activationError
    ) => TryCreate(_activities, identifier, serviceProvider, out activity, out activationError);

    private static string NameOf<T>(string? name) => string.IsNullOrWhiteSpace(name) ? typeof(T).Name : name;

    private static bool TryCreate<T>(
        ConcurrentDictionary<string, Func<IServiceProvider, T>> registry,
        TaskIdentifier identifier,
        IServiceProvider services,
        [NotNullWhen(true)] out T? made,
        out Exception? activationError
    )
        where T : class
    {
        made = null;
        activationError = null;
        if (!registry.TryGetValue(identifier.Name, out var make))
            return false;
        try
        {
            made = make(services);
            return true;
        }
        catch (Exception failure)
        {
            activationError = failure;
            return false;
        }
    }

    private sealed class FunctionWorkflow<TInput, TOutput>(Func<WorkflowContext, TInput, Task<TOutput>> run) : Workflow<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(WorkflowContext context, TInput input) => run(context, input);
    }

    private sealed class FunctionActivity<TInput, TOutput>(Func<WorkflowActivityContext, TInput, Task<TOutput>> run)
        : WorkflowActivity<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(WorkflowActivityContext context, TInput input) => run(context, input);
    }
}
