using System.Net;
using System.Text;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Services.Tests.Fuzz;
using Dapr.Anomaly.Services.Tests.Support;
using Tests.Support;

namespace Dapr.Anomaly.Platform.Tests.Fuzz;

/// <summary>What others write: answers of Prometheus, the configuration, files of the registry. A reader says no in its own words.</summary>
public sealed class ReaderFuzzTests : IDisposable
{
    private static readonly string[] Answers =
    [
        """
            {"status":"success","data":{"resultType":"matrix","result":[
              {"metric":{"__name__":"up","pod":"a-1"},"values":[[1760000400,"1"],[1760000415,"NaN"]]}]}}
            """,
        """
            {"status":"success","warnings":["w"],"data":{"resultType":"matrix","result":[
              {"metric":{},"values":[[1760000400.123,"+Inf"]],"histograms":[[1,{"count":"3","buckets":[[0,"1","2","3"]]}]]}]}}
            """,
        """{"status":"error","errorType":"bad_data","error":"1:3: parse error: unexpected end of input"}""",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("anomaly-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Prometheus_AnyAnswer_IsSeriesOrAPrometheusExceptionThatNamesTheQuery()
    {
        using var server = new HttpListener();
        var url = $"http://127.0.0.1:{RealServer.FreePort()}/";
        server.Prefixes.Add(url);
        server.Start();
        byte[] body = [];
        var status = 200;
        var serving = Task.Run(async () =>
        {
            while (server.IsListening)
                try
                {
                    var context = await server.GetContextAsync();
                    context.Response.StatusCode = status;
                    context.Response.Close(body, willBlock: true);
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
                {
                    // Closed, or the client went away.
                }
        });
        using var client = new PrometheusClient(new PrometheusOptions { Url = new(url), Tries = 1 }, TimeProvider.System);
        var start = DateTimeOffset.FromUnixTimeSeconds(1_760_000_400);
        var (read, refused) = (0, 0);
        for (var i = 0; i < Mutations.Inputs; i++)
        {
            var random = Mutations.RandomOf(i);
            body = Mutations.Of(random, Encoding.UTF8.GetBytes(Answers[random.Next(Answers.Length)]));
            status = random.Next(4) == 0 ? 422 : 200;
            try
            {
                await client.QueryRangeAsync(new("q", "q"), start, start.AddSeconds(15), TimeSpan.FromSeconds(15), CancellationToken.None);
                read++;
            }
            catch (PrometheusException e)
            {
                Assert.DoesNotContain(e.Message, char.IsControl);
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"input {i}: {e.GetType().Name}: {e.Message}\n{Encoding.UTF8.GetString(body)}");
            }
        }
        server.Close();
        await serving;
        Assert.True(read > 0 && refused > 0, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Configuration_AnyFile_IsAConfigurationOrErrorsWithTheirPlace()
    {
        var example = File.ReadAllBytes(Path.Combine(RepositoryRoot.Path, "anomaly.example.yaml"));
        var (read, refused) = (0, 0);
        for (var i = 0; i < Mutations.Inputs; i++)
        {
            var text = Encoding.UTF8.GetString(Mutations.Of(Mutations.RandomOf(i), example));
            try
            {
                var result = ConfigurationReader.Read(text, "anomaly.yaml", static _ => null);
                if (result.Errors.Count == 0)
                    read++;
                else
                    refused++;
                Assert.All(result.Errors, e => Assert.StartsWith("anomaly.yaml", e.ToString(), StringComparison.Ordinal));
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"input {i}: {e.GetType().Name}: {e.Message}\n{text}");
            }
        }
        Assert.True(read > 0 && refused > 0, $"{read} read, {refused} refused");
    }

    /// <summary>Found by the test above.</summary>
    [Theory]
    [InlineData("a: { b: c; or d\n\nric, e: f }\n")]
    public void Configuration_ThatLeadsTheParserOutOfItsStates_IsNotYaml(string text)
    {
        var error = Assert.Single(ConfigurationReader.Read(text, "anomaly.yaml", static _ => null).Errors);
        Assert.Contains("not YAML", error.ToString());
    }

    /// <summary>Found by the test below.</summary>
    [Fact]
    public async Task Registry_RecordWithoutItsModel_IsRefusedByItsFile()
    {
        var file = Path.Combine(_folder, "models", "m", "versions", "1", "version.json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(Path.Combine(_folder, "models", "m", "aliases.json"), "{\"champion\":\"1\"}", CancellationToken.None);
        await File.WriteAllTextAsync(
            file,
            """{"version":{"m":"m","version":"1","runId":"r","sha256":"s","createdAt":"2026-01-05T12:00:00Z","tags":{},"aliases":[]},"files":{}}""",
            CancellationToken.None
        );
        var registry = new LocalRegistry(_folder, TimeProvider.System);
        var e = await Assert.ThrowsAsync<RegistryException>(() => registry.FindByAliasAsync("m", "champion", CancellationToken.None));
        Assert.Contains("version.json", e.Message);
    }

    [Theory]
    [InlineData("aliases.json")]
    [InlineData("versions/1/version.json")]
    public async Task Registry_AnyFile_IsReadOrARegistryExceptionThatNamesIt(string name)
    {
        var registry = new LocalRegistry(_folder, TimeProvider.System);
        var none = new Dictionary<string, string>();
        var run = await registry.StartRunAsync(new("e", "n", "k", DateTimeOffset.UnixEpoch, none, null), CancellationToken.None);
        await registry.RegisterAsync(
            new("m", run, "sha", "", new Dictionary<string, byte[]> { ["a"] = [1] }, none, new Dictionary<string, double>(), "a"),
            CancellationToken.None
        );
        await registry.SetAliasAsync("m", "champion", "1", CancellationToken.None);
        var file = Path.Combine(_folder, "models", "m", name);
        var content = await File.ReadAllBytesAsync(file, CancellationToken.None);
        for (var i = 0; i < Math.Min(Mutations.Inputs, 20_000); i++)
        {
            var damaged = Mutations.Of(Mutations.RandomOf(i), content);
            await File.WriteAllBytesAsync(file, damaged, CancellationToken.None);
            try
            {
                if (await registry.FindByAliasAsync("m", "champion", CancellationToken.None) is { } version)
                    await registry.DownloadAsync(version, CancellationToken.None);
                await registry.ListVersionsAsync("m", CancellationToken.None);
            }
            catch (RegistryException)
            {
                // In its own words.
            }
            catch (Exception e)
            {
                Assert.Fail($"input {i}: {e.GetType().Name}: {e.Message}\n{Encoding.UTF8.GetString(damaged)}");
            }
        }
    }
}
