using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Inference.Samples;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;

namespace Dapr.Anomaly.Inference;

/// <summary>Features become scores. Stateless: what a score needs comes with the request or with the model.</summary>
public static class InferenceHost
{
    public static WebApplication Build(string[] args)
    {
        var builder = AnomalyApp.CreateBuilder(Apps.Inference, args);
        builder.Services.AddModelRegistry();
        builder.Services.AddSingleton<InferenceMetrics>();
        builder.Services.AddChampion<EnsembleScorer, ScorerLoader>();
        builder.Services.AddSingleton<RowScoring>();
        builder.Services.AddSingleton<SampleScoring>();

        var app = builder.Build();
        app.UseAnomalyDefaults();
        app.MapRowScoring();
        app.MapSampleScoring();
        app.MapModel();
        app.MapChampion<EnsembleScorer>();
        return app;
    }
}
