using System.Globalization;
using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Engine;
using Dapr.Embedded.Workflows.Store;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>Lists, histories, and instances that begin in the middle of another's history.</summary>
internal sealed class InstanceQueries(EngineCore core, WorkflowStore store)
{
    /// <summary>Ids in the order of creation; the token is the place where the next page begins.</summary>
    public ListInstanceIDsResponse List(ListInstanceIDsRequest request)
    {
        var after = request.HasContinuationToken && long.TryParse(request.ContinuationToken, NumberStyles.None, CultureInfo.InvariantCulture, out var key) ? key : 0;
        var size = request is { HasPageSize: true, PageSize: > 0 and < int.MaxValue } ? (int)request.PageSize : int.MaxValue - 1;
        var rows = store.List(openOnly: false, after, size + 1);
        var response = new ListInstanceIDsResponse();
        response.InstanceIds.AddRange(rows.Take(size).Select(row => row.InstanceId));
        if (rows.Count > size)
            response.ContinuationToken = rows[size - 1].Key.ToString(CultureInfo.InvariantCulture);
        return response;
    }

    /// <summary>Committed events, null for an unknown instance.</summary>
    public IReadOnlyList<HistoryEvent>? History(string instanceId)
    {
        ReadOnlyMemory<byte> history;
        lock (core.Gate)
        {
            if (core.Table.Find(instanceId) is not { } live)
                return null;
            history = live.Published?.History ?? default;
        }
        return FramedEvent.Parse(history.Span);
    }
}
