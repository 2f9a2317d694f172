await Dapr.Anomaly.Console.ConsoleHost.Build(args).RunAsync();
