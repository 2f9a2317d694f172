using Dapr.Anomaly.Cli;

return await CommandLine.RunAsync(args);
