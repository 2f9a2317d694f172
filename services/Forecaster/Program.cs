return await Dapr.Anomaly.Platform.Hosting.AnomalyApp.RunAsync(Dapr.Anomaly.Forecaster.ForecasterHost.Build, args);
