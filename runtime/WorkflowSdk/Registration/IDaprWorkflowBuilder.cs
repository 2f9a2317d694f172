using Dapr.Common;

namespace Dapr.Workflow.Registration;

/// <summary>Further set-up of workflows in a service collection.</summary>
public interface IDaprWorkflowBuilder : IDaprServiceBuilder;
