namespace Dapr.Workflow.Client;

/// <summary>How an instance is started.</summary>
public sealed class StartWorkflowOptions
{
    /// <summary>The instance id; null means a new one.</summary>
    public string? InstanceId { get; set; }

    /// <summary>When it begins; null means at once.</summary>
    public DateTimeOffset? StartAt { get; set; }
}

/// <summary>Builds <see cref="StartWorkflowOptions"/>.</summary>
public sealed class StartWorkflowOptionsBuilder
{
    private readonly StartWorkflowOptions _options = new();

    /// <summary>Sets the instance id.</summary>
    public StartWorkflowOptionsBuilder WithInstanceId(string instanceId)
    {
        _options.InstanceId = instanceId;
        return this;
    }

    /// <summary>Begins at a time.</summary>
    public StartWorkflowOptionsBuilder StartAt(DateTimeOffset startAt)
    {
        _options.StartAt = startAt;
        return this;
    }

    /// <summary>Begins after a delay from now.</summary>
    public StartWorkflowOptionsBuilder StartAfter(TimeSpan delay) => StartAt(TimeProvider.System.GetUtcNow() + delay);

    /// <summary>The options.</summary>
    public StartWorkflowOptions Build() => new() { InstanceId = _options.InstanceId, StartAt = _options.StartAt };

    /// <summary>The same as <see cref="Build"/>.</summary>
    public static implicit operator StartWorkflowOptions(StartWorkflowOptionsBuilder builder) => builder.Build();
}
