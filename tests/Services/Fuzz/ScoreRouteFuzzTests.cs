using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Dapr.Anomaly.Inference;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests.Fuzz;

/// <summary><c>POST /v1/score</c> of the running service, scoring included: 200 or a 400 that says why, never a 500.</summary>
public sealed class ScoreRouteFuzzTests(SmallModel model) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Score_OfAnyBody_IsAnAnswerOrAProblem()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await model.DeployAsync(dapr.Data.Registry);
        var (app, _) = await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        await Eventually.TrueAsync(
            async () => (await http.GetFromJsonAsync<ModelV1>("v1/model", MessageJson.Options))!.Version is not null,
            "the model is served"
        );
        byte[][] seeds = [Body(_ => 1), Body(i => i % 2 == 0 ? 1e30 : -1e30), Body(i => i * 1e-300), Body(_ => 0)];
        foreach (var seed in seeds)
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, seed, "application/json")).Status);

        List<string> wrong = [];
        for (var number = 0; number < Math.Max(200, Mutations.Inputs / 10) && wrong.Count < 5; number++)
        {
            var random = Mutations.RandomOf(number);
            var body = Mutations.Of(random, seeds[random.Next(seeds.Length)]);
            var contentType = random.Next(4) == 0 ? "application/cloudevents+json" : "application/json";
            var (status, text) = await SendAsync(http, body, contentType);
            var isProblem = status == HttpStatusCode.BadRequest && text.Contains("\"detail\":", StringComparison.Ordinal);
            if (status != HttpStatusCode.OK && !isProblem)
                wrong.Add($"seed {Mutations.Seed}, input {number}: {(int)status} {text}");
        }
        Assert.Empty(wrong);
    }

    private byte[] Body(Func<int, double> factor)
    {
        var (identity, fine) = (model.Series[4].Identity, model.Series[4].Fine);
        object[][] points =
        [
            .. Enumerable
                .Range(0, 300)
                .Select(i => new object[] { fine.TimeAt(i).ToUnixTimeSeconds(), Math.Clamp(fine.Values[i] * factor(i), -1e30, 1e30) }),
        ];
        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                series = new { name = identity.Name, labels = identity.Labels.ToDictionary() },
                points,
                stepSeconds = 15,
            }
        );
    }

    private static async Task<(HttpStatusCode Status, string Text)> SendAsync(HttpClient http, byte[] body, string contentType)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        using var response = await http.PostAsync("v1/score", content);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
