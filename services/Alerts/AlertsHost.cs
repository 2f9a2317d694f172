using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;

namespace Dapr.Anomaly.Alerts;

/// <summary>Scores become incidents, and incidents reach people.</summary>
public static class AlertsHost
{
    public static WebApplication Build(string[] args)
    {
        var builder = AnomalyApp.CreateBuilder(Apps.Alerts, args);
        builder.Services.AddSingleton(new AlertOptions(ConfigurationServices.LoadAlerts(builder.Configuration), IncidentRules.Default));
        builder.Services.AddModelRegistry();
        builder.Services.AddSingleton<BudgetThresholds>();
        builder.Services.AddSingleton<AlertsMetrics>();
        builder.Services.AddSingleton<OutboxSignal>();
        builder.Services.AddSingleton<AlertsStore>();
        builder.Services.AddSingleton<IncidentService>();
        builder.Services.AddHostedService<Notifier>();

        var app = builder.Build();
        app.UseAnomalyDefaults().MapAlerts();
        return app;
    }
}
