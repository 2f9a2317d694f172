using Dapr.Anomaly.Featurizer.Path;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;

namespace Dapr.Anomaly.Featurizer;

/// <summary>Samples become windows, windows become features; inference makes scores of them, and what matters is published.</summary>
public static class FeaturizerHost
{
    public static WebApplication Build(string[] args) => Build(args, TimeProvider.System);

    /// <param name="time">The clock that says what is the future.</param>
    internal static WebApplication Build(string[] args, TimeProvider time)
    {
        var builder = AnomalyApp.CreateBuilder(Apps.Featurizer, args);
        builder.Services.AddSingleton(time);
        var sharding = Sharding.From(builder.Configuration);
        builder.Services.AddSingleton(sharding);
        builder.Services.AddSingleton(ConfigurationServices.LoadSeries(builder.Configuration));
        builder.Services.AddSingleton<Shards>();
        builder.Services.AddSingleton<SampleGate>();
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton<CollectorClient>();
        builder.Services.AddSingleton<ArtifactStore>();
        builder.Services.AddSingleton<FeaturizerMetrics>();
        builder.Services.AddSingleton<WindowStore>();
        builder.Services.AddSingleton<WindowHistory>();
        builder.Services.AddSingleton<WindowBackfill>();
        builder.Services.AddHostedService<WindowLifecycle>();
        builder.Services.AddSingleton<AppendSamples>();
        builder.Services.AddSingleton<ExtractRows>();
        builder.Services.AddSingleton<IRowScorer, ScoreRows>();
        builder.Services.AddSingleton<DecideScores>();
        builder.Services.AddSingleton<IAnomalyTopic, AnomalyTopic>();
        builder.Services.AddSingleton<PublishAnomalies>();
        builder.Services.AddSingleton<SamplePath>();

        var app = builder.Build();
        app.UseAnomalyDefaults().MapFeaturizer(sharding);
        return app;
    }
}
