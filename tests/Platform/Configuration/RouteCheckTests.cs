using Dapr.Anomaly.Platform.Configuration;

namespace Dapr.Anomaly.Platform.Tests.Configuration;

public sealed class RouteCheckTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("components-").FullName;

    public RouteCheckTests()
    {
        Write("slack", "bindings.http", "output");
        Write("pagerduty", "bindings.http", null);
        Write("nightly", "bindings.cron", "input");
        Write("statestore", "state.sqlite", null);
        File.WriteAllText(Path.Combine(_folder, "broken.yaml"), "a: [");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Check_RoutesThatAreOutputBindings_FindsNothing() => Assert.Empty(Check("slack", "pagerduty"));

    [Fact]
    public void Check_MisspeltRoute_NamesItTheNearOneAndThePlace() =>
        Assert.Equal([$"anomaly.yaml:7: alerts.routes: \"slak\" is no output binding of {_folder}; did you mean slack?"], Check("slak", "pagerduty"));

    [Theory]
    [InlineData("nightly")]
    [InlineData("statestore")]
    [InlineData("mattermost")]
    public void Check_WhatIsNoOutputBinding_ListsThoseThatAre(string route) =>
        Assert.Equal([$"anomaly.yaml:7: alerts.routes: \"{route}\" is no output binding of {_folder}; there are: pagerduty, slack"], Check(route));

    [Theory]
    [InlineData("scopes: [alerts]", true)]
    [InlineData("scopes: [trainer, alerts]", true)]
    [InlineData("scopes: []", true)]
    [InlineData("scopes: [trainer]", false)]
    public void Check_BindingWithScopes_CountsWhereAlertsMayUseIt(string scopes, bool counts)
    {
        Write("mattermost", "bindings.http", "output");
        File.AppendAllText(Path.Combine(_folder, "mattermost.yaml"), scopes + "\n");
        Assert.Equal(counts, !Check("mattermost").Any());
    }

    [Fact]
    public void Check_NoRoutes_NeedsNoFolder() => Assert.Empty(RouteCheck.Check(AlertsConfiguration.Default, "/nowhere"));

    [Fact]
    public void Check_FolderThatIsNotThere_IsNamed() =>
        Assert.Equal(
            "anomaly.yaml:7: alerts.routes: its bindings are looked for in /nowhere, and there is no such folder",
            Assert.Single(RouteCheck.Check(Routes("slack"), "/nowhere")).ToString()
        );

    private IEnumerable<string> Check(params string[] routes) => RouteCheck.Check(Routes(routes), _folder).Select(e => e.ToString());

    private static AlertsConfiguration Routes(params string[] routes) =>
        AlertsConfiguration.Default with
        {
            Routes = routes,
            RoutesPlace = new("anomaly.yaml", 7, "alerts.routes"),
        };

    private void Write(string name, string type, string? direction) =>
        File.WriteAllText(
            Path.Combine(_folder, name + ".yaml"),
            $"kind: Component\nmetadata: {{ name: {name} }}\nspec:\n  type: {type}\n  version: v1\n  metadata:\n    - {{ name: url, value: "
                + $"http://a }}\n"
                + (direction is null ? "" : $"    - {{ name: direction, value: {direction} }}\n")
        );
}
