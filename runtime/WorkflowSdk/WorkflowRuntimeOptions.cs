using Dapr.Workflow.Abstractions;
using Dapr.Workflow.Worker;
using Grpc.Net.Client;

namespace Dapr.Workflow;

/// <summary>What this app runs and how it reaches the runtime.</summary>
public sealed class WorkflowRuntimeOptions
{
    private readonly List<Action<IWorkflowsFactory>> _registrations = [];

    /// <summary>Workflow turns worked on at the same time; 100.</summary>
    [Obsolete("The runtime limits concurrency; kept for source compatibility.")]
    public int MaxConcurrentWorkflows
    {
        get => WorkflowSlots;
        set => WorkflowSlots = Positive(value, nameof(MaxConcurrentWorkflows));
    }

    /// <summary>Activities worked on at the same time; 100.</summary>
    [Obsolete("The runtime limits concurrency; kept for source compatibility.")]
    public int MaxConcurrentActivities
    {
        get => ActivitySlots;
        set => ActivitySlots = Positive(value, nameof(MaxConcurrentActivities));
    }

    /// <summary>Options of the channel to the runtime, or null for the defaults.</summary>
    public GrpcChannelOptions? GrpcChannelOptions { get; private set; }

    internal int WorkflowSlots { get; private set; } = 100;

    internal int ActivitySlots { get; private set; } = 100;

    internal int? MaxReceiveMessageBytes { get; set; }

    internal int? MaxSendMessageBytes { get; set; }

    /// <summary>Runs <typeparamref name="TWorkflow"/> under <paramref name="name"/>, or under its class name. The first of a name wins.</summary>
    public void RegisterWorkflow<TWorkflow>(string? name = null)
        where TWorkflow : class, IWorkflow => _registrations.Add(factory => factory.RegisterWorkflow<TWorkflow>(name));

    /// <summary>Runs a function as the workflow <paramref name="name"/>.</summary>
    public void RegisterWorkflow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> implementation) =>
        _registrations.Add(factory => factory.RegisterWorkflow(name, implementation));

    /// <summary>Runs <typeparamref name="TActivity"/> under <paramref name="name"/>, or under its class name. The first of a name wins.</summary>
    public void RegisterActivity<TActivity>(string? name = null)
        where TActivity : class, IWorkflowActivity => _registrations.Add(factory => factory.RegisterActivity<TActivity>(name));

    /// <summary>Runs a function as the activity <paramref name="name"/>.</summary>
    public void RegisterActivity<TInput, TOutput>(string name, Func<WorkflowActivityContext, TInput, Task<TOutput>> implementation) =>
        _registrations.Add(factory => factory.RegisterActivity(name, implementation));

    /// <summary>Sets the options of the channel to the runtime.</summary>
    public void UseGrpcChannelOptions(GrpcChannelOptions grpcChannelOptions)
    {
        ArgumentNullException.ThrowIfNull(grpcChannelOptions);
        GrpcChannelOptions = grpcChannelOptions;
    }

    /// <summary>Hands all registrations over to <paramref name="factory"/>, in their order.</summary>
    public void ApplyRegistrations(IWorkflowsFactory factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        foreach (var register in _registrations)
            register(factory);
    }

    private static int Positive(int value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value, name);
        return value;
    }
}
