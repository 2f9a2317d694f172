namespace Dapr.Embedded.Invocation.Proxy;

/// <summary>One try under way: its request, and its answer when that has come.</summary>
internal sealed class OpenCall(ProxyDestination destination, HttpRequestMessage request, CancellationTokenSource ending) : IDisposable
{
    public ProxyDestination Destination => destination;

    public HttpRequestMessage Request => request;

    public CancellationToken Token { get; } = ending.Token;

    public Task<HttpResponseMessage>? Answer { get; set; }

    public ProxiedAnswer? Received { get; private set; }

    /// <summary>The answer was read to its end, and nothing of it is with the caller.</summary>
    public bool IsUnsent { get; set; }

    public ProxiedAnswer Take(HttpResponseMessage response) => Received = new ProxiedAnswer(response);

    public void Dispose()
    {
        ending.Cancel();
        ending.Dispose();
        Received?.Dispose();
        request.Dispose();
    }
}

/// <summary>The tries of one proxied call; all of them end with it.</summary>
internal sealed class ProxiedConnections(CancellationToken callerLeft) : IDisposable
{
    private readonly List<OpenCall> calls = [];

    public OpenCall Add(ProxyDestination destination, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = new OpenCall(destination, request, CancellationTokenSource.CreateLinkedTokenSource(callerLeft, cancellationToken));
        calls.Add(call);
        return call;
    }

    public void Dispose() => calls.ForEach(call => call.Dispose());
}
