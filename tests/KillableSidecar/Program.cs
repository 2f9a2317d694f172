// A sidecar in a process of its own, which tests can kill: app id, app port, resources folder, data folder, and where wanted names folder and API
// token. Prints its HTTP and gRPC port.
using Dapr.Embedded;

var appPort = int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture);
var sidecar = new SidecarOptions
{
    AppId = args[0],
    AppPort = appPort,
    ResourcesPaths = [args[2]],
    ApiToken = args.ElementAtOrDefault(5),
};
var options = new EmbeddedDaprOptions
{
    Sidecars = [sidecar],
    DataDirectory = args[3],
    NamesDirectory = args.ElementAtOrDefault(4),
};
await using var dapr = await EmbeddedDapr.StartAsync(options, CancellationToken.None);
var started = dapr.Sidecars[args[0]];
await started.ReadyAsync(CancellationToken.None);
Console.WriteLine($"{started.HttpPort} {started.GrpcPort}");

// Ends with its parent: a closed standard input is the end of a test run that was cut off.
await Task.WhenAny(started.StopRequested, Console.In.ReadToEndAsync());
