using System.Globalization;
using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Engine;
using Dapr.Embedded.Workflows.Store;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>Lists, histories, and instances that begin in the middle of another's history.</summary>
internal sealed class InstanceQueries(EngineCore core, WorkflowStore store)
{
    /// <summary>Ids in the order of creation; the token is the place where the next page begins.</summary>
    public ListInstanceIDsResponse List(ListInstanceIDsRequest request)
    {
        var after =
            request.HasContinuationToken && long.TryParse(request.ContinuationToken, NumberStyles.None, CultureInfo.InvariantCulture, out var key)
                ? key
                : 0;
        var size = request is { HasPageSize: true, PageSize: > 0 and < int.MaxValue } ? (int)request.PageSize : int.MaxValue - 1;
        var rows = store.List(openOnly: false, after, size + 1);
        var response = new ListInstanceIDsResponse();
        response.InstanceIds.AddRange(rows.Take(size).Select(row => row.InstanceId));
        if (rows.Count > size)
            response.ContinuationToken = rows[size - 1].Key.ToString(CultureInfo.InvariantCulture);
        return response;
    }

    /// <summary>
    /// Committed events, null for an unknown instance. What was decided before the call is in it: a worker that is handed a turn, and has
    /// lost what it kept, reads here what the turn follows upon.
    /// </summary>
    public async Task<IReadOnlyList<HistoryEvent>?> HistoryAsync(string instanceId, CancellationToken cancellationToken)
    {
        LiveInstance? live;
        Task written;
        lock (core.Gate)
        {
            live = core.Table.Find(instanceId);
            written = live?.Written ?? Task.CompletedTask;
        }
        await written.WaitAsync(cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> history;
        lock (core.Gate)
            history = live?.Published?.History ?? default;
        return live is null ? null : FramedEvent.Parse(history.Span);
    }
}
