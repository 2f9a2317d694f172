using System.Net.Sockets;
using Dapr.DurableTask.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;

namespace Dapr.Workflow;

/// <summary>The channel to the runtime that worker and client share, with the API token on every call.</summary>
internal sealed class TaskHubConnection : IDisposable
{
    private readonly GrpcChannel _channel;

    public TaskHubConnection(WorkflowRuntimeOptions options, IConfiguration? configuration)
    {
        Endpoint = DaprDefaults.GetDefaultGrpcEndpoint(configuration);
        _channel = GrpcChannel.ForAddress(Endpoint, options.GrpcChannelOptions ?? DefaultChannel(options));
        Client = Connect(_channel, DaprDefaults.GetDefaultDaprApiToken(configuration));
    }

    /// <summary>Where the runtime is.</summary>
    public string Endpoint { get; }

    public TaskHubSidecarService.TaskHubSidecarServiceClient Client { get; }

    public static TaskHubSidecarService.TaskHubSidecarServiceClient Connect(GrpcChannel channel, string? apiToken) =>
        new(new HeaderCallInvoker(channel.CreateCallInvoker(), Headers(apiToken)));

    public void Dispose() => _channel.Dispose();

    /// <summary>
    /// A ping each minute finds dead connections (the runtime cuts off clients that ping more often than every 8 s). Work items have no
    /// size limit here unless one is set: one that is too big could not even be answered with a failure. The address is one runtime's, so
    /// a connection of our own spares each call the channel's balancer; proxies, cookies and redirects have no place in between either.
    /// </summary>
    private static GrpcChannelOptions DefaultChannel(WorkflowRuntimeOptions options) =>
        new()
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = ConnectAsync,
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                EnableMultipleHttp2Connections = true,
                KeepAlivePingDelay = TimeSpan.FromSeconds(60),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(30),
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = options.MaxReceiveMessageBytes,
            MaxSendMessageSize = options.MaxSendMessageBytes,
        };

    private static Metadata Headers(string? apiToken)
    {
        Metadata headers = new() { { "user-agent", $"dapr-workflow-sdk/{typeof(TaskHubConnection).Assembly.GetName().Version?.ToString(3)}" } };
        if (!string.IsNullOrEmpty(apiToken))
            headers.Add("dapr-api-token", apiToken);
        return headers;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
