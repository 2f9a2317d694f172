using System.Net;
using System.Net.Sockets;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Http;

/// <summary>A TCP connection to an HTTP port, kept open from one good request to the next.</summary>
internal sealed class HttpLink(int port) : IDisposable
{
    /// <summary>How long an answer to bytes that are no whole request is waited for before the sending side is closed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(60);

    private byte[] buffer = new byte[64 << 10];
    private Socket? socket;

    /// <summary>Sends the bytes and reads the answer; null when the connection ended without one.</summary>
    /// <exception cref="TimeoutException">Neither an answer nor an end within <paramref name="patience"/>.</exception>
    /// <exception cref="FormatException">What came is no HTTP.</exception>
    public async Task<HttpAnswer?> AskAsync(HttpProbe probe, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        HttpAnswer? answer = null;
        var isUsed = socket is not null;
        try
        {
            if (socket is null)
            {
                socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
            }
            var half = probe.PauseMilliseconds > 0 ? probe.Bytes.Length / 2 : probe.Bytes.Length;
            await SendAsync(probe.Bytes.AsMemory(0, half), limit.Token);
            if (half < probe.Bytes.Length)
            {
                await Task.Delay(probe.PauseMilliseconds, limit.Token);
                await SendAsync(probe.Bytes.AsMemory(half), limit.Token);
            }
            answer = await ReceiveAsync(probe, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer and no end within {patience}");
        }
        catch (SocketException)
        {
            // Reset: the runtime did not want the rest.
        }
        if (answer is null || answer.Closes || !probe.IsHttp)
            Dispose();
        // A connection may end between two requests; then the second goes over another one.
        return answer is null && isUsed && probe.IsHttp ? await AskAsync(probe, patience, cancellationToken) : answer;
    }

    public void Dispose()
    {
        socket?.Dispose();
        socket = null;
    }

    /// <summary>The runtime may answer and reset before it has read everything; the answer counts.</summary>
    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            for (var sent = 0; sent < bytes.Length; )
                sent += await socket!.SendAsync(bytes[sent..], cancellationToken);
        }
        catch (SocketException)
        {
            // Seen again when the answer is read.
        }
    }

    private async Task<HttpAnswer?> ReceiveAsync(HttpProbe probe, CancellationToken cancellationToken)
    {
        var received = 0;
        var isHalfClosed = probe.IsHttp;
        while (true)
        {
            int read;
            if (received == buffer.Length)
                Array.Resize(ref buffer, 2 * buffer.Length);
            var reading = socket!.ReceiveAsync(buffer.AsMemory(received), cancellationToken).AsTask();
            if (!isHalfClosed && await Task.WhenAny(reading, Task.Delay(Grace, cancellationToken)) != reading)
            {
                isHalfClosed = true;
                socket.Shutdown(SocketShutdown.Send);
            }
            try
            {
                read = await reading;
            }
            catch (SocketException)
            {
                read = 0;
            }
            received += read;
            if (HttpAnswer.Read(buffer.AsSpan(0, received), probe.Verb != "HEAD", read == 0, out _) is { } answer)
                return answer;
            if (read == 0)
                return null;
        }
    }
}
