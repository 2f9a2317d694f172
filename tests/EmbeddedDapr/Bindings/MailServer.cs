using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EmbeddedDapr.Tests.Bindings;

/// <summary>A mail as it came over SMTP.</summary>
internal sealed record ReceivedMail(IReadOnlyList<string> Recipients, string Text);

/// <summary>An SMTP server on a free port that accepts every mail.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Task accepting;

    private MailServer()
    {
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public ConcurrentQueue<ReceivedMail> Mails { get; } = new();

    public static MailServer Start() => new();

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            using var client = await listener.AcceptTcpClientAsync();
            await TalkAsync(client.GetStream());
        }
    }

    private async Task TalkAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
        var recipients = new List<string>();
        await writer.WriteLineAsync("220 test");
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("RCPT TO:", StringComparison.OrdinalIgnoreCase))
                recipients.Add(line[8..].Split('>')[0].Trim(' ', '<'));
            if (line.StartsWith("DATA", StringComparison.OrdinalIgnoreCase))
            {
                await writer.WriteLineAsync("354 go on");
                var text = new StringBuilder();
                while (await reader.ReadLineAsync() is { } part && part != ".")
                    text.AppendLine(part);
                Mails.Enqueue(new ReceivedMail([.. recipients], text.ToString()));
            }
            await writer.WriteLineAsync(line.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase) ? "221 bye" : "250 ok");
        }
    }
}
