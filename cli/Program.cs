using System.CommandLine;
using Dapr.Anomaly.Cli.Bench;
using Dapr.Anomaly.Cli.Daprd;
using Dapr.Anomaly.Cli.Doctor;
using Dapr.Anomaly.Cli.Simulator;

var root = new RootCommand("ML anomaly detection for Kubernetes on Dapr");
root.Subcommands.Add(BenchCommand.Create());
root.Subcommands.Add(DaprdCommand.Create());
root.Subcommands.Add(DaprRunCommand.Create());
root.Subcommands.Add(DoctorCommand.Create());
root.Subcommands.Add(SimulateCommand.Create());
// Ctrl+C ends long commands in their own time: sidecars drain for up to five seconds.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(15) });
