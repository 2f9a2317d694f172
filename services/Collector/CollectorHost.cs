using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Collector;

/// <summary>Prometheus becomes samples: the only service that talks to it.</summary>
public static class CollectorHost
{
    public static WebApplication Build(string[] args)
    {
        var builder = AnomalyApp.CreateBuilder(Apps.Collector, args);
        builder.Services.AddAnomalyConfiguration(builder.Configuration);
        builder.Services.AddSingleton(Sharding.From(builder.Configuration));
        builder.Services.AddSingleton(s => new PrometheusClient(
            s.GetRequiredService<AnomalyConfiguration>().Reader.Prometheus,
            s.GetRequiredService<TimeProvider>()
        ));
        builder.Services.AddSingleton<CollectorMetrics>();
        builder.Services.AddSingleton<QueryProblems>();
        builder.Services.AddSingleton<QueryCatalog>();
        builder.Services.AddSingleton<RangeCollector>();
        builder.Services.AddSingleton(s => new CollectionSchedule(
            s.GetRequiredService<AnomalyConfiguration>().Reader.Step,
            s.GetRequiredService<CollectorMetrics>(),
            s.GetRequiredService<QueryProblems>(),
            s.GetRequiredService<ILogger<CollectionSchedule>>()
        ));
        builder.Services.AddSingleton<BatchPublisher>();
        builder.Services.AddHostedService<CollectionLoop>();

        var app = builder.Build();
        app.UseAnomalyDefaults().MapCollector();
        return app;
    }
}
