using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Embedded;

namespace Dapr.Anomaly.Services.Tests.Access;

/// <summary>
/// Every route of the running system × every kind of caller. docs/routes.md is the list of what may exist: a route that is not in it, or answers
/// otherwise, fails here. <c>ANOMALY_WRITE_GOLDEN=docs</c> writes it anew.
/// </summary>
public sealed class RouteAccessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Routes_OfTheRunningSystem_AreThoseOfTheDocumentAndAnswerAsItSays()
    {
        var rows = await AllAsync();
        Assert.All(rows, row => Assert.Equal(Expected(row.Policy), row.Outcomes));

        var document = Path.Combine(RepositoryRoot.Path, "docs", "routes.md");
        var text = Introduction + RouteTable.Markdown(rows);
        if (Environment.GetEnvironmentVariable("ANOMALY_WRITE_GOLDEN") is { Length: > 0 } folder)
            await File.WriteAllTextAsync(Path.Combine(folder, "routes.md"), text);
        else
            Assert.Equal(await File.ReadAllTextAsync(document), text);
    }

    private const string Introduction = """
        # Routes and who may call them

        Generated from the running programs by `RouteAccessTests` (tests/Services/Access), which calls each of them in each of these ways; what it
        means is in [security](security.md). "let in": neither 401 nor 403. gRPC's Unauthenticated and PermissionDenied are shown as 401 and 403.


        """;

    private async Task<IReadOnlyList<RouteRow>> AllAsync()
    {
        List<RouteRow> rows = [];
        foreach (var (appId, _) in ServiceList.All)
            rows.AddRange(await RouteTable.OfServiceAsync(appId, _folder.Path));
        await using var dapr = await TestDapr.StartAsync(Path.Combine(_folder.Path, "dapr"));
        var sidecar = await dapr.Runtime.AddSidecarAsync(
            new SidecarOptions
            {
                AppId = "routes",
                ResourcesPaths = [dapr.Data.Components],
                ApiToken = Caller.RightToken,
                AllowedHosts = [],
            },
            CancellationToken.None
        );
        rows.AddRange(await RouteTable.OfSidecarAsync(sidecar));
        return rows;
    }

    private static string[] Expected(string policy) =>
        policy switch
        {
            "anyone on this machine" => [Probe.LetIn, Probe.LetIn, Probe.LetIn, "403", "403"],
            "other sidecars" => ["401", "401", "401", "401", "401"],
            _ => ["401", "401", Probe.LetIn, "403", "403"],
        };
}
