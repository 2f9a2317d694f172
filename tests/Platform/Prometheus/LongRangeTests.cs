using System.Globalization;
using System.Net;
using System.Text;
using Dapr.Anomaly.Platform.Prometheus;
using Tests.Support;

namespace Dapr.Anomaly.Platform.Tests.Prometheus;

/// <summary>A server that refuses long ranges, as one with <c>query.max-samples</c> does.</summary>
public sealed class LongRangeTests : IDisposable
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_760_000_400);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15);

    private const string Refusal = """{"status":"error","errorType":"execution","error":"query processing would load too many samples"}""";
    private const string Success = """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[""";

    private readonly HttpListener _server = new();
    private readonly List<int> _asked = [];
    private readonly string _url;
    private int _maxPoints = 100;

    public LongRangeTests()
    {
        _url = $"http://127.0.0.1:{RealServer.FreePort()}/";
        _server.Prefixes.Add(_url);
        _server.Start();
        _ = ServeAsync();
    }

    public void Dispose() => _server.Close();

    [Fact]
    public async Task Range_ThatIsRefused_IsAskedForInHalvesAndJoined()
    {
        using var client = new PrometheusClient(new PrometheusOptions { Url = new(_url) }, TimeProvider.System);
        var series = Assert.Single(
            await client.QueryRangeAsync(new("q", "q"), Start, Start + 999 * Step, Step, TestContext.Current.CancellationToken)
        );
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (Start + i * Step).ToUnixTimeMilliseconds()), series.TimestampsMs);
        Assert.True(_asked.Count < 25, $"{_asked.Count} questions");
    }

    [Fact]
    public async Task Query_WhoseNewestPointsAreRefusedToo_IsRefusedInTheServersWords()
    {
        _maxPoints = 0;
        using var client = new PrometheusClient(new PrometheusOptions { Url = new(_url) }, TimeProvider.System);
        var e = await Assert.ThrowsAsync<PrometheusException>(() =>
            client.QueryRangeAsync(new("q", "q"), Start, Start + 999 * Step, Step, TestContext.Current.CancellationToken)
        );
        Assert.Contains("query q: query processing would load too many samples", e.Message);
        Assert.Equal(2, _asked.Count);
    }

    private async Task ServeAsync()
    {
        while (_server.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _server.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            var form = (await new StreamReader(context.Request.InputStream).ReadToEndAsync())
                .Split('&')
                .Select(p => p.Split('='))
                .ToDictionary(p => p[0], p => WebUtility.UrlDecode(p[1]));
            var (from, to) = (long.Parse(form["start"], CultureInfo.InvariantCulture), long.Parse(form["end"], CultureInfo.InvariantCulture));
            var points = (int)((to - from) / 15) + 1;
            _asked.Add(points);
            var answer = points > _maxPoints ? Refusal : Success + Values(from, points) + "]}]}}";
            context.Response.StatusCode = points > _maxPoints ? 422 : 200;
            context.Response.Close(Encoding.UTF8.GetBytes(answer), willBlock: true);
        }
    }

    private static string Values(long from, int points) => string.Join(',', Enumerable.Range(0, points).Select(i => $"[{from + (i * 15)},\"{i}\"]"));
}
