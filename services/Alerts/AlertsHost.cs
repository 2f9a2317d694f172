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
        var options = new AlertOptions(ConfigurationServices.LoadAlerts(builder.Configuration), IncidentRules.Default);
        builder.Services.AddSingleton(options);
        builder.Services.AddModelRegistry();
        builder.Services.AddSingleton<BudgetThresholds>();
        builder.Services.AddSingleton<AlertsMetrics>();
        builder.Services.AddSingleton<OutboxSignal>();
        builder.Services.AddSingleton<AlertsStore>();
        builder.Services.AddSingleton<IncidentService>();
        builder.Services.AddSingleton<NotificationSender>();
        foreach (var route in options.Routes.Append(Delivery.Topic))
            builder.Services.AddSingleton<IHostedService>(s => ActivatorUtilities.CreateInstance<RouteLoop>(s, route));
        if (options.Routes.Contains(BindingRequests.AlertmanagerRoute))
            builder.Services.AddHostedService<AlertmanagerLoop>();

        var app = builder.Build();
        app.UseAnomalyDefaults().MapAlerts();
        return app;
    }
}
