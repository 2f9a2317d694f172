using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Invocation.Proxy;

/// <summary>
/// The messages that the caller of a proxied method sends. A call that may be repeated keeps its first message; it must have no second one,
/// since only a unary call can be repeated.
/// </summary>
internal sealed class ProxiedMessages : IAsyncDisposable
{
    private const int FrameHeaderBytes = 5;

    private readonly HttpContext http;
    private readonly bool keep;
    private readonly Lazy<Task<byte[]>> first;
    private readonly Lazy<Task<bool>> more;
    private readonly CancellationTokenSource ended;
    private readonly List<Task> writing = [];

    /// <param name="http">The call.</param>
    /// <param name="keep">Whether the call may be repeated.</param>
    /// <param name="limitBytes">Largest message that is kept.</param>
    public ProxiedMessages(HttpContext http, bool keep, int limitBytes)
    {
        this.http = http;
        this.keep = keep;
        first = new(() => ReadFirstAsync(limitBytes));
        more = new(ComesMoreAsync);
        ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
    }

    /// <summary>Why the call cannot go on, whatever the app answers; null while there is no reason.</summary>
    public Status? Refusal { get; private set; }

    /// <summary>Writes the messages of one try.</summary>
    public Task WriteToAsync(Stream destination, CancellationToken cancellationToken)
    {
        var task = WriteAsync(destination, cancellationToken);
        lock (writing)
            writing.Add(task);
        return task;
    }

    /// <summary>The server uses the request's body for the next call of its connection: nobody may still be reading it.</summary>
    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync().ConfigureAwait(false);
        List<Task> open;
        lock (writing)
            open = [.. writing];
        if (first.IsValueCreated)
            open.Add(first.Value);
        if (more.IsValueCreated)
            open.Add(more.Value);
        await Task.WhenAll(open).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ended.Dispose();
    }

    private async Task WriteAsync(Stream destination, CancellationToken cancellationToken)
    {
        // The headers go out before the first message is there: the app may speak first.
        await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (!keep)
        {
            await PassOnAsync(destination, cancellationToken).ConfigureAwait(false);
            return;
        }
        var message = await first.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        ThrowIfRefused();
        await destination.WriteAsync(message, cancellationToken).ConfigureAwait(false);
        await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (await more.Value.WaitAsync(cancellationToken).ConfigureAwait(false))
            Refusal = new Status(StatusCode.FailedPrecondition, "cannot use resiliency policies with retries on streaming RPCs");
        ThrowIfRefused();
    }

    private void ThrowIfRefused()
    {
        if (Refusal is { } refusal)
            throw new IOException(refusal.Detail);
    }

    private async Task PassOnAsync(Stream destination, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ended.Token);
        while (true)
        {
            var read = await http.Request.BodyReader.ReadAsync(either.Token).ConfigureAwait(false);
            foreach (var piece in read.Buffer)
                await destination.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            http.Request.BodyReader.AdvanceTo(read.Buffer.End);
            await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (read.IsCompleted)
                return;
        }
    }

    /// <summary>The first message with its frame; empty when the caller sends none.</summary>
    private async Task<byte[]> ReadFirstAsync(int limitBytes)
    {
        while (true)
        {
            var read = await http.Request.BodyReader.ReadAsync(ended.Token).ConfigureAwait(false);
            var length = FrameLength(read.Buffer);
            if (length - FrameHeaderBytes > limitBytes)
                Refusal = new Status(
                    StatusCode.ResourceExhausted,
                    $"grpc: received message larger than max ({length - FrameHeaderBytes} vs. {limitBytes})"
                );
            if (Refusal is not null || read.IsCompleted || (length is { } whole && read.Buffer.Length >= whole))
            {
                var end = Math.Min(length ?? read.Buffer.Length, read.Buffer.Length);
                var message = Refusal is null ? read.Buffer.Slice(0, end).ToArray() : [];
                http.Request.BodyReader.AdvanceTo(read.Buffer.GetPosition(end));
                return message;
            }
            http.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private async Task<bool> ComesMoreAsync()
    {
        var read = await http.Request.BodyReader.ReadAsync(ended.Token).ConfigureAwait(false);
        http.Request.BodyReader.AdvanceTo(read.Buffer.Start);
        return !read.Buffer.IsEmpty;
    }

    private static long? FrameLength(ReadOnlySequence<byte> buffer)
    {
        if (buffer.Length < FrameHeaderBytes)
            return null;
        Span<byte> header = stackalloc byte[FrameHeaderBytes];
        buffer.Slice(0, FrameHeaderBytes).CopyTo(header);
        return FrameHeaderBytes + (long)BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
    }
}
