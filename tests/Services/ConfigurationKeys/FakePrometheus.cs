using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Services.Tests.ConfigurationKeys;

/// <summary>A Prometheus that remembers how it was asked and gives every query the same series, each of value 1.</summary>
internal sealed class FakePrometheus : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakePrometheus(WebApplication app) => _app = app;

    /// <summary>Requests by path, with their form and their login.</summary>
    public ConcurrentQueue<(string Path, IReadOnlyDictionary<string, string> Form, string Authorization)> Requests { get; } = [];

    public string Url => _app.Urls.First();

    /// <summary>Series of every answer.</summary>
    public int Series { get; set; } = 1;

    /// <summary>What a question is answered instead, if not null.</summary>
    public Func<IReadOnlyDictionary<string, string>, IResult?> Instead { get; set; } = _ => null;

    /// <summary>Answers wait for this.</summary>
    public Task Answering { get; set; } = Task.CompletedTask;

    public static async Task<FakePrometheus> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.AddFilter(_ => false);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        FakePrometheus server = new(app);
        app.Map("/{**path}", server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> AnswerAsync(string path, HttpRequest request)
    {
        var form = request.HasFormContentType ? (await request.ReadFormAsync()).ToDictionary(f => f.Key, f => f.Value.ToString()) : [];
        Requests.Enqueue((path, form, request.Headers.Authorization.ToString()));
        await Answering.WaitAsync(request.HttpContext.RequestAborted);
        if (path.StartsWith("api/v1/query", StringComparison.Ordinal) && Instead(form) is { } other)
            return other;
        object data = path switch
        {
            "api/v1/query" => new { resultType = "vector", result = Results(n => new { metric = Labels(n), value = Point(form["time"]) }) },
            "api/v1/query_range" => new
            {
                resultType = "matrix",
                result = Results(n => new { metric = Labels(n), values = new[] { Point(form["end"]) } }),
            },
            "api/v1/status/buildinfo" => new { version = "3.0.0" },
            _ => Array.Empty<string>(),
        };
        return Microsoft.AspNetCore.Http.Results.Ok(new { status = "success", data });
    }

    private object[] Results(Func<int, object> one) => [.. Enumerable.Range(0, Series).Select(one)];

    private static Dictionary<string, string> Labels(int n) => new() { ["pod"] = n.ToString(CultureInfo.InvariantCulture) };

    private static object[] Point(string time) => [double.Parse(time, CultureInfo.InvariantCulture), "1"];
}
