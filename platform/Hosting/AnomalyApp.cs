using System.Net;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>
/// What every service has in common: its Dapr client, JSON rules, telemetry, health, and the subscriptions handshake. Logs go to the console, or to
/// the file that <c>ANOMALY_LOG_FILE</c> names. The sidecar is found as every Dapr application finds it:
/// <c>DAPR_HTTP_ENDPOINT</c>/<c>DAPR_GRPC_ENDPOINT</c> or the port forms, from the environment or the arguments.
/// </summary>
public static class AnomalyApp
{
    /// <param name="appId">Dapr app id, which is also the <c>app</c> label of the service's metrics.</param>
    public static WebApplicationBuilder CreateBuilder(string appId, string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        if (builder.Configuration["ANOMALY_LOG_FILE"] is { Length: > 0 } logFile)
            builder.Logging.AddProvider(new FileLoggerProvider(logFile, TimeProvider.System));
        else
            builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        builder.Logging.AddFilter("Polly", LogLevel.Error);

        var port = builder.Configuration.GetValue("APP_PORT", 0);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 32 * 1024 * 1024;
            var address = builder.Configuration["APP_BIND_ADDRESS"] is { Length: > 0 } bind ? IPAddress.Parse(bind) : IPAddress.Loopback;
            kestrel.Listen(address, port, listen => listen.Protocols = HttpProtocols.Http1);
        });

        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new AppIdentity(appId));
        builder.Services.AddSingleton<ServiceMetrics>();
        builder.Services.ConfigureHttpJsonOptions(json => MessageJson.Configure(json.SerializerOptions));
        builder.Services.AddDaprClient(
            (services, dapr) =>
            {
                var endpoints = DaprEndpoints.From(services.GetRequiredService<IConfiguration>());
                dapr.UseHttpEndpoint(endpoints.Http).UseGrpcEndpoint(endpoints.Grpc).UseJsonSerializationOptions(MessageJson.Options);
                if (endpoints.ApiToken is { } token)
                    dapr.UseDaprApiToken(token);
            }
        );
        builder.Services.AddSingleton<DaprGate>();
        builder.Services.AddSingleton<DeadLetters>();
        builder.Services.AddSingleton<StageMeter>();
        return builder;
    }

    /// <summary>Runs a service as a process of its own until it is told to stop; a wrong configuration is one line and exit code 2.</summary>
    public static async Task<int> RunAsync(Func<string[], WebApplication> build, string[] args)
    {
        try
        {
            await using var app = build(args);
            await app.RunAsync();
            return 0;
        }
        catch (ConfigurationException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
    }

    /// <summary>
    /// Middleware and endpoints that every service answers: <c>/healthz</c>, <c>/metrics</c>, <c>/dapr/subscribe</c>, cloud event unwrapping, the app
    /// API token.
    /// </summary>
    public static WebApplication UseAnomalyDefaults(this WebApplication app)
    {
        if (app.Configuration["APP_API_TOKEN"] is { Length: > 0 } token)
            app.UseMiddleware<AppTokenMiddleware>(token);
        app.UseCheckedCloudEvents();
        app.MapSubscribeHandler();
        app.MapGet("/healthz", () => Results.NoContent());
        app.MapMetrics("/metrics", app.Services.GetRequiredService<ServiceMetrics>().Registry);
        return app;
    }
}

/// <summary>The Dapr app id of this process's service.</summary>
public sealed record AppIdentity(string AppId);
