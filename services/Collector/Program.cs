await Dapr.Anomaly.Collector.CollectorHost.Build(args).RunAsync();
