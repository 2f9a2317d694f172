using Dapr.Anomaly.Platform.Telemetry;
using Prometheus;

namespace Dapr.Anomaly.Alerts;

internal sealed class AlertsMetrics(ServiceMetrics metrics)
{
    public Gauge Open { get; } = metrics.Factory.CreateGauge(MetricNames.OpenIncidents, "Incidents that are open now.");

    public Counter Incidents { get; } = metrics.Factory.CreateCounter(MetricNames.Incidents, "Incident changes.", "phase");

    public Counter HeldBack { get; } =
        metrics.Factory.CreateCounter(MetricNames.IncidentsHeldBack, "Incidents that the alert budget of their team kept from the routes.");

    public Gauge Pending { get; } =
        metrics.Factory.CreateGauge(MetricNames.NotificationsPending, "Incidents of which a route has not been told yet, over all routes.");

    public Counter Notifications { get; } =
        metrics.Factory.CreateCounter(
            MetricNames.Notifications,
            "Calls of output bindings: sent, failed (tried again) or refused (not tried again).",
            "route",
            "result"
        );
}
