using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Alerts;

/// <summary>Scores become incidents, and incidents reach people.</summary>
public static class AlertsHost
{
    public static WebApplication Build(string[] args)
    {
        var builder = AnomalyApp.CreateBuilder(Apps.Alerts, args);
        builder.Services.AddAnomalyConfiguration(builder.Configuration);
        builder.Services.AddSingleton(s => new AlertOptions(s.GetRequiredService<AnomalyConfiguration>().Alerts.Routes, IncidentRules.Default));
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
