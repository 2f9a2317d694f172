using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dapr.Embedded.Hosting;

/// <summary>
/// Kestrel refuses what is no HTTP before any pipeline sees it, with a status and no body. Go's server, and so daprd, says the status in words,
/// which is put in here. No route answers so: an error without a body that closes the connection is Kestrel's alone.
/// </summary>
internal static class ParserRefusals
{
    private static readonly byte[] Begin = "HTTP/1.1 "u8.ToArray();

    private static readonly byte[] NoBody = "\r\nContent-Length: 0\r\nConnection: close\r\n"u8.ToArray();

    public static void UseWordsForRefusals(this ListenOptions listen) =>
        listen.Use(next =>
            async connection =>
            {
                var transport = connection.Transport;
                connection.Transport = new Pipes(transport.Input, new Writer(transport.Output));
                try
                {
                    await next(connection).ConfigureAwait(false);
                }
                finally
                {
                    connection.Transport = transport;
                }
            }
        );

    /// <summary>The answer with its words, null for every other answer.</summary>
    internal static byte[]? InWords(ReadOnlySpan<byte> answer)
    {
        if (!answer.StartsWith(Begin) || answer.Length < 12 || answer[9] is not ((byte)'4' or (byte)'5'))
            return null;
        var line = answer.IndexOf("\r\n"u8);
        if (line < 0 || !answer[line..].StartsWith(NoBody))
            return null;
        var words = answer[Begin.Length..line];
        return
        [
            .. answer[..line],
            .. Encoding.ASCII.GetBytes($"\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {words.Length}\r\nConnection: close\r\n"),
            .. answer[(line + NoBody.Length)..],
            .. words,
        ];
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>Passes everything on, and looks at the first bytes of each piece.</summary>
    private sealed class Writer(PipeWriter inner) : PipeWriter
    {
        private Memory<byte> given;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override Memory<byte> GetMemory(int sizeHint = 0) => given = inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes)
        {
            if (bytes > 0 && InWords(given.Span[..bytes]) is { } answer)
            {
                if (answer.Length > given.Length)
                    given = inner.GetMemory(answer.Length);
                answer.CopyTo(given.Span);
                bytes = answer.Length;
            }
            inner.Advance(bytes);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(source, cancellationToken);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }
}
