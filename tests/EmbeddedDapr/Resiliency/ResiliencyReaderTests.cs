using System.Text.Json.Nodes;
using Dapr.Embedded.Resiliency;
using Dapr.Embedded.Resources;

namespace EmbeddedDapr.Tests.Resiliency;

public sealed class ResiliencyReaderTests
{
    [Fact]
    public void Read_AFullResource_GivesItsTargetsTheirPolicies()
    {
        var (policies, complaints) = Read(
            """
            spec:
              policies:
                timeouts: {patient: 2500ms, plain: 1500}
                retries:
                  some: {policy: constant, duration: 50ms, maxRetries: 2, matching: {httpStatusCodes: "504,510-512", gRPCStatusCodes: "14"}}
                  grows: {policy: exponential, maxInterval: 15s, maxRetries: 20}
                circuitBreakers:
                  three: {maxRequests: 1, timeout: 2s, trip: consecutiveFailures >= 3}
              targets:
                apps:
                  shop: {timeout: patient, retry: some, circuitBreaker: three}
                components:
                  pubsub: {inbound: {retry: grows}, outbound: {timeout: plain}}
            """
        );
        Assert.Empty(complaints);
        var shop = policies.App("shop", "m");
        Assert.Equal(
            (TimeSpan.FromMilliseconds(2500), TimeSpan.FromMilliseconds(50), 2),
            (shop.Timeout, shop.Retry!.Duration, shop.Retry.MaxRetries)
        );
        Assert.Equal([true, true, false], new[] { 504, 511, 500 }.Select(code => shop.Retry.Covers(new Failure("", HttpStatus: code))));
        Assert.Equal([true, false], new[] { 14, 13 }.Select(code => shop.Retry.Covers(new Failure("", GrpcStatus: code))));
        Assert.Same(shop.Breaker, policies.App("shop", "m").Breaker);
        Assert.NotSame(shop.Breaker, policies.App("shop", "other").Breaker);
        Assert.True(policies.Inbound("pubsub").Retry!.Exponential);
        Assert.Equal(TimeSpan.FromMilliseconds(1500), policies.Outbound("pubsub").Timeout);
        Assert.True(policies.Inbound("other").IsEmpty);
    }

    [Fact]
    public void Read_NoResource_RepeatsOnlyWhatDidNotReachTheOtherSidecar()
    {
        var retry = Read("spec: {}").Policies.App("any", "m").Retry!;
        Assert.Equal((3, TimeSpan.FromSeconds(1)), (retry.MaxRetries, retry.Duration));
        Assert.True(retry.Covers(new Failure("", GrpcStatus: 14)));
        Assert.False(retry.Covers(new Failure("", GrpcStatus: 13)));
        Assert.False(retry.Covers(new Failure("", HttpStatus: 503)));
    }

    [Fact]
    public void Read_TheBuiltInRetriesByName_AreReplaced() =>
        Assert.Equal(
            7,
            Read("spec: {policies: {retries: {DaprBuiltInServiceRetries: {policy: constant, maxRetries: 7}}}}")
                .Policies.App("any", "m")
                .Retry!.MaxRetries
        );

    [Theory]
    [InlineData("spec: {policies: {timeouts: {t: soon}}}", "policies.timeouts.t: 'soon' is no duration")]
    [InlineData("spec: {policies: {retries: {r: {policy: sometimes}}}}", "policies.retries.r.policy: 'sometimes' is no policy")]
    [InlineData(
        "spec: {policies: {retries: {r: {matching: {httpStatusCodes: all}}}}}",
        "policies.retries.r.matching.httpStatusCodes: 'all' is neither a code nor a range"
    )]
    [InlineData("spec: {policies: {circuitBreakers: {b: {trip: 'failures >'}}}}", "unexpected 'end of the expression'")]
    [InlineData("spec: {targets: {apps: {shop: {retry: missing}}}}", "targets.apps.shop.retry: there is no policy 'missing'")]
    public void Read_SomethingWrong_NamesTheKeyAndWhatWouldBeRight(string yaml, string complaint) =>
        Assert.Contains(complaint, Assert.Single(Read(yaml).Complaints));

    private static (Policies Policies, List<string> Complaints) Read(string yaml)
    {
        var root = Assert.Single(YamlDocuments.Read("kind: Resiliency\n" + yaml, "r.yaml"));
        var complaints = new List<string>();
        var document = new ResourceDocument("Resiliency", "dapr.io/v1alpha1", "r", [], (JsonObject)root, "r.yaml");
        return (new ResiliencyReader(TimeProvider.System, complaints.Add).Read([document]), complaints);
    }
}
