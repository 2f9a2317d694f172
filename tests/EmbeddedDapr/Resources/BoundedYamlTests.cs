using System.Globalization;
using System.Text;
using Dapr.Embedded;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Resources;

/// <summary>A component file that would fill the memory or the stack is refused with its name and place.</summary>
public sealed class BoundedYamlTests
{
    public static TheoryData<string, string> Hostile =>
        new()
        {
            { Bomb(30), "aliases stand for" },
            { "a: &a [*a]\n", "no complete anchor" },
            { "a: &a {<<: *a}\n", "no complete anchor" },
            { new string('[', 200_000), "inside each other" },
            { string.Concat(Enumerable.Repeat("{a: ", 200_000)), "inside each other" },
            { Nested(100_000), "characters" },
            { "a: *nowhere\n", "no complete anchor" },
            { "? [a, b]\n: c\n", "a key that is no text" },
            { $"a: [{string.Join(',', Enumerable.Repeat("1", 200_000))}]", "values" },
        };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Start_WithAHostileComponentFile_NamesItAndEnds(string text, string reason)
    {
        var error = await Assert.ThrowsAsync<EmbeddedDaprException>(() => StartAsync([text], TestContext.Current.CancellationToken));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(".yaml: not YAML at line", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithModestAliases_ReadsThem()
    {
        await using var sidecar = await StartAsync(
            ["kind: Component\nmetadata: &m {name: store}\nspec: {type: state.in-memory, version: v1, x: [*m, *m]}\n"],
            TestContext.Current.CancellationToken
        );
        Assert.Equal(
            System.Net.HttpStatusCode.NoContent,
            (await sidecar.Http.GetAsync("/v1.0/state/store/k", TestContext.Current.CancellationToken)).StatusCode
        );
    }

    /// <summary>Each line stands for ten of the line before.</summary>
    private static string Bomb(int lines)
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < lines; i++)
            text.Append(CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        return text.ToString();
    }

    private static string Nested(int lines) => string.Concat(Enumerable.Range(0, lines).Select(i => $"{new string(' ', Math.Min(i, 100))}k:\n"));
}
