using System.Text;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Tests.Prometheus;
using Dapr.Anomaly.Services.Tests.Support;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tests.Support;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

/// <summary>Every label that a source can have, read by the real <c>promtool</c> and scraped by the real <c>prometheus</c>.</summary>
public sealed class RealScrapeTests
{
    private static readonly (string Name, string Value)[] Odd =
    [
        ("service.name", "checkout"),
        ("k8s.pod_name", "a"),
        ("9lives", "cat"),
        ("größe", "groß"),
        ("😀", "😀"),
        ("__name__", "stolen"),
        ("U__service_2e_name", "like an escaped one"),
        ("for", "me"),
        ("exported_for", "you"),
        ("job", "batch"),
        ("instance", "10.0.0.1:80"),
        ("le", "0.5"),
        ("quantile", "0.9"),
        ("path", "C:\\a\nb\"c\r\t{},="),
        ("empty", ""),
        ("long", new string('x', 1_000)),
        ("a b", "\u0001\u007f"),
    ];

    [Fact]
    public async Task Scores_OfSeriesWithEveryOddLabel_AreAllScraped()
    {
        RealPrometheus.Require();
        var text = ScoreExposition.Write([.. Odd.Select(l => Series([l])), Series(Odd)], TimeProvider.System.GetUtcNow());
        await using var target = Target(text);
        await target.StartAsync();
        await using var prometheus = await RealPrometheus.StartAsync(
            null,
            $"""
            global: {"{ scrape_interval: 1s, scrape_timeout: 1s }"}
            scrape_configs: [{"{"} job_name: scores, metrics_path: /scores, static_configs: [{"{"} targets: ["{new Uri(
                target.Urls.First()
            ).Authority}"] {"}"}] {"}"}]
            """
        );
        using var http = new HttpClient { BaseAddress = prometheus.Url };

        await Eventually.TrueAsync(async () => await ValueAsync(http, "up") == "1", "the scrape succeeds", 60);

        Assert.Equal($"{Odd.Length + 1}", await ValueAsync(http, "count(anomaly_score)"));
        Assert.Equal("1", await ValueAsync(http, "count(anomaly_score{exported_for=\"me\",exported_exported_for=\"you\",for=\"cpu\"})"));
        Assert.Equal("1", await ValueAsync(http, "count(anomaly_score{U__service_2e_name=\"checkout\",path=\"\"})"));
        Assert.Equal("2", await ValueAsync(http, "count(anomaly_score{exported_job=\"batch\",job=\"scores\"})"));
    }

    [Fact]
    public async Task Scores_OfSeriesWithEveryOddLabel_AreReadByPromtool()
    {
        RealServer.Require("promtool", "sh");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, ScoreExposition.Write([Series(Odd)], TimeProvider.System.GetUtcNow()), new UTF8Encoding(false));
            // Its exit code is 3 for what it merely finds unusual, 1 for what cannot be read.
            await RealServer.RunAsync("sh", "-c", $"promtool check metrics < {file} || [ $? -eq 3 ]");
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<string?> ValueAsync(HttpClient http, string query)
    {
        using var answer = System.Text.Json.JsonDocument.Parse(await http.GetStringAsync($"api/v1/query?query={Uri.EscapeDataString(query)}"));
        var result = answer.RootElement.GetProperty("data").GetProperty("result");
        return result.GetArrayLength() == 0 ? null : result[0].GetProperty("value")[1].GetString();
    }

    private static WebApplication Target(string text)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.AddFilter(_ => false);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/scores", () => Results.Text(text, "text/plain; version=0.0.4; charset=utf-8"));
        return app;
    }

    private static TrackedSeries Series(IReadOnlyList<(string Name, string Value)> labels)
    {
        var at = TimeProvider.System.GetUtcNow();
        return new(
            new("cpu", SignalKind.Cpu, "cores", new(labels.Select(l => new KeyValuePair<string, string>(l.Name, l.Value)))),
            new SeriesWindow(),
            at
        )
        {
            LastScore = new(at, 1, 0.5, Decision.Normal, 1, 0, 2, SeriesState.Ok, null, [], []),
        };
    }
}
