using System.Net;
using System.Net.Http.Json;
using Dapr.Anomaly.Forecaster;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests.Forecaster;

public sealed class ForecasterServiceTests(SmallModel model) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Short of history, a training leaves the member out; what is left can be served.</summary>
    [Fact]
    public void Model_WithoutTheSeasonalMember_KnowsNoSeries_AndIsServed()
    {
        using var forecasts = new SeasonalForecasts(null);
        Assert.False(forecasts.Knows(model.Series[0].Identity.Id));
    }

    [Fact]
    public async Task Forecast_OfAKnownSeries_IsHalfAnHourOfMinutesInsideItsInterval()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await model.DeployAsync(dapr.Data.Registry);
        var http = await StartAsync(dapr);
        var id = model.Series[4].Identity.Id;

        var forecast = await Eventually.GetAsync(
            async () =>
            {
                using var response = await http.GetAsync($"v1/forecast/{id}");
                return response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync<ForecastV1>(MessageJson.Options) : null;
            },
            "a forecast"
        );

        Assert.Equal((id, "1", 30), (forecast.Series, forecast.ModelVersion, forecast.Points.Count));
        Assert.All(forecast.Points, p => Assert.True(p.Lower < p.Expected && p.Expected < p.Upper, $"{p}"));
        Assert.All(forecast.Points.Zip(forecast.Points.Skip(1)), p => Assert.Equal(TimeSpan.FromMinutes(1), p.Second.Timestamp - p.First.Timestamp));
    }

    [Fact]
    public async Task Forecast_BeforeAModel_SaysSo()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        var http = await StartAsync(dapr);
        using var response = await http.GetAsync($"v1/forecast/{model.Series[4].Identity.Id}");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("no model has been deployed yet", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("v1/forecast/checkout", "is not an id of 16 hexadecimal digits")]
    [InlineData("v1/forecast/0123456789abcdef?minutes=0", "minutes: 0 is outside 1 to 1440")]
    public async Task Forecast_AskedWrongly_SaysWhatIsWrong(string path, string detail)
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        var http = await StartAsync(dapr);
        using var response = await http.GetAsync(path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(detail, await response.Content.ReadAsStringAsync());
    }

    private static async Task<HttpClient> StartAsync(TestDapr dapr)
    {
        await dapr.AddAsync(Apps.Forecaster, ForecasterHost.Build);
        return (await dapr.ClientAsync()).CreateInvokableHttpClient(Apps.Forecaster);
    }
}
