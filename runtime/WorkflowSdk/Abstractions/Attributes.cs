namespace Dapr.Workflow.Abstractions.Attributes;

/// <summary>Names a workflow for registration by generated code.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class WorkflowAttribute : Attribute
{
    /// <summary>Registers under the class name.</summary>
    public WorkflowAttribute() { }

    /// <summary>Registers under <paramref name="name"/>.</summary>
    public WorkflowAttribute(string name) => Name = name;

    /// <summary>The name; null means the class name.</summary>
    public string? Name { get; }
}

/// <summary>Names an activity for registration by generated code.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class WorkflowActivityAttribute : Attribute
{
    /// <summary>Registers under the class name.</summary>
    public WorkflowActivityAttribute() { }

    /// <summary>Registers under <paramref name="name"/>.</summary>
    public WorkflowActivityAttribute(string name) => Name = name;

    /// <summary>The name; null means the class name.</summary>
    public string? Name { get; }
}
