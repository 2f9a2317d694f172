return await Dapr.Anomaly.Platform.Hosting.AnomalyApp.RunAsync(Dapr.Anomaly.Console.ConsoleHost.Build, args);
