using System.Net;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Hosting;

public sealed class HotReloadTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task File_AddedThenRemoved_TakesEffectByItself()
    {
        await using var sidecar = await StartAsync([], Token);
        Assert.Equal(HttpStatusCode.InternalServerError, await StatusAsync(sidecar));
        await sidecar.WriteResourceAsync("new.yaml", Component("s", "state.in-memory"), Token);
        await Eventually.TrueAsync(async () => await StatusAsync(sidecar) == HttpStatusCode.NoContent, "the component is there", Token);
        sidecar.RemoveResource("new.yaml");
        await Eventually.TrueAsync(async () => await StatusAsync(sidecar) == HttpStatusCode.InternalServerError, "the component is gone", Token);
    }

    [Theory]
    [InlineData("a: [")]
    [InlineData("kind: Component\nmetadata: {name: t}\nspec: {type: state.mongodb}")]
    [InlineData("kind: Component\nmetadata: {name: t}\nspec: {type: bindings.cron, version: v1, metadata: [{name: schedule, value: never}]}")]
    public async Task Reload_BrokenFile_TheRestStays(string text)
    {
        await using var sidecar = await StartAsync([Component("s", "state.in-memory")], Token);
        await sidecar.WriteResourceAsync("broken.yaml", text, Token);
        await Record.ExceptionAsync(() => sidecar.Sidecar.ReloadAsync(Token));
        Assert.Equal(HttpStatusCode.NoContent, await StatusAsync(sidecar));
    }

    [Fact]
    public async Task Reload_UnchangedComponent_KeepsItsInstance()
    {
        await using var sidecar = await StartAsync([Component("s", "state.in-memory"), Component("t", "state.in-memory")], Token);
        var before = sidecar.Sidecar.Context.Components.All.ToDictionary(one => one.Name, one => one.Instance);
        await sidecar.WriteResourceAsync("01.yaml", Component("t", "state.in-memory", ("keyPrefix", "none")), Token);
        await sidecar.Sidecar.ReloadAsync(Token);
        var after = sidecar.Sidecar.Context.Components.All.ToDictionary(one => one.Name, one => one.Instance);
        Assert.Same(before["s"], after["s"]);
        Assert.NotSame(before["t"], after["t"]);
    }

    private static async Task<HttpStatusCode> StatusAsync(TestSidecar sidecar) => (await sidecar.Http.GetAsync("/v1.0/state/s/k", Token)).StatusCode;
}
