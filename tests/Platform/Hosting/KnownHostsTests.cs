using System.Net;
using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Http;

namespace Dapr.Anomaly.Platform.Tests.Hosting;

/// <summary>Which names a service and a sidecar answer to.</summary>
public sealed class KnownHostsTests
{
    private static readonly IPAddress Pod = IPAddress.Parse("10.1.2.3");

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:8080")]
    [InlineData("127.0.0.1:3500")]
    [InlineData("127.8.9.10")]
    [InlineData("[::1]:3500")]
    [InlineData("10.1.2.3:8080")]
    [InlineData("[::ffff:10.1.2.3]:8080")]
    [InlineData("anomaly.example.org")]
    [InlineData("Anomaly.Example.org:443")]
    public void Host_OfThisMachineOrConfigured_IsAnswered(string host) => Assert.Null(Refusal(host, null));

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:3500")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("evil.example.org")]
    [InlineData("10.1.2.4")]
    [InlineData("")]
    public void Host_OfSomebodyElse_IsRefusedByName(string host) =>
        Assert.Contains($"host \"{host.Split(':')[0]}\" is not answered here", Refusal(host, null), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("https://127.0.0.1.evil.example")]
    [InlineData("null")]
    [InlineData("file://")]
    [InlineData("nonsense")]
    public void Origin_OfAnotherSite_IsRefused(string origin) => Assert.Contains("origin", Refusal("localhost", origin), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://localhost:8080")]
    [InlineData("http://[::1]:8080")]
    [InlineData("https://anomaly.example.org")]
    public void Origin_OfThisMachineOrConfigured_IsAnswered(string origin) => Assert.Null(Refusal("localhost", origin));

    [Fact]
    public void Star_AnswersToEveryName() => Assert.Null(new KnownHosts(["*"], "").Refusal(Request("evil.example", "http://evil.example"), Pod));

    [Theory]
    [InlineData("http://anomaly.example.org")]
    [InlineData("anomaly.example.org:8080")]
    [InlineData("a b")]
    public void Names_ThatAreNone_AreRefused(string name) =>
        Assert.Contains($"\"{name}\" is no host name", Assert.Throws<FormatException>(() => new KnownHosts([name], "")).Message);

    private static string? Refusal(string host, string? origin) =>
        new KnownHosts(["anomaly.example.org"], "advice").Refusal(Request(host, origin), Pod);

    private static HttpRequest Request(string host, string? origin)
    {
        var request = new DefaultHttpContext().Request;
        request.Host = new HostString(host);
        if (origin is not null)
            request.Headers.Origin = origin;
        return request;
    }
}
