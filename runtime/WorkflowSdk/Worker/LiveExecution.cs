using Dapr.Workflow.Worker.Replay;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Workflow.Worker;

/// <summary>An execution with the services that its workflow was made from, which live as long as it does.</summary>
internal sealed record LiveExecution(WorkflowExecution Execution, AsyncServiceScope Services) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Services.DisposeAsync();
}
