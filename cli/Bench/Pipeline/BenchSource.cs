using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using Dapr.Anomaly.Cli.Processes;

namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>
/// The Prometheus of the pipeline bench, in a process of its own so that its CPU does not count: a few queries with many series each, cheap to
/// answer for any range. How many series it shows can be set while it runs.
/// </summary>
internal static class BenchSource
{
    public const string Name = "pipeline-source";

    /// <summary>Ranges with more columns are history, which a training may see of fewer series.</summary>
    private const int LiveColumns = 20;

    /// <summary>The queries, and the kinds of their series in <c>anomaly.yaml</c>.</summary>
    public static readonly IReadOnlyList<(string Name, string Kind)> Queries =
    [
        ("bench_cpu", "cpu"),
        ("bench_throttling", "saturation"),
        ("bench_memory", "memory"),
        ("bench_received", "network"),
        ("bench_sent", "network"),
        ("bench_read", "disk"),
        ("bench_written", "disk"),
        ("bench_requests", "traffic"),
        ("bench_errors", "errors"),
        ("bench_latency", "latency"),
    ];

    public static Command Create()
    {
        var command = new Command(Name, "The synthetic Prometheus of bench pipeline") { Hidden = true };
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var parentGone = ParentLink.GoneAsync();
        await using var app = Build();
        await app.StartAsync(cancellationToken);
        await ListeningProcess.SayAsync(app);
        await parentGone.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ExitCodes.Success;
    }

    /// <summary>Shows no series until <c>PUT /series?live=N&amp;history=M</c>.</summary>
    internal static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var shown = new Shown(0, 0);
        app.MapPut("/series", (int live, int history) => shown = new(live, history));
        app.MapGet("/api/v1/label/__name__/values", () => Results.Text(Success(Quoted(Queries.Select(q => q.Name).Append("up")))));
        app.MapGet("/api/v1/labels", () => Results.Text(Success(Quoted(["__name__", "namespace", "workload"]))));
        app.MapMethods("/api/v1/series", ["GET", "POST"], () => Results.Text(Success($"[{Encoding.UTF8.GetString(Labels(0))}]")));
        app.MapPost("/api/v1/query", Instant);
        app.MapPost("/api/v1/query_range", (HttpContext http) => RangeAsync(http, shown));
        return app;
    }

    /// <summary>Only what is asked at start: whether the server answers, and how often it scrapes (40 times in ten minutes).</summary>
    private static async Task<IResult> Instant(HttpRequest request)
    {
        var query = (await request.ReadFormAsync()).ElementAtOrDefault(0).Value.ToString();
        var value = query.Contains("count_over_time", StringComparison.Ordinal) ? "40" : "1";
        return Results.Text(Success($$"""{"resultType":"vector","result":[{"metric":{},"value":[0,"{{value}}"]}]}"""));
    }

    private static async Task RangeAsync(HttpContext http, Shown shown)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var query = Queries.Select(q => q.Name).ToList().IndexOf(form["query"].ToString());
        var (start, end, step) = (Milliseconds(form["start"]!), Milliseconds(form["end"]!), Milliseconds(form["step"]!));
        var series =
            query < 0 ? 0
            : (end - start) / step > LiveColumns ? shown.History
            : shown.Live;
        await MatrixWriter.WriteAsync(
            http.Response.BodyWriter,
            Enumerable.Range(0, series).Where(n => n % Queries.Count == query).Select(n => (n, Labels(n / Queries.Count))),
            start,
            end,
            step,
            http.RequestAborted
        );
    }

    private static byte[] Labels(int workload) =>
        Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $$"""{"namespace":"shop-{{workload / 50}}","workload":"workload-{{workload}}"}""")
        );

    private static string Success(string data) => $$"""{"status":"success","data":{{data}}}""";

    private static string Quoted(IEnumerable<string> names) => $"[{string.Join(',', names.Select(n => $"\"{n}\""))}]";

    private static long Milliseconds(string seconds) => (long)Math.Round(double.Parse(seconds, CultureInfo.InvariantCulture) * 1000);

    private sealed record Shown(int Live, int History);
}
