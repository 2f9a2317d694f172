await Dapr.Anomaly.Featurizer.FeaturizerHost.Build(args).RunAsync();
