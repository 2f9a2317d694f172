// A sidecar in a process of its own, which tests can kill: app id, app port, resources folder, data folder. Prints its HTTP and gRPC port.
using Dapr.Embedded;

var sidecar = new SidecarOptions
{
    AppId = args[0],
    AppPort = int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture),
    ResourcesPaths = [args[2]],
};
await using var dapr = await EmbeddedDapr.StartAsync(
    new EmbeddedDaprOptions { Sidecars = [sidecar], DataDirectory = args[3] },
    CancellationToken.None
);
var started = dapr.Sidecars[args[0]];
await started.ReadyAsync(CancellationToken.None);
Console.WriteLine($"{started.HttpPort} {started.GrpcPort}");

// Ends with its parent: a closed standard input is the end of a test run that was cut off.
await Task.WhenAny(started.StopRequested, Console.In.ReadToEndAsync());
