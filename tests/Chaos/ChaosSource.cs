using System.Globalization;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Chaos.Tests;

/// <summary>
/// The Prometheus of the campaign: two queries over a few workloads, whose values follow from time alone, so that what has arrived can be compared
/// with what was there. It can be made to fail in many ways, and a workload can be made to misbehave.
/// </summary>
internal sealed class ChaosSource : IAsyncDisposable
{
    public const int StepSeconds = 2;

    public static readonly string[] Queries = ["chaos_cpu", "chaos_requests"];

    private readonly WebApplication _app;
    private readonly List<(string Workload, long From, long To)> _faults = [];
    private volatile Func<HttpContext, Task<bool>>? _trouble;

    private ChaosSource(WebApplication app, int workloads) =>
        (_app, Workloads) = (app, [.. Enumerable.Range(0, workloads).Select(i => $"workload-{i:00}")]);

    public IReadOnlyList<string> Workloads { get; }

    public string Url => _app.Urls.First();

    public string Yaml =>
        $$"""
            preset: none
            reader:
              url: {{Url}}
              step: {{StepSeconds}}s
              timeout: 5s
              queries:
                chaos_cpu: { expr: chaos_cpu, kind: cpu, unit: cores }
                chaos_requests: { expr: chaos_requests, kind: traffic, unit: req/s }
            alerts:
              budget: { default: 10000/day }
              routes: [slack, pagerduty]

            """;

    public static async Task<ChaosSource> StartAsync(int workloads)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var source = new ChaosSource(app, workloads);
        app.Map("/{**path}", source.AnswerAsync);
        await app.StartAsync();
        return source;
    }

    /// <param name="trouble">Answers in place of the source and says whether it did; null ends it.</param>
    public void Make(Func<HttpContext, Task<bool>>? trouble) => _trouble = trouble;

    /// <summary>From now on the workload is far from normal.</summary>
    public void Misbehave(string workload, long from, long to)
    {
        lock (_faults)
            _faults.Add((workload, from, to));
    }

    /// <summary>What the series has at a second that lies on the grid.</summary>
    public double Value(string query, string workload, long second)
    {
        var number = int.Parse(workload[^2..], CultureInfo.InvariantCulture);
        var wave = Math.Sin((second + (number * 97)) / 300.0 * Math.Tau / 4);
        var noise = ((uint)HashCode(query.Length, number, second) / (double)uint.MaxValue) - 0.5;
        var normal = (query == Queries[0] ? 0.5 : 120) * (1 + (0.2 * wave) + (0.06 * noise));
        lock (_faults)
            return _faults.Any(f => f.Workload == workload && second >= f.From && second < f.To) ? normal * 4 : normal;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static int HashCode(int query, int number, long second)
    {
        var hash = (ulong)((second * 1_000_003) + (number * 7919) + query) * 0x9E3779B97F4A7C15;
        hash ^= hash >> 29;
        hash *= 0xBF58476D1CE4E5B9;
        return (int)(hash >> 32);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path == "/api/v1/query_range" && _trouble is { } trouble && await trouble(context))
            return;
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : null;
        object data = path switch
        {
            "/api/v1/query" => new
            {
                resultType = "vector",
                result = new[]
                {
                    new
                    {
                        metric = new { },
                        value = new object[] { 0, form!["query"].ToString().Contains("count", StringComparison.Ordinal) ? "300" : "1" },
                    },
                },
            },
            "/api/v1/query_range" => new { resultType = "matrix", result = Series(form!) },
            _ => Array.Empty<string>(),
        };
        await Results.Ok(new { status = "success", data }).ExecuteAsync(context);
    }

    private object[] Series(IFormCollection form)
    {
        var (start, end, step) = (Number(form["start"]!), Number(form["end"]!), Number(form["step"]!));
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var query = form["query"].ToString();
        return !Queries.Contains(query)
            ? []
            :
            [
                .. Workloads.Select(w => new
                {
                    metric = new Dictionary<string, string> { ["namespace"] = "chaos", ["workload"] = w },
                    values = Steps(start, Math.Min(end, now), step)
                        .Select(t => new object[] { t, Value(query, w, t).ToString("R", CultureInfo.InvariantCulture) }),
                }),
            ];
    }

    private static IEnumerable<long> Steps(long start, long end, long step)
    {
        for (var t = start; t <= end; t += step)
            yield return t;
    }

    private static long Number(string text) => (long)double.Parse(text, CultureInfo.InvariantCulture);
}
