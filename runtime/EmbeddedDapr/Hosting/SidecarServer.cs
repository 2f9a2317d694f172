using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dapr.Embedded.Hosting;

/// <summary>One listening port of a sidecar: Kestrel with one protocol and one pipeline.</summary>
internal sealed class SidecarServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private SidecarServer(WebApplication app) => this.app = app;

    public int Port { get; private set; }

    /// <summary>Verb (null for any) and pattern of each route.</summary>
    public IEnumerable<(string? Verb, string Pattern)> Routes =>
        ((IEndpointRouteBuilder)app)
            .DataSources.SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .SelectMany(route =>
                (route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [null!])
                    .DefaultIfEmpty(null)
                    .Select(verb => (verb, "/" + route.RoutePattern.RawText?.TrimStart('/')))
            );

    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SidecarServer> StartAsync(
        SidecarContext context,
        HttpProtocols protocol,
        IReadOnlyList<string>? addresses,
        int port,
        Action<IServiceCollection> services,
        Action<WebApplication> pipeline,
        CancellationToken cancellationToken
    )
    {
        // Without the watch for a changed appsettings.json, an inotify instance for each port of each sidecar.
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions
            {
                ApplicationName = typeof(SidecarServer).Assembly.GetName().Name,
                Args = ["--hostBuilder:reloadConfigOnChange=false"],
            }
        );
        builder.Services.AddSingleton(context.LoggerFactory);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = context.Options.GracefulShutdown);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;
            kestrel.Limits.MaxRequestBodySize = null;
            // The limit that callers see is checked in the pipeline, which can answer in daprd's words.
            kestrel.Limits.MaxRequestHeadersTotalSize = Math.Max(64 << 10, 2 * context.Options.ReadBufferSizeBytes);
            kestrel.Limits.MaxRequestHeaderCount = 4096;
            kestrel.Limits.MaxRequestLineSize = 64 << 10;
            // Header bytes go on as they came, whatever their encoding.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            // As gRPC for Go: no limit on calls that wait on one connection, and a peer that went silent is cut off, after as long as daprd waits:
            // a worker that gets no CPU for some seconds must not lose its work to a second run of it.
            kestrel.Limits.Http2.MaxStreamsPerConnection = int.MaxValue;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(60);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(30);
            Listen(kestrel, addresses, port, protocol);
        });
        services(builder.Services);
        var app = builder.Build();
        pipeline(app);
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new SidecarServer(app) { Port = new Uri(address).Port };
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync().ConfigureAwait(false);
        await app.DisposeAsync().ConfigureAwait(false);
    }

    private static void Listen(KestrelServerOptions kestrel, IReadOnlyList<string>? addresses, int port, HttpProtocols protocol)
    {
        void Use(ListenOptions listen)
        {
            listen.Protocols = protocol;
            if (protocol == HttpProtocols.Http1)
                listen.UseWordsForRefusals();
        }
        if (addresses is null && port != 0)
            kestrel.ListenLocalhost(port, Use);
        else
            foreach (var address in addresses is null || port == 0 ? (addresses ?? ["127.0.0.1"]).Take(1) : addresses)
                kestrel.Listen(IPAddress.Parse(address.Trim('[', ']')), port, Use);
    }

    /// <summary>The process belongs to whoever embeds the runtime: no signal handlers here.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
