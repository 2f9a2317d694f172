using Dapr.Embedded.Components;
using Dapr.Embedded.Errors;
using Dapr.Embedded.State;

namespace EmbeddedDapr.Tests.State;

public sealed class KeyPrefixTests
{
    [Theory]
    [InlineData(null, null, "app||k")]
    [InlineData("appid", "ns", "app||k")]
    [InlineData("namespace", "ns", "ns.app||k")]
    [InlineData("namespace", null, "app||k")]
    [InlineData("name", null, "store||k")]
    [InlineData("none", null, "k")]
    [InlineData("NONE", null, "k")]
    [InlineData("shared", null, "shared||k")]
    public void Add_EachStrategy_GivesTheKeyThatDaprStores(string? strategy, string? ns, string expected) =>
        Assert.Equal(expected, Prefix(strategy, ns).Add("k", "store"));

    [Fact]
    public void Add_KeyWithTheSeparator_IsRefused()
    {
        var error = Assert.Throws<DaprApiException>(() => Prefix("none", null).Add("a||b", "store"));
        Assert.Equal(
            (400, "ERR_MALFORMED_REQUEST", "input key/keyPrefix 'a||b' can't contain '||'"),
            (error.HttpStatus, error.ErrorCode, error.Message)
        );
    }

    private static KeyPrefix Prefix(string? strategy, string? ns)
    {
        KeyValuePair<string, string>[] metadata = strategy is null ? [] : [new("KeyPrefix", strategy)];
        return KeyPrefix.Of(new ComponentSpec("store", "state.in-memory", "v1", new ComponentMetadata(metadata)), "app", ns);
    }
}
