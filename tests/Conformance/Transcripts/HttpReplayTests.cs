using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Dapr.Conformance.Tests.Fixture;

namespace Dapr.Conformance.Tests.Transcripts;

/// <summary>
/// Every recorded case of the HTTP API is sent again, the app answers as it did then, and what comes back and what reaches the app must
/// be what daprd 1.18.2 did.
/// </summary>
public class HttpReplayTests(DaprFixture dapr) : ConformanceTest(dapr)
{
    private const string MetadataPath = "/v1.0/metadata/";

    private static readonly string[] NoisyHeaders =
    [
        "date",
        "traceparent",
        "tracestate",
        "content-length",
        "connection",
        "transfer-encoding",
        "host",
        "user-agent",
        "accept-encoding",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "baggage",
        "keep-alive",
        "metadata.connection",
        "metadata.date",
        "metadata.keep-alive",
        "metadata.content-length",
        "metadata.transfer-encoding",
        "metadata.ttlexpiretime",
        "x-content-type-options",
    ];

    private static readonly Lazy<ILookup<string, System.Text.Json.Nodes.JsonNode>> Recorded = new(() =>
        Transcript.Cases("http.jsonl", name => name.StartsWith("state", StringComparison.Ordinal))
    );

    public static IEnumerable<TheoryDataRow<string>> Cases =>
        Transcript.Rows(
            Recorded
                .Value.Where(each =>
                    LeftOut.Reason(Transcript.Plain(each.Key)) is null && !each.Any(line => HttpExchange.Read(line, text => text).IsCut)
                )
                .Select(each => each.Key)
        );

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Daprd_does_the_same(string recordedCase)
    {
        var exchanges = Recorded.Value[recordedCase].Select(line => HttpExchange.Read(line, Translate)).ToArray();
        var toApp = exchanges.Where(each => each.IsToApp && !each.Target.StartsWith("/cron", StringComparison.Ordinal)).ToArray();
        var before = (Main: Dapr.App.All.Count, Peer: Dapr.PeerApp.All.Count);
        using var main = Dapr.App.Script(Answers(toApp.Where(each => !IsPeer(each))));
        using var peer = Dapr.PeerApp.Script(Answers(toApp.Where(IsPeer)));

        Dictionary<string, string> etags = [];
        string[] attributes =
        [
            .. exchanges
                .Where(each => each.Method == "PUT" && each.Target.StartsWith(MetadataPath, StringComparison.Ordinal))
                .Select(each => Uri.UnescapeDataString(each.Target[MetadataPath.Length..])),
        ];
        foreach (var exchange in exchanges.Where(each => !each.IsToApp))
            await SendAsync(exchange, etags, attributes);
        await CompareAsync(Dapr.App, before.Main, [.. toApp.Where(each => !IsPeer(each))]);
        await CompareAsync(Dapr.PeerApp, before.Peer, [.. toApp.Where(IsPeer)]);
    }

    private string Translate(string text) =>
        text.Replace("127.0.0.1:18080", $"127.0.0.1:{Text(Dapr.App.Port)}", StringComparison.Ordinal)
            .Replace("127.0.0.1:18081", $"peer.invalid:{Text(Dapr.PeerApp.Port)}", StringComparison.Ordinal)
            .Replace("/tmp/dapr-probe", Path.Combine(Dapr.Folder, "probe"), StringComparison.Ordinal);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static bool IsPeer(HttpExchange exchange) =>
        exchange.RequestHeaders.TryGetValue("host", out var host) && host.StartsWith("peer.invalid", StringComparison.Ordinal);

    /// <summary>The recorded answers of the app, in their order for each path; the last one stays.</summary>
    private static Func<Received, Reply?> Answers(IEnumerable<HttpExchange> recorded)
    {
        ConcurrentDictionary<string, ConcurrentQueue<HttpExchange>> queues = new();
        foreach (var each in recorded)
            queues.GetOrAdd($"{each.Method} {each.Target}", _ => new()).Enqueue(each);
        return received =>
        {
            if (!queues.TryGetValue($"{received.Method} {received.Target}", out var queue) || !queue.TryPeek(out var next))
                return null;
            if (queue.Count > 1)
                queue.TryDequeue(out _);
            var body = next.ResponseBody.StartsWith("base64:", StringComparison.Ordinal)
                ? Convert.FromBase64String(next.ResponseBody["base64:".Length..])
                : Encoding.UTF8.GetBytes(next.ResponseBody);
            return new Reply(next.Status, body, next.ResponseHeaders.Where(each => !IsNoise(each.Key)).ToDictionary());
        };
    }

    private static bool IsNoise(string header) => NoisyHeaders.Contains(header, StringComparer.OrdinalIgnoreCase);

    /// <summary>Sends a request and compares the answer. A read is repeated for a while: the recording does not say how long it waited.</summary>
    private async Task SendAsync(HttpExchange recorded, Dictionary<string, string> etags, string[] attributes)
    {
        if (recorded is { Method: "GET", Status: 204 } && recorded.Target.StartsWith("/v1.0/state/", StringComparison.Ordinal))
            await Backends.Health.UntilAsync(
                $"GET {recorded.Target} is empty",
                async () =>
                {
                    using var read = await Http.GetAsync(new Uri(recorded.Target, UriKind.Relative), Cancellation);
                    return (int)read.StatusCode == 204;
                },
                Cancellation,
                TimeSpan.FromSeconds(10)
            );

        Uri target = new(
            $"{Dapr.Sidecar.Http.GetLeftPart(UriPartial.Authority)}{recorded.Target}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
        );
        using HttpRequestMessage request = new(new HttpMethod(recorded.Method), target);
        if (recorded.RequestBody.Length > 0 || recorded.RequestHeaders.ContainsKey("content-type"))
            request.Content = new ByteArrayContent(
                recorded.RequestBody.StartsWith("base64:", StringComparison.Ordinal)
                    ? Convert.FromBase64String(recorded.RequestBody["base64:".Length..])
                    : Encoding.UTF8.GetBytes(Known(recorded.RequestBody))
            );
        foreach (
            var (name, value) in recorded.RequestHeaders.Where(each =>
                each.Key is not ("content-length" or "host" or "connection" or "transfer-encoding")
            )
        )
            if (!request.Headers.TryAddWithoutValidation(name, Known(value)))
                request.Content?.Headers.TryAddWithoutValidation(name, value);

        using var response = await Http.SendAsync(request, Cancellation);

        var body = await response.Content.ReadAsByteArrayAsync(Cancellation);
        var what = $"{recorded.Method} {recorded.Target}";
        Assert.True(
            recorded.Status == (int)response.StatusCode,
            $"{what} was answered {(int)response.StatusCode} {Encoding.UTF8.GetString(body)}, recorded was {recorded.Status} {recorded.ResponseBody}"
        );
        foreach (var (name, value) in recorded.ResponseHeaders)
        {
            var seen = Header(response, name);
            if (string.Equals(name, "etag", StringComparison.OrdinalIgnoreCase) && seen is not null)
                etags[value] = seen;
            if (recorded.IsVolatile($"response.headers.{name}"))
                Assert.True(seen is not null || IsNoise(name), $"{what}: header {name} is missing");
            else if (!IsNoise(name))
                Assert.True(value == seen, $"{what}: header {name} is '{seen}', recorded was '{value}'");
        }

        BodyComparison comparison = new(name => recorded.IsVolatile($"response.body.{name}"), attributes);
        Assert.True(
            comparison.Difference(recorded.ResponseBody, body) is not { } difference,
            $"{what}: {comparison.Difference(recorded.ResponseBody, body)}"
        );
        foreach (var (old, now) in comparison.Etags)
            etags[old] = now;

        string Known(string text) =>
            etags.Where(each => each.Key.Length > 8).Aggregate(text, (so, each) => so.Replace(each.Key, each.Value, StringComparison.Ordinal));
    }

    private static string? Header(HttpResponseMessage response, string name)
    {
        if (response.Headers.NonValidated.TryGetValues(name, out var values))
            return string.Join(", ", values);
        return response.Content.Headers.NonValidated.TryGetValues(name, out values) ? string.Join(", ", values) : null;
    }

    private static async Task CompareAsync(RecordingApp app, int before, HttpExchange[] recorded)
    {
        foreach (var group in recorded.GroupBy(each => (each.Method, each.Target)))
        {
            await app.WaitAsync(IsOfGroup, app.All.Take(before).Count(IsOfGroup) + group.Count(), Cancellation);
            List<Received> seen = [.. app.All.Skip(before).Where(IsOfGroup)];
            Assert.True(group.Count() == seen.Count, $"the app got {seen.Count} times {group.Key}, recorded were {group.Count()}");
            foreach (var each in group)
            {
                var differences = seen.Select(received => Difference(each, received)).ToArray();
                var match = Array.IndexOf(differences, null);
                Assert.True(match >= 0, $"{group.Key} at the app: {differences.FirstOrDefault()}");
                seen.RemoveAt(match);
            }

            bool IsOfGroup(Received received) => (received.Method, received.Target) == group.Key;
        }
    }

    private static string? Difference(HttpExchange recorded, Received received)
    {
        foreach (
            var (name, value) in recorded.RequestHeaders.Where(each => !IsNoise(each.Key) && !recorded.IsVolatile($"request.headers.{each.Key}"))
        )
            if (received.Headers.GetValueOrDefault(name.ToLowerInvariant()) != value)
                return $"header {name} is '{received.Headers.GetValueOrDefault(name.ToLowerInvariant())}', recorded was '{value}'";
        return new BodyComparison(name => recorded.IsVolatile($"request.body.{name}")).Difference(recorded.RequestBody, received.Body);
    }
}
