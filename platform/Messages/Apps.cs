namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Dapr app ids of the services.</summary>
public static class Apps
{
    public const string Collector = "collector";
    public const string Featurizer = "featurizer";
    public const string Inference = "inference";
    public const string Trainer = "trainer";
    public const string Alerts = "alerts";
    public const string Forecaster = "forecaster";
    public const string Console = "console";

    public static readonly IReadOnlyList<string> All = [Collector, Featurizer, Inference, Trainer, Alerts, Forecaster, Console];
}
