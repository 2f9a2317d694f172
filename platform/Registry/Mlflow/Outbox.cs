using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>
/// What MLflow should be told, in order, as JSON lines beside the local registry: <c>outbox/operations.jsonl</c>, and for each server
/// <c>outbox/delivered-*.json</c> with how many lines it has taken and what its ids are. Lines are never removed, so a new server gets the whole
/// history. Several processes may share the directory.
/// </summary>
public sealed class Outbox
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly Channel<bool> _appended = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly TimeProvider _time;
    private readonly string _operations;
    private readonly Lock _counting = new();
    private (long Bytes, int Lines) _counted;

    /// <param name="directory">The local registry's.</param>
    public Outbox(string directory, TimeProvider time)
    {
        _time = time;
        Folder = Path.Combine(Path.GetFullPath(directory), "outbox");
        _operations = Path.Combine(Folder, "operations.jsonl");
    }

    internal string Folder { get; }

    internal async Task AppendAsync(OutboxOperation operation, CancellationToken cancellationToken)
    {
        await using (await FileLock.TakeAsync(Path.Combine(Folder, "append.lock"), _time, cancellationToken))
        await using (var file = new FileStream(_operations, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            var line = JsonSerializer.SerializeToUtf8Bytes(operation, Json);
            // A line that a crash cut short ends here: it counts as a line and is passed over.
            var torn = file.Length > 0 && Last(file) != '\n';
            file.Seek(0, SeekOrigin.End);
            await file.WriteAsync((byte[])[.. torn ? "\n"u8 : [], .. line, (byte)'\n'], cancellationToken);
            file.Flush(flushToDisk: true);
        }
        _appended.Writer.TryWrite(true);
    }

    /// <summary>The operations from a line on; null for a line that a crash cut short.</summary>
    internal async Task<IReadOnlyList<OutboxOperation?>> ReadAsync(int from, CancellationToken cancellationToken) =>
        [.. (await LinesAsync(cancellationToken)).Skip(from).Select(Parse)];

    /// <summary>Returns when this process appended something, or after <paramref name="atMost"/>: another process may have.</summary>
    internal async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(atMost, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await _appended.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time to look.
        }
    }

    internal async Task<DeliveryState> StateAsync(string server, CancellationToken cancellationToken) =>
        await AtomicFile.ReadJsonAsync<DeliveryState>(StatePath(server), cancellationToken) ?? new(server, 0, [], []);

    internal Task SaveAsync(DeliveryState state, CancellationToken cancellationToken) =>
        AtomicFile.WriteJsonAsync(StatePath(state.Server), state, cancellationToken);

    /// <summary>How many operations wait: for <paramref name="server"/>, or without one for any server that ever answered.</summary>
    internal async Task<int> PendingAsync(string? server, CancellationToken cancellationToken)
    {
        var count = Count();
        if (server is not null)
            return count - (await StateAsync(server, cancellationToken)).Delivered;
        var delivered = 0;
        if (Directory.Exists(Folder))
            foreach (var path in Directory.GetFiles(Folder, "delivered-*.json"))
                delivered = Math.Max(delivered, (await AtomicFile.ReadJsonAsync<DeliveryState>(path, cancellationToken))?.Delivered ?? 0);
        return count - delivered;
    }

    // The file only grows, so only what is new is read.
    private int Count()
    {
        lock (_counting)
        {
            if (!File.Exists(_operations))
                return 0;
            using var file = new FileStream(_operations, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            file.Seek(_counted.Bytes, SeekOrigin.Begin);
            Span<byte> buffer = stackalloc byte[8192];
            while (file.Read(buffer) is > 0 and var read)
            {
                _counted.Lines += buffer[..read].Count((byte)'\n');
                _counted.Bytes += read;
            }
            return _counted.Lines;
        }
    }

    private async Task<string[]> LinesAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(_operations))
            return [];
        await using var file = new FileStream(_operations, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var text = await reader.ReadToEndAsync(cancellationToken);
        var end = text.LastIndexOf('\n');
        return end < 0 ? [] : text[..end].Split('\n');
    }

    private static OutboxOperation? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<OutboxOperation>(line, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int Last(FileStream file)
    {
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte();
    }

    private string StatePath(string server) =>
        Path.Combine(Folder, $"delivered-{LocalRegistry.Digest(System.Text.Encoding.UTF8.GetBytes(server))[..12]}.json");
}

/// <param name="Delivered">Lines that the server has taken or refused for good.</param>
/// <param name="Runs">Local run id to the server's.</param>
/// <param name="Versions"><c>model/version</c> of the local registry to the server's version.</param>
internal sealed record DeliveryState(string Server, int Delivered, Dictionary<string, string> Runs, Dictionary<string, string> Versions);
