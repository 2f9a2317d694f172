using System.Text.Json.Nodes;
using Dapr.Embedded.AccessControl;

namespace EmbeddedDapr.Tests.AccessControl;

public sealed class AccessPoliciesTests
{
    private const string Spec = """
        {"defaultAction":"deny","trustDomain":"public","policies":[
          {"appId":"shop","trustDomain":"public","namespace":"default","defaultAction":"deny","operations":[
            {"name":"/orders/*","httpVerb":["GET","POST"],"action":"allow"},
            {"name":"/orders/secret","httpVerb":["*"],"action":"deny"},
            {"name":"/ping","action":"allow"}]},
          {"appId":"ops","trustDomain":"public","namespace":"default","defaultAction":"allow","operations":[
            {"name":"/drop","httpVerb":["DELETE"],"action":"deny"}]},
          {"appId":"far","trustDomain":"other","namespace":"default","defaultAction":"allow"}]}
        """;

    [Theory]
    [InlineData("shop", "default", "orders/7", "GET", true)]
    [InlineData("shop", "default", "orders/7", "DELETE", false)]
    [InlineData("shop", "default", "ORDERS/7", "get", true)]
    [InlineData("shop", "default", "ping", "PATCH", true)]
    [InlineData("shop", "default", "other", "GET", false)]
    [InlineData("shop", "elsewhere", "ping", "GET", false)]
    [InlineData("ops", "default", "anything", "GET", true)]
    [InlineData("ops", "default", "drop", "DELETE", false)]
    [InlineData("far", "default", "ping", "GET", false)]
    [InlineData("unknown", "default", "ping", "GET", false)]
    public void Allows_FollowsPolicyThenOperationThenDefault(string appId, string ns, string method, string verb, bool allowed) =>
        Assert.Equal(allowed, Read(Spec).Allows(new Caller(appId, ns), method, verb));

    [Fact]
    public void Read_NoSection_AllowsAll() => Assert.True(AccessPolicies.Read(null).Allows(new Caller("a", "default"), "m", "GET"));

    [Fact]
    public void Read_NoDefaultAction_AllowsThoseWithoutPolicy() =>
        Assert.True(
            Read("""{"policies":[{"appId":"a","trustDomain":"public","namespace":"default"}]}""").Allows(new Caller("b", "default"), "m", "GET")
        );

    [Theory]
    [InlineData("appId")]
    [InlineData("trustDomain")]
    [InlineData("namespace")]
    public void Read_PolicyWithoutAName_IsRefusedAsAWhole(string missing)
    {
        var policy = new JsonObject
        {
            ["appId"] = "a",
            ["trustDomain"] = "public",
            ["namespace"] = "default",
        };
        policy.Remove(missing);
        var error = Assert.Throws<FormatException>(() => AccessPolicies.Read(new JsonObject { ["policies"] = new JsonArray(policy) }));
        Assert.Contains(missing, error.Message);
    }

    private static AccessPolicies Read(string json) => AccessPolicies.Read((JsonObject)JsonNode.Parse(json)!);
}
