using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.PubSub.Brokers.Sqlite;

/// <summary>The messages of one consumer in this process: claimed in batches, handed out one by one, settled in groups.</summary>
internal sealed class SqliteQueue(SqliteBrokerFile file, ConsumerKey key, Action<SqliteQueue> leave, ILogger log) : IBrokerQueue
{
    /// <summary>Messages that one claim takes at most.</summary>
    public const int Batch = 64;

    /// <summary>How often retries that became due are looked for.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly Lock gate = new();
    private readonly Queue<ClaimedMessage> ready = new();
    private readonly Dictionary<long, ClaimedMessage> open = [];
    private readonly Dictionary<string, SortedSet<long>> claims = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim claiming = new(1);
    private volatile bool closed;
    private volatile TaskCompletionSource wake = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConsumerKey Key => key;

    /// <summary>Nothing is left to hand out.</summary>
    public bool IsHungry => !closed && !HasReady();

    /// <summary>Something may be there.</summary>
    public void Wake() => wake.TrySetResult();

    public async ValueTask<IReadOnlyList<QueuedMessage>> ReceiveAsync(int atMost, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TakeReady(atMost) is { Count: > 0 } received)
                return received;
            await claiming.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (HasReady())
                    continue;
                var woken = wake;
                if (woken.Task.IsCompleted)
                    wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (!await ClaimAsync(cancellationToken).ConfigureAwait(false))
                    await WaitAsync(wake.Task, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                claiming.Release();
            }
        }
    }

    public void Settle(QueuedMessage message, Settlement settlement)
    {
        var id = long.Parse(message.Id, CultureInfo.InvariantCulture);
        lock (gate)
        {
            if (!open.Remove(id, out var claimed))
                return;
            Write([(claimed, settlement)]);
        }
    }

    /// <summary>Gives back what was claimed and not settled, and waits until that is written.</summary>
    public async ValueTask DisposeAsync()
    {
        leave(this);
        await claiming.WaitAsync().ConfigureAwait(false);
        lock (gate)
        {
            closed = true;
            GiveBack();
        }
        claiming.Release();
        await file.Settling.IdleAsync().ConfigureAwait(false);
    }

    private void GiveBack()
    {
        var rest = ready.Concat(open.Values).Select(message => (message, Settlement.Return)).ToList();
        ready.Clear();
        open.Clear();
        if (rest.Count > 0)
            Write(rest);
    }

    private bool HasReady()
    {
        lock (gate)
            return ready.Count > 0;
    }

    private List<QueuedMessage> TakeReady(int atMost)
    {
        var received = new List<QueuedMessage>(Math.Min(atMost, 16));
        lock (gate)
        {
            while (received.Count < atMost && ready.TryDequeue(out var message))
            {
                open[message.Id] = message;
                received.Add(new QueuedMessage(message.Id.ToString(CultureInfo.InvariantCulture), message.Message, message.Delivery));
            }
        }
        return received;
    }

    private async Task<bool> ClaimAsync(CancellationToken cancellationToken)
    {
        if (!file.HasMessages(key))
            return false;
        // Not cancelled half way: what was claimed must reach this object.
        var claimed = await file.ClaimAsync(key, Batch, cancellationToken).ConfigureAwait(false);
        Offer(claimed);
        return claimed.Count > 0;
    }

    /// <summary>Takes messages that were claimed for this queue; a closed one gives them back.</summary>
    public void Offer(IReadOnlyList<ClaimedMessage> claimed)
    {
        lock (gate)
        {
            foreach (var message in claimed)
            {
                ready.Enqueue(message);
                if (message.Claim is not { } claim)
                    continue;
                if (!claims.TryGetValue(claim, out var ids))
                    claims[claim] = ids = [];
                ids.Add(message.Id);
            }
            if (closed)
                GiveBack();
        }
    }

    private async Task WaitAsync(Task woken, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(woken, file.DelayAsync(Look, end.Token)).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Notes the ends of deliveries and how far their claims have come; under the lock, so that writes keep their order.</summary>
    private void Write(IReadOnlyList<(ClaimedMessage Message, Settlement Settlement)> settled)
    {
        var messages = new List<SettledMessage>();
        var touched = new Dictionary<string, long?>(StringComparer.Ordinal);
        foreach (var (message, settlement) in settled)
        {
            int? deliveries = settlement switch
            {
                Settlement.Done => null,
                Settlement.Redeliver => message.Delivery,
                _ => message.Delivery - 1,
            };
            var due = settlement == Settlement.Redeliver ? file.Now + (long)Redelivery.PauseAfter(message.Delivery).TotalMilliseconds : file.Now;
            if (deliveries is not null || message.Claim is null)
                messages.Add(new SettledMessage(message.Id, message.Claim is null, deliveries, due));
            if (message.Claim is { } claim && claims.TryGetValue(claim, out var ids))
            {
                var isFirst = ids.Min == message.Id;
                ids.Remove(message.Id);
                if (ids.Count == 0)
                    claims.Remove(claim);
                if (ids.Count == 0)
                    touched[claim] = null;
                else if (isFirst && ids.Count % 16 == 0)
                    touched[claim] = ids.Min;
            }
        }
        if (messages.Count > 0 || touched.Count > 0)
            _ = LogFailureAsync(file.Settling.AddAsync([new Settlements(key, messages, touched)]));
    }

    private async Task LogFailureAsync(Task written)
    {
        try
        {
            await written.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            log.LogError(error, "Topic {Topic}: a settlement could not be written; the messages will be delivered again after a restart", key.Topic);
        }
    }
}
