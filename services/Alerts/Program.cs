await Dapr.Anomaly.Alerts.AlertsHost.Build(args).RunAsync();
