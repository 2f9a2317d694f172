using System.CommandLine;
using Dapr.Anomaly.Cli.Daprd;

var root = new RootCommand("ML anomaly detection for Kubernetes on Dapr");
root.Subcommands.Add(DaprdCommand.Create());
return await root.Parse(args).InvokeAsync();
