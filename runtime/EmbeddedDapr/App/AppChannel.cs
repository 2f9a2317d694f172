using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Grpc.Net.Client;

namespace Dapr.Embedded.App;

/// <summary>The app behind a sidecar: where it listens, whether it is up and healthy, and the one client that calls it.</summary>
internal sealed class AppChannel : IDisposable
{
    private readonly SidecarOptions options;
    private readonly TimeProvider time;
    private readonly SocketsHttpHandler handler;
    private readonly SemaphoreSlim? slots;
    private readonly Lock gate = new();
    private TaskCompletionSource<int> port = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GrpcChannel? grpc;
    private volatile bool healthy = true;

    public AppChannel(SidecarOptions options, TimeProvider time)
    {
        this.options = options;
        this.time = time;
        handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            EnableMultipleHttp2Connections = true,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        };
        Client = new HttpMessageInvoker(handler);
        slots = options.AppMaxConcurrency > 0 ? new SemaphoreSlim(options.AppMaxConcurrency) : null;
        if (options.AppPort is > 0)
            Connect(options.AppPort.Value);
    }

    /// <summary>Raised when <see cref="Healthy"/> changes.</summary>
    public event Action<bool>? HealthChanged;

    /// <summary>The port that was told; null while there is none.</summary>
    public int? Port => port.Task.IsCompletedSuccessfully ? port.Task.Result : null;

    /// <summary>Bare client of the app: no redirects, cookies, proxy or decompression. Most calls go through <see cref="SendAsync"/>.</summary>
    public HttpMessageInvoker Client { get; }

    public AppProtocol Protocol => options.AppProtocol;

    public bool IsGrpc => options.AppProtocol is AppProtocol.Grpc or AppProtocol.Grpcs;

    /// <summary>Set by the app health checks; true when there are none.</summary>
    public bool Healthy
    {
        get => healthy;
        set
        {
            if (healthy == value)
                return;
            healthy = value;
            HealthChanged?.Invoke(value);
        }
    }

    /// <summary>Scheme, host and port of the app.</summary>
    /// <exception cref="InvalidOperationException">No port was told.</exception>
    public Uri BaseAddress =>
        new($"{(UsesTls ? "https" : "http")}://{HostText}:{Port ?? throw new InvalidOperationException("app channel not initialized")}");

    /// <summary>Channel to a gRPC app.</summary>
    public GrpcChannel Grpc
    {
        get
        {
            lock (gate)
                return grpc ??= GrpcChannel.ForAddress(
                    BaseAddress,
                    new GrpcChannelOptions
                    {
                        HttpHandler = handler,
                        MaxReceiveMessageSize = options.MaxBodySizeBytes,
                        MaxSendMessageSize = null,
                    }
                );
        }
    }

    private bool UsesTls => options.AppProtocol is AppProtocol.Https or AppProtocol.Grpcs;

    private string HostText =>
        options.AppChannelAddress.Contains(':', StringComparison.Ordinal) ? $"[{options.AppChannelAddress}]" : options.AppChannelAddress;

    /// <summary>Tells the port of an app that was not known when the sidecar started; a later call replaces it.</summary>
    public void Connect(int appPort)
    {
        lock (gate)
        {
            grpc?.Dispose();
            grpc = null;
            if (!port.TrySetResult(appPort))
            {
                port = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
                port.SetResult(appPort);
            }
        }
    }

    /// <summary>Completes when the port is known and accepts connections.</summary>
    public async Task WaitUntilUpAsync(CancellationToken cancellationToken)
    {
        await port.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        while (!await AcceptsAsync(cancellationToken).ConfigureAwait(false))
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A request to a path (with query) of the app that carries the app token.</summary>
    public HttpRequestMessage Request(HttpMethod method, string pathAndQuery)
    {
        var request = new HttpRequestMessage(method, new Uri(BaseAddress, pathAndQuery));
        Prepare(request);
        return request;
    }

    /// <summary>Sets protocol version and app token of a request made elsewhere.</summary>
    public void Prepare(HttpRequestMessage request)
    {
        (request.Version, request.VersionPolicy) = options.AppProtocol switch
        {
            AppProtocol.H2c => (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact),
            AppProtocol.Https => (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower),
            _ => (HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact),
        };
        if (options.AppApiToken is { Length: > 0 } token)
            request.Headers.TryAddWithoutValidation("dapr-api-token", token);
    }

    /// <summary>Sends a request within the app's concurrency limit; the answer's body is not read yet.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        LimitAsync(() => Client.SendAsync(request, cancellationToken), cancellationToken);

    /// <summary>Makes a call of the app within its concurrency limit.</summary>
    public async Task<T> LimitAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        if (slots is null)
            return await call().ConfigureAwait(false);
        await slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await call().ConfigureAwait(false);
        }
        finally
        {
            slots.Release();
        }
    }

    public void Dispose()
    {
        lock (gate)
            grpc?.Dispose();
        Client.Dispose();
        slots?.Dispose();
    }

    private async Task<bool> AcceptsAsync(CancellationToken cancellationToken)
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(options.AppChannelAddress, Port!.Value, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
