using CsCheck;
using Dapr.Embedded.Invocation;

namespace EmbeddedDapr.Tests.Invocation;

public sealed class MethodPathTests
{
    [Theory]
    [InlineData("echo", "echo", "echo")]
    [InlineData("/echo/x", "echo/x", "echo/x")]
    [InlineData("a/../echo/x", "echo/x", "echo/x")]
    [InlineData("a/%2e%2e/echo", "echo", "echo")]
    [InlineData("..%2f..%2fadmin", "admin", "admin")]
    [InlineData("echo/a%20b%2Fc", "echo/a b/c", "echo/a%20b/c")]
    [InlineData("a//b/./c", "a/b/c", "a/b/c")]
    [InlineData("items/", "items/", "items/")]
    [InlineData("caf%C3%A9", "café", "caf%C3%A9")]
    [InlineData("a%3Fb%23c", "a?b#c", "a%3Fb%23c")]
    [InlineData("", "", "")]
    [InlineData("..", "", "")]
    public void Clean_ThenEscape_GivesWhatAccessControlAndTheAppSee(string sent, string clean, string escaped)
    {
        Assert.Equal(clean, MethodPath.Clean(sent));
        Assert.Equal(escaped, MethodPath.Escape(MethodPath.Clean(sent)));
    }

    [Fact]
    public void Clean_AnyPath_HasNoDotSegmentAndIsStable() =>
        Gen.Char["ab./%2eF"]
            .Array[0, 30]
            .Select(letters => new string(letters))
            .Sample(
                sent =>
                {
                    var clean = MethodPath.Clean(sent);
                    Assert.DoesNotContain(clean.Split('/'), segment => segment is "." or "..");
                    Assert.False(clean.StartsWith('/'));
                    Assert.Equal(clean, MethodPath.Clean(MethodPath.Escape(clean)));
                },
                iter: 20_000,
                seed: "0N0XIzNsQ0O2"
            );
}
