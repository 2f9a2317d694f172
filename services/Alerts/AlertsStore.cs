using System.Text.Json;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;
using Dapr.Client;

namespace Dapr.Anomaly.Alerts;

/// <summary>
/// The service's state in the state store: one versioned document, written with its ETag, so that of two replicas one at a time gets through. A
/// document that this build cannot read is kept beside, and told.
/// </summary>
internal sealed class AlertsStore(DaprClient dapr, ILogger<AlertsStore> logger)
{
    private const string UnreadableKey = AlertsState.Key + "/unreadable";

    /// <summary>Without an ETag, too, only the first write counts.</summary>
    private static readonly StateOptions FirstWriteOnly = new() { Concurrency = ConcurrencyMode.FirstWrite };

    private string _etag = "";

    public async Task<AlertsState> LoadAsync(CancellationToken cancellationToken)
    {
        var (content, etag) = await dapr.GetByteStateAndETagAsync(StateStores.Default, AlertsState.Key, cancellationToken: cancellationToken);
        _etag = etag ?? "";
        if (content.IsEmpty)
            return AlertsState.Empty;
        try
        {
            var state = JsonSerializer.Deserialize<AlertsState>(content.Span, MessageJson.Options);
            if (state is { Version: AlertsState.CurrentVersion, Tracker: not null, Signals: not null, Outbox: not null, Recent: not null })
                return state;
            await PutAsideAsync(content, $"version {state?.Version}, this build reads {AlertsState.CurrentVersion}", cancellationToken);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            await PutAsideAsync(content, e.Message, cancellationToken);
        }
        return AlertsState.Empty;
    }

    /// <exception cref="StateConflictException">Another replica wrote meanwhile; what was computed is of the past.</exception>
    public async Task SaveAsync(AlertsState state, CancellationToken cancellationToken)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(state, MessageJson.Options);
        if (
            !await dapr.TrySaveByteStateAsync(
                StateStores.Default,
                AlertsState.Key,
                content,
                _etag,
                FirstWriteOnly,
                cancellationToken: cancellationToken
            )
        )
            throw new StateConflictException($"state \"{AlertsState.Key}\" was written by another replica");
        (_, _etag) = await dapr.GetByteStateAndETagAsync(StateStores.Default, AlertsState.Key, cancellationToken: cancellationToken);
    }

    private async Task PutAsideAsync(ReadOnlyMemory<byte> content, string reason, CancellationToken cancellationToken)
    {
        logger.LogError(
            "state \"{Key}\" cannot be read ({Reason}); it is kept as \"{Unreadable}\", incidents begin anew",
            AlertsState.Key,
            reason,
            UnreadableKey
        );
        await dapr.SaveByteStateAsync(StateStores.Default, UnreadableKey, content, cancellationToken: cancellationToken);
    }
}

/// <summary>A write that lost against another one; load and do it again.</summary>
internal sealed class StateConflictException(string message) : Exception(message);
