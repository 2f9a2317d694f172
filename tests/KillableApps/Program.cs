// The apps behind a killed runtime. Each ends when its standard input closes: the end of a test run that was cut off.
//   worker LIFE GRPC_ENDPOINT EFFECTS     runs workflows and activities
//   subscriber LIFE PORT EFFECTS PUBSUB…  takes the messages of topic "orders" of each pub/sub component
using System.Globalization;
using KillableApps;

var life = int.Parse(args[1], CultureInfo.InvariantCulture);
using var effects = new EffectLog(args[3]);
await using IAsyncDisposable app = args[0] switch
{
    "worker" => await ChainWorker.StartAsync(life, new Uri(args[2]), effects, CancellationToken.None),
    "subscriber" => await Subscriber.StartAsync(int.Parse(args[2], CultureInfo.InvariantCulture), effects, args[4..], CancellationToken.None),
    _ => throw new ArgumentException($"{args[0]} is no app of this program, expected worker or subscriber"),
};
Console.WriteLine("up");
await Console.In.ReadToEndAsync();
