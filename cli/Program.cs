using System.CommandLine;

var root = new RootCommand("ML anomaly detection for Kubernetes on Dapr");
return await root.Parse(args).InvokeAsync();
