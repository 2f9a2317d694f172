await Dapr.Anomaly.Inference.InferenceHost.Build(args).RunAsync();
