await Dapr.Anomaly.Forecaster.ForecasterHost.Build(args).RunAsync();
