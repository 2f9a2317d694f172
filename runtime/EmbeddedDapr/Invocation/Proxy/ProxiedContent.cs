using System.Net;

namespace Dapr.Embedded.Invocation.Proxy;

/// <summary>The request body of one try of a proxied call.</summary>
internal sealed class ProxiedContent(ProxiedMessages messages) : HttpContent
{
    private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when there is a connection that takes the body: from then on the other side may have seen something of it.</summary>
    public Task Begun => begun.Task;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        begun.TrySetResult();
        return messages.WriteToAsync(stream, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
