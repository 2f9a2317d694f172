return await Dapr.Anomaly.Platform.Hosting.AnomalyApp.RunAsync(Dapr.Anomaly.Inference.InferenceHost.Build, args);
