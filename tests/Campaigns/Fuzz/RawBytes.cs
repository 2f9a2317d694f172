using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz;

/// <summary>Bytes on a bare connection: rubbish, HTTP/1 on an HTTP/2 port and the other way round, HTTP/2 frames in no order.</summary>
internal static class RawBytes
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    public static byte[] Make(Random random)
    {
        switch (random.Next(6))
        {
            case 0:
                return Mutation.Rubbish(random, 300);
            case 1:
                return Mutation.Of(random, [.. Preface, .. Frame(random)]);
            case 2:
                return "GET /v1.0/metadata HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray();
            case 3:
                return Mutation.Of(random, "\x16\x03\x01\0\xf8\x01\0\0\xf4\x03\x03 client hello"u8);
            default:
                var bytes = new List<byte>(Preface);
                // Most peers send their settings first.
                if (random.Chance(0.7))
                    bytes.AddRange([0, 0, 0, 4, 0, 0, 0, 0, 0]);
                for (var more = random.Next(1, 30); more > 0; more--)
                    bytes.AddRange(Frame(random));
                return [.. bytes];
        }
    }

    /// <summary>Sends them, closes the sending side and waits for the end of the connection.</summary>
    /// <exception cref="TimeoutException">It stays open for longer than <paramref name="patience"/>.</exception>
    public static async Task SendAsync(int port, byte[] bytes, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
            for (var sent = 0; sent < bytes.Length; )
                sent += await socket.SendAsync(bytes.AsMemory(sent), limit.Token);
            socket.Shutdown(SocketShutdown.Send);
            var buffer = new byte[16 << 10];
            while (await socket.ReceiveAsync(buffer, limit.Token) > 0) { }
        }
        catch (SocketException)
        {
            // Reset: an end as well.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the connection is still open after {patience}");
        }
    }

    private static byte[] Frame(Random random)
    {
        var payload = random.Chance(0.1) ? new byte[random.Next(20_000)] : Mutation.Rubbish(random, 40);
        // :method POST, :scheme http, :path / from the static table, so that some header blocks can be read.
        if (random.Chance(0.2))
            payload = [0x83, 0x86, 0x84, .. random.Chance(0.5) ? Mutation.Rubbish(random, 8) : []];
        var frame = new byte[9 + payload.Length];
        var length = random.Chance(0.1) ? random.Next(1 << 24) : payload.Length;
        (frame[0], frame[1], frame[2]) = ((byte)(length >> 16), (byte)(length >> 8), (byte)length);
        frame[3] = (byte)(random.Chance(0.9) ? random.Next(10) : random.Next(256));
        frame[4] = (byte)(random.Chance(0.5) ? random.Any([0, 1, 4, 5]) : random.Next(256));
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), random.Any([0, 1, 1, 3, 5, 2, int.MaxValue, -1]));
        payload.CopyTo(frame, 9);
        return frame;
    }
}
