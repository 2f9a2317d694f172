using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Platform.Tests.Prometheus;

/// <summary>An address with a user in it: used, and not shown.</summary>
public sealed class PrometheusAddressTests
{
    [Fact]
    public void Url_WithUserAndPassword_GivesThemAndLosesThem()
    {
        var options = new PrometheusOptions { Url = new("https://reader:p%40ss%3Aword@prometheus.example:9443/prefix/") };
        Assert.Equal(("reader", "p@ss:word"), (options.Username, options.Password));
        Assert.Equal("https://prometheus.example:9443/prefix/", options.Url.ToString());
        var copy = options with { MaxSeries = 5 };
        Assert.Equal(("reader", "p@ss:word"), (copy.Username, copy.Password));
        Assert.DoesNotContain("reader", (options with { Url = new("http://other") }).Url.ToString());
    }

    [Fact]
    public void Url_WithUserAndKeys_TheKeysWin()
    {
        var options = new PrometheusOptions
        {
            Url = new("http://a:b@prometheus:9090"),
            Username = "c",
            Password = "d",
        };
        Assert.Equal(("c", "d"), (options.Username, options.Password));
    }

    [Fact]
    public void Url_WithoutUser_GivesNone()
    {
        var options = new PrometheusOptions { Url = new("http://prometheus:9090") };
        Assert.Null(options.Username);
        Assert.Null(options.Password);
    }
}
