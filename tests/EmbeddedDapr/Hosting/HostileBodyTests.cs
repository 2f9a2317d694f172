using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Dapr.Embedded;
using Microsoft.Extensions.Logging;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Hosting;

/// <summary>
/// Every route of the HTTP API with bodies that nobody means well: an answer of the route's own, never an exception that nobody thought of.
/// </summary>
public sealed class HostileBodyTests
{
    private static readonly string[] Bodies =
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "7",
        "\"x\"",
        "[null]",
        "[[]]",
        "[7]",
        "1e300",
        "\u0000",
        "\"\\ud800\"",
        new string('[', 5_000),
        """{"key":"k","value":1}""",
        """[{"key":null}]""",
        """[{"key":7,"value":1}]""",
        """[{"key":"k","value":1e300,"metadata":{"ttlInSeconds":"1e300"}}]""",
        """[{"key":"k","value":1,"metadata":{"ttlInSeconds":"9223372036854775807"}}]""",
        """[{"key":"k","value":1,"metadata":{"ttlInSeconds":"2147483647"}}]""",
        """[{"key":"k","value":1,"metadata":null,"options":null,"etag":7}]""",
        """[{"key":"k","value":1,"options":{"concurrency":"x","consistency":7}}]""",
        """{"keys":null}""",
        """{"keys":[null,7],"parallelism":-1}""",
        """{"keys":["k"],"parallelism":99999999999}""",
        """{"operations":null}""",
        """{"operations":[null]}""",
        """{"operations":[{"operation":"upsert","request":null}]}""",
        """{"operations":[{"operation":"upsert","request":{"key":null,"value":1}}],"metadata":7}""",
        """{"operation":null}""",
        """{"operation":"create","metadata":null,"data":{}}""",
        """{"operation":"create","metadata":{"ttlInSeconds":"1e300"}}""",
        """{"resourceId":"r","lockOwner":"o","expiryInSeconds":1e300}""",
        """{"resourceId":"r","lockOwner":"o","expiryInSeconds":9223372036854775807}""",
        """{"resourceId":"r","lockOwner":"o","expiryInSeconds":2147483647}""",
        """{"resourceId":null,"lockOwner":null,"expiryInSeconds":-1}""",
        """{"specversion":7,"type":null,"source":[],"id":{},"data":1e300,"time":"9999-12-31T23:59:59Z"}""",
        """{"specversion":"1.0","type":"t","source":"s","id":"i","time":"99999-99-99","expiration":"9999-12-31T23:59:59.9999999Z"}""",
        """{"specversion":"1.0","type":"t","source":"s","id":"i","data_base64":"not base64","datacontenttype":"\r\nX: y"}""",
        """[{"entryId":"1","event":null,"contentType":"application/cloudevents+json"},{"entryId":"1"}]""",
        """[{"entryId":null,"event":1e300,"contentType":7,"metadata":{"ttlInSeconds":"-1"}}]""",
        """{"filter":{"EQ":{"a":1e300}},"sort":[null],"page":{"limit":1e300,"token":7}}""",
    ];

    private static readonly string[] Types = ["application/json", "application/cloudevents+json", "text/plain", "application/octet-stream", "a/b;c"];

    private static readonly string[] Queries =
    [
        "",
        "?metadata.ttlInSeconds=1e300",
        "?metadata.ttlInSeconds=9223372036854775807",
        "?metadata.rawPayload=x&metadata.ttlInSeconds=2147483647",
        "?instanceID=%00&start_time=9999-12-31T23:59:59.9999999Z",
        "?instanceID=x&dapr.workflow.start_time=9999-12-31T23:59:59.9999999Z&non_recursive=x",
        "?consistency=x&concurrency=y&metadata.partitionKey=%ff",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Routes_OfAllBuildingBlocks_AnswerHostileRequestsInTheirOwnWords()
    {
        var unforeseen = new Unforeseen();
        await using var sidecar = await StartAsync(
            [
                Component("x", "state.in-memory"),
                Component("pubsub", "pubsub.in-memory"),
                Component("lock", "lock.in-memory"),
                Component("config", "configuration.in-memory"),
                Component("sqlite", "state.sqlite", ("connectionString", "$FOLDER/state.db")),
                Component("broker", "pubsub.sqlite", ("connectionString", "$FOLDER/broker.db")),
                Component("out", "bindings.http", ("url", "http://127.0.0.1:9")),
                Component("files", "bindings.localstorage", ("rootPath", "$FOLDER/files")),
            ],
            Token,
            logs: unforeseen
        );
        var routes = sidecar
            .Sidecar.Routes.Where(route => route.Api == SidecarApi.Http && !route.Pattern.Contains("shutdown", StringComparison.Ordinal))
            .SelectMany(route => Paths(route.Pattern).Select(path => (Verb: route.Verb ?? "POST", Path: path)))
            .Distinct()
            .ToList();
        Assert.True(routes.Count > 50, $"{routes.Count} routes");

        var requests = routes
            .SelectMany(route => (route.Verb is "GET" or "DELETE" ? [""] : Bodies).Select(body => (route.Verb, route.Path, Body: body)))
            .Select(
                (request, turn) => (request.Verb, Url: request.Path + Queries[turn % Queries.Length], request.Body, Type: Types[turn % Types.Length])
            )
            .ToList();
        await Parallel.ForEachAsync(
            requests,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Token },
            async (one, _) =>
            {
                using var request = new HttpRequestMessage(new HttpMethod(one.Verb), one.Url);
                if (one.Body.Length > 0)
                {
                    request.Content = new StringContent(one.Body);
                    request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(one.Type);
                }
                await SendAsync(sidecar.Http, request);
            }
        );
        Assert.True(unforeseen.Errors.IsEmpty, string.Join('\n', unforeseen.Errors.Distinct().Take(40)));
    }

    /// <summary>With the components that fit, so that the route gets as far as its body.</summary>
    private static IEnumerable<string> Paths(string pattern)
    {
        var block = pattern.Split('/').ElementAtOrDefault(2) ?? "";
        foreach (var name in Names.GetValueOrDefault(block) ?? ["x"])
        {
            var first = true;
            yield return System.Text.RegularExpressions.Regex.Replace(
                pattern,
                @"\{[^}]+\}",
                _ =>
                {
                    var value = first ? name : "k";
                    first = false;
                    return value;
                }
            );
        }
    }

    private static readonly Dictionary<string, string[]> Names = new()
    {
        ["state"] = ["x", "sqlite"],
        ["publish"] = ["pubsub", "broker"],
        ["lock"] = ["lock"],
        ["unlock"] = ["lock"],
        ["configuration"] = ["config"],
        ["bindings"] = ["out", "files"],
        ["workflows"] = ["dapr"],
        // The sidecar's own app, which is not there: another one would be waited for.
        ["invoke"] = [AppId],
    };

    private static async Task SendAsync(HttpClient http, HttpRequestMessage request)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        }
        catch (OperationCanceledException) when (!Token.IsCancellationRequested)
        {
            // A subscription is open for ever, a workflow waits for a worker.
        }
    }

    /// <summary>Keeps what the pipeline logs as an error: an exception that no route expected.</summary>
    private sealed class Unforeseen : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Errors { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) { }

        public void Dispose() { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel < LogLevel.Error)
                return;
            var place = exception?.StackTrace?.Split('\n').FirstOrDefault();
            Errors.Enqueue($"{formatter(state, exception)} {exception?.GetType().Name}: {exception?.Message} {place}");
        }
    }
}
