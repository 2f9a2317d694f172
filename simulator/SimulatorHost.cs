using System.Net;
using Dapr.Anomaly.Simulator.Api;

namespace Dapr.Anomaly.Simulator;

/// <summary>A workload simulator that answers the Prometheus HTTP API: history at once, live data with the clock, faults on demand.</summary>
public static class SimulatorHost
{
    /// <summary>An application on the loopback interface; its <see cref="SimulatedCluster"/> is among its services.</summary>
    /// <param name="options">What to simulate.</param>
    /// <param name="time">The clock that live data follow.</param>
    /// <exception cref="ArgumentException">The options are wrong; the message says how.</exception>
    public static WebApplication Build(SimulatorOptions options, TimeProvider time)
    {
        if (options.Errors().ToList() is { Count: > 0 } errors)
            throw new ArgumentException(string.Join("; ", errors), nameof(options));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // Whoever starts the host tells why it did not start; the stack trace helps nobody.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, options.Port));
        var cluster = new SimulatedCluster(options, time);
        builder.Services.AddSingleton(cluster);
        var app = builder.Build();
        PrometheusApi.Map(app, cluster);
        FaultApi.Map(app, cluster);
        return app;
    }
}
