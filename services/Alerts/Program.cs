return await Dapr.Anomaly.Platform.Hosting.AnomalyApp.RunAsync(Dapr.Anomaly.Alerts.AlertsHost.Build, args);
