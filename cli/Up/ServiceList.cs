using Dapr.Anomaly.Alerts;
using Dapr.Anomaly.Collector;
using Dapr.Anomaly.Console;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Forecaster;
using Dapr.Anomaly.Inference;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Trainer;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>The services by their Dapr app id, in the order in which they start: who is called comes before who calls.</summary>
public static class ServiceList
{
    public static readonly IReadOnlyList<(string AppId, Func<string[], WebApplication> Build)> All =
    [
        (Apps.Collector, CollectorHost.Build),
        (Apps.Inference, InferenceHost.Build),
        (Apps.Alerts, AlertsHost.Build),
        (Apps.Trainer, TrainerHost.Build),
        (Apps.Forecaster, ForecasterHost.Build),
        (Apps.Console, ConsoleHost.Build),
        (Apps.Featurizer, FeaturizerHost.Build),
    ];
}
