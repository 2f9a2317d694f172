using Dapr.Embedded;
using Dapr.Embedded.Daprd;

namespace EmbeddedDapr.Tests.Daprd;

public sealed class DaprdFlagsTests
{
    [Fact]
    public void Parse_AppIdAlone_HasDaprdsDefaults()
    {
        var sidecar = Parse("--app-id", "a").Sidecar;
        Assert.Equal(
            ("a", null, 3500, 50001, 4 << 20),
            (sidecar.AppId, sidecar.AppPort, sidecar.HttpPort, sidecar.GrpcPort, sidecar.MaxBodySizeBytes)
        );
        Assert.Equal(
            (AppProtocol.Http, "127.0.0.1", TimeSpan.FromSeconds(5), false),
            (sidecar.AppProtocol, sidecar.AppChannelAddress, sidecar.GracefulShutdown, sidecar.EnableAppHealthCheck)
        );
    }

    [Theory]
    [InlineData("--dapr-http-port", "3601")]
    [InlineData("-dapr-http-port", "3601")]
    [InlineData("--dapr-http-port=3601", null)]
    [InlineData("-dapr-http-port=3601", null)]
    public void Parse_EveryFormOfGoFlags_IsTheSame(string first, string? second) =>
        Assert.Equal(3601, Parse([.. new[] { "--app-id", "a", first, second }.OfType<string>()]).Sidecar.HttpPort);

    [Fact]
    public void Parse_RepeatedPaths_AreAllKept()
    {
        var sidecar = Parse("--app-id", "a", "--resources-path", "one", "--resources-path=two", "--config", "c1", "--config", "c2").Sidecar;
        Assert.Equal(["one", "two"], sidecar.ResourcesPaths);
        Assert.Equal(["c1", "c2"], sidecar.ConfigPaths);
    }

    [Fact]
    public void Parse_SwitchBeforeAnotherFlag_TakesNoValue()
    {
        var sidecar = Parse("--enable-api-logging", "--app-id", "a", "--enable-app-health-check=false").Sidecar;
        Assert.Equal((true, false), (sidecar.EnableApiLogging, sidecar.EnableAppHealthCheck));
    }

    [Theory]
    [InlineData("grpc", false, AppProtocol.Grpc)]
    [InlineData("grpc", true, AppProtocol.Grpcs)]
    [InlineData("HTTP", true, AppProtocol.Https)]
    [InlineData("h2c", false, AppProtocol.H2c)]
    public void Parse_ProtocolAndSsl_GoTogether(string word, bool ssl, AppProtocol expected) =>
        Assert.Equal(expected, Parse("--app-id", "a", "--app-protocol", word, $"--app-ssl={ssl}").Sidecar.AppProtocol);

    [Theory]
    [InlineData("8Mi", 8 << 20)]
    [InlineData("100k", 100_000)]
    [InlineData("4096", 4096)]
    public void Parse_Sizes_AreKubernetesQuantities(string text, int bytes) =>
        Assert.Equal(bytes, Parse("--app-id", "a", "--max-body-size", text).Sidecar.MaxBodySizeBytes);

    [Fact]
    public void Parse_FlagsOfACluster_AreAcceptedAndNamedOnce()
    {
        var flags = Parse(
            "--app-id",
            "a",
            "--placement-host-address",
            "x:1",
            "--mode",
            "standalone",
            "--metrics-port",
            "9",
            "--metrics-port",
            "10",
            "--enable-metrics"
        );
        Assert.Equal(["placement-host-address", "mode", "metrics-port", "enable-metrics"], flags.Ignored);
    }

    [Theory]
    [InlineData("--dapr-http-port", "many", "--dapr-http-port is \"many\", expected a whole number")]
    [InlineData("--app-protocol", "carrier-pigeon", "--app-protocol is \"carrier-pigeon\", expected http, https, h2c, grpc or grpcs")]
    [InlineData("--max-body-size", "big", "--max-body-size is \"big\", expected a size such as 4Mi")]
    [InlineData("--frobnicate", "1", "flag --frobnicate is not known to daprd; see anomaly daprd --help")]
    [InlineData("stray", "--x", "argument \"stray\" is no flag; write --name value")]
    public void Parse_WhatCannotBeRead_IsNamedWithWhatWouldBeRight(string flag, string value, string message) =>
        Assert.Equal(message, Assert.Throws<EmbeddedDaprException>(() => Parse("--app-id", "a", flag, value)).Message);

    [Fact]
    public void Parse_NoAppId_SaysSo() => Assert.Contains("--app-id is missing", Assert.Throws<EmbeddedDaprException>(() => Parse()).Message);

    [Fact]
    public void Parse_Tokens_ComeFromTheEnvironment()
    {
        var environment = new Dictionary<string, string>
        {
            ["DAPR_API_TOKEN"] = "in",
            ["APP_API_TOKEN"] = "out",
            ["NAMESPACE"] = "ns",
        };
        var sidecar = DaprdFlags.Parse(["--app-id", "a"], environment.GetValueOrDefault).Sidecar;
        Assert.Equal(("in", "out", "ns"), (sidecar.ApiToken, sidecar.AppApiToken, sidecar.Namespace));
    }

    private static DaprdFlags Parse(params string[] arguments) => DaprdFlags.Parse(arguments, _ => null);
}
