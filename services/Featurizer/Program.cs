return await Dapr.Anomaly.Platform.Hosting.AnomalyApp.RunAsync(Dapr.Anomaly.Featurizer.FeaturizerHost.Build, args);
