using Dapr.Anomaly.Platform.Telemetry;
using Prometheus;

namespace Dapr.Anomaly.Alerts;

internal sealed class AlertsMetrics(ServiceMetrics metrics)
{
    public Gauge Open { get; } = metrics.Factory.CreateGauge(MetricNames.OpenIncidents, "Incidents that are open now.");

    public Counter Incidents { get; } = metrics.Factory.CreateCounter(MetricNames.Incidents, "Incident changes.", "phase");

    public Counter HeldBack { get; } =
        metrics.Factory.CreateCounter(MetricNames.IncidentsHeldBack, "Incidents that the alert budget of their team kept from the routes.");

    public Counter Notifications { get; } = metrics.Factory.CreateCounter(MetricNames.Notifications, "Calls of output bindings.", "route", "result");
}
