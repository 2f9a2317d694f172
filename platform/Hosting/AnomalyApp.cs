using System.Net;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Embedded.Hosting;
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
    private const string NoFileWatch = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>Token that the own sidecar sends; without it the routes of a service are open to who reaches its port.</summary>
    public const string AppTokenKey = "APP_API_TOKEN";

    /// <summary>Token that opens what the console shows.</summary>
    public const string ConsoleTokenKey = "ANOMALY_CONSOLE_TOKEN";

    /// <summary>Host names beside those of this machine under which a service is called, by commas; <c>*</c> is any.</summary>
    public const string AllowedHostsKey = "ANOMALY_ALLOWED_HOSTS";

    /// <summary>The names of <see cref="AllowedHostsKey"/>.</summary>
    /// <exception cref="ConfigurationException">One of them is no host name.</exception>
    public static IReadOnlyList<string> AllowedHosts(string? value)
    {
        string[] names = (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        try
        {
            _ = new KnownHosts(names, "");
            return names;
        }
        catch (FormatException e)
        {
            throw new ConfigurationException([new(new(AllowedHostsKey), e.Message)]);
        }
    }

    /// <param name="appId">Dapr app id, which is also the <c>app</c> label of the service's metrics.</param>
    public static WebApplicationBuilder CreateBuilder(string appId, string[] args)
    {
        // Nobody has an appsettings.json that changes; watching for one costs an inotify instance and a thread for each service.
        var builder = WebApplication.CreateSlimBuilder([NoFileWatch, .. args]);
        builder.Logging.ClearProviders();
        if (builder.Configuration["ANOMALY_LOG_FILE"] is { Length: > 0 } logFile)
            builder.Logging.AddProvider(LogFile.Open(logFile));
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
        builder.Services.AddSingleton<LoopHost>();
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
    /// Middleware and endpoints that every service answers: who may call at all, <c>/healthz</c>, <c>/metrics</c>, <c>/dapr/subscribe</c>, cloud
    /// event unwrapping.
    /// </summary>
    public static WebApplication UseAnomalyDefaults(this WebApplication app)
    {
        app.UseKnownHosts(
            new KnownHosts(AllowedHosts(app.Configuration[AllowedHostsKey]), $"other names are those of {AllowedHostsKey}"),
            (http, reason) =>
            {
                http.Response.StatusCode = StatusCodes.Status403Forbidden;
                return http.Response.WriteAsync(reason, http.RequestAborted);
            }
        );
        app.UseMiddleware<RouteAccessMiddleware>(app.Configuration[AppTokenKey] ?? "", app.Configuration[ConsoleTokenKey] ?? "");
        app.UseCheckedCloudEvents();
        app.MapSubscribeHandler();
        app.MapHealth().For(RouteAccess.Anyone);
        app.MapMetrics("/metrics", app.Services.GetRequiredService<ServiceMetrics>().Registry).For(RouteAccess.Anyone);
        return app;
    }
}

/// <summary>The Dapr app id of this process's service.</summary>
public sealed record AppIdentity(string AppId);
