using System.Text.Json;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;
using Dapr.Client;

namespace Dapr.Anomaly.Alerts;

/// <summary>
/// The service's state in the state store: a record for each incident and each watched workload, and an index that names them. Records are written
/// before the index that names them, and forgotten by it before they are deleted; so whatever a crash leaves is whole. The index is written with its
/// ETag, so that of two replicas one at a time gets through. What this build cannot read is kept aside, and told.
/// </summary>
internal sealed class AlertsStore(DaprClient dapr, ILogger<AlertsStore> logger)
{
    /// <summary>Sidecars take 4 MiB in one message.</summary>
    private const int MaxBytesPerWrite = 1 << 20;

    private const int KeysPerRead = 20;

    /// <summary>Without an ETag, too, only the first write counts.</summary>
    private static readonly StateOptions FirstWriteOnly = new() { Concurrency = ConcurrencyMode.FirstWrite };

    private string _etag = "";

    public async Task<AlertsContent> LoadAsync(CancellationToken cancellationToken)
    {
        var (content, etag) = await dapr.GetByteStateAndETagAsync(StateStores.Default, AlertsIndex.Key, cancellationToken: cancellationToken);
        _etag = etag ?? "";
        if (content.IsEmpty)
            return await TakeApartAsync(cancellationToken);
        var index = await ReadAsync<AlertsIndex>(
            AlertsIndex.Key,
            content,
            i => i is { Version: AlertsIndex.CurrentVersion, Newest: not null, Workloads: not null, Incidents: not null, Budget: not null },
            cancellationToken
        );
        if (index is null)
            return AlertsContent.Empty;
        var workloads = await LoadAsync<WorkloadRecord>(
            index.Workloads.Select(WorkloadRecord.KeyOf),
            r => r is { Version: WorkloadRecord.CurrentVersion, Watch: { Recent: not null, Workload: not null }, Signals: not null },
            cancellationToken
        );
        // A crash may have come between the record of an incident that opened and the index that names it; its workload knows it.
        var ids = index.Incidents.Concat(workloads.Select(w => w.Watch.Incident?.Id).OfType<string>()).Distinct();
        var incidents = await LoadAsync<IncidentRecord>(
            ids.Select(IncidentRecord.KeyOf),
            r => r is { Version: IncidentRecord.CurrentVersion, Incident: { Id: not null, Signals: not null }, Deliveries: not null },
            cancellationToken
        );
        return new(index, workloads, incidents);
    }

    /// <exception cref="StateConflictException">Another replica wrote meanwhile; what was computed is of the past.</exception>
    public async Task SaveAsync(AlertsIndex index, AlertsChanges changes, CancellationToken cancellationToken)
    {
        await WriteAsync(
            changes
                .Incidents.Where(c => c.Record is not null)
                .Select(c => (IncidentRecord.KeyOf(c.Incident), Bytes(c.Record!)))
                .Concat(changes.Workloads.Where(c => c.Record is not null).Select(c => (WorkloadRecord.KeyOf(c.Workload), Bytes(c.Record!)))),
            cancellationToken
        );
        if (
            !await dapr.TrySaveByteStateAsync(
                StateStores.Default,
                AlertsIndex.Key,
                Bytes(index),
                _etag,
                FirstWriteOnly,
                cancellationToken: cancellationToken
            )
        )
            throw new StateConflictException($"state \"{AlertsIndex.Key}\" was written by another replica");
        (_, _etag) = await dapr.GetByteStateAndETagAsync(StateStores.Default, AlertsIndex.Key, cancellationToken: cancellationToken);
        await DeleteAsync(
            changes
                .Incidents.Where(c => c.Record is null)
                .Select(c => IncidentRecord.KeyOf(c.Incident))
                .Concat(changes.Workloads.Where(c => c.Record is null).Select(c => WorkloadRecord.KeyOf(c.Workload))),
            cancellationToken
        );
    }

    /// <summary>Writes one incident, which the index names already.</summary>
    public Task SaveAsync(IncidentRecord record, CancellationToken cancellationToken) =>
        dapr.SaveByteStateAsync(StateStores.Default, IncidentRecord.KeyOf(record.Incident.Id), Bytes(record), cancellationToken: cancellationToken);

    private static byte[] Bytes<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, MessageJson.Options);

    /// <summary>What an older build left as one document becomes records.</summary>
    private async Task<AlertsContent> TakeApartAsync(CancellationToken cancellationToken)
    {
        var content = await dapr.GetByteStateAsync(StateStores.Default, AlertsStateV1.Key, cancellationToken: cancellationToken);
        if (content.IsEmpty)
            return AlertsContent.Empty;
        var state = await ReadAsync<AlertsStateV1>(
            AlertsStateV1.Key,
            content,
            s => s is { Version: AlertsStateV1.CurrentVersion, Tracker: not null, Signals: not null, Outbox: not null, Recent: not null },
            cancellationToken
        );
        if (state is null)
            return AlertsContent.Empty;
        var taken = state.ToContent();
        var index = taken.Index with
        {
            Workloads = [.. taken.Workloads.Select(w => w.Watch.Workload)],
            Incidents = [.. taken.Incidents.Select(i => i.Incident.Id)],
        };
        await SaveAsync(
            index,
            new(
                [.. taken.Workloads.Select(w => (w.Watch.Workload, (WorkloadRecord?)w))],
                [.. taken.Incidents.Select(i => (i.Incident.Id, (IncidentRecord?)i))]
            ),
            cancellationToken
        );
        await dapr.DeleteStateAsync(StateStores.Default, AlertsStateV1.Key, cancellationToken: cancellationToken);
        return taken with { Index = index };
    }

    private async Task<IReadOnlyList<T>> LoadAsync<T>(IEnumerable<string> keys, Func<T, bool> isReadable, CancellationToken cancellationToken)
        where T : class
    {
        List<T> records = [];
        foreach (var some in keys.Chunk(KeysPerRead))
        foreach (var item in await dapr.GetBulkStateAsync(StateStores.Default, some, parallelism: null, cancellationToken: cancellationToken))
            if (
                !string.IsNullOrEmpty(item.Value)
                && await ReadAsync(item.Key, System.Text.Encoding.UTF8.GetBytes(item.Value), isReadable, cancellationToken) is { } record
            )
                records.Add(record);
        return records;
    }

    private async Task WriteAsync(IEnumerable<(string Key, byte[] Value)> records, CancellationToken cancellationToken)
    {
        List<StateTransactionRequest> write = [];
        var bytes = 0;
        foreach (var (key, value) in records)
        {
            if (bytes + value.Length > MaxBytesPerWrite && write.Count > 0)
                await FlushAsync();
            write.Add(new(key, value, StateOperationType.Upsert));
            bytes += value.Length;
        }
        if (write.Count > 0)
            await FlushAsync();

        async Task FlushAsync()
        {
            await dapr.ExecuteStateTransactionAsync(StateStores.Default, write, cancellationToken: cancellationToken);
            write = [];
            bytes = 0;
        }
    }

    private async Task DeleteAsync(IEnumerable<string> keys, CancellationToken cancellationToken)
    {
        foreach (var some in keys.Chunk(100))
            await dapr.ExecuteStateTransactionAsync(
                StateStores.Default,
                [.. some.Select(key => new StateTransactionRequest(key, null, StateOperationType.Delete))],
                cancellationToken: cancellationToken
            );
    }

    /// <returns>Null for what this build cannot read; it is kept aside.</returns>
    private async Task<T?> ReadAsync<T>(string key, ReadOnlyMemory<byte> content, Func<T, bool> isReadable, CancellationToken cancellationToken)
        where T : class
    {
        string reason;
        try
        {
            if (JsonSerializer.Deserialize<T>(content.Span, MessageJson.Options) is { } value && isReadable(value))
                return value;
            reason = "it is of another version, or a part of it is missing";
        }
        catch (Exception e) when (e is JsonException or ArgumentException or NotSupportedException or NullReferenceException)
        {
            reason = e.Message;
        }
        var aside = key + "/unreadable";
        logger.LogError(
            "state \"{Key}\" cannot be read ({Reason}); it is kept as \"{Unreadable}\", the service goes on without it",
            key,
            reason,
            aside
        );
        await dapr.SaveByteStateAsync(StateStores.Default, aside, content, cancellationToken: cancellationToken);
        return null;
    }
}

/// <summary>A write that lost against another one; load and do it again.</summary>
internal sealed class StateConflictException(string message) : Exception(message);
