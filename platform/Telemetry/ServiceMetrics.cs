using Dapr.Anomaly.Platform.Hosting;
using Prometheus;

namespace Dapr.Anomaly.Platform.Telemetry;

/// <summary>
/// The service's own metrics in a registry of its own, so that several services can live in one process. No series id is ever a label.
/// </summary>
public sealed class ServiceMetrics
{
    public ServiceMetrics(AppIdentity app)
    {
        Registry = Metrics.NewCustomRegistry();
        Registry.SetStaticLabels(new Dictionary<string, string> { ["app"] = app.AppId });
        Factory = Metrics.WithCustomRegistry(Registry);
    }

    public CollectorRegistry Registry { get; }

    public MetricFactory Factory { get; }
}
