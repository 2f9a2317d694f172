using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Invocation;

/// <summary>
/// A body of unknown length that fails when it grows over the limit, or with <see cref="BadHttpRequestException"/> when its framing is broken.
/// </summary>
internal sealed class LimitedStream(Stream inner, long limitBytes) : Stream
{
    private long seen;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            seen += read;
            return seen <= limitBytes ? read : throw new BodyTooLargeException();
        }
        catch (IOException error) when (error is not BadHttpRequestException)
        {
            throw new BadHttpRequestException(error.Message, StatusCodes.Status400BadRequest, error);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
