using System.Net;
using Dapr.Embedded;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Middleware;

/// <summary><c>spec.httpPipeline</c> over real ports.</summary>
public sealed class HttpPipelineTests
{
    private const string Aliases = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: {name: alias}
        spec:
          type: middleware.http.routeralias
          version: v1
          metadata:
            - name: routes
              value: |
                {
                  "/orders/{id}/lines/{line:[0-9]+}": "/v1.0/invoke/tested/method/lines",
                  "/k": "/v1.0/state/s/a%20b"
                }
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RouteAlias_APathWithVariables_BecomesTheRouteWithThemAsQuery()
    {
        await using var app = await TestApp.StartAsync(Token);
        await using var sidecar = await StartWithAsync(
            "[{name: alias, type: middleware.http.routeralias}]",
            app.Port,
            Aliases,
            Component("s", "state.in-memory")
        );
        using var answer = await sidecar.Http.PostAsync("/orders/7%2F8/lines/12?z=1&z=2&a=x%26y", new StringContent("body"), Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var seen = app.Seen.Single(one => one.Path == "/lines");
        Assert.Equal(("POST", "body", "?a=x%26y&id=7%2F8&line=12&z=1&z=2"), (seen.Method, seen.Body, seen.Query));

        Assert.Equal(HttpStatusCode.NotFound, (await sidecar.Http.GetAsync("/orders/7/lines/x", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await sidecar.Http.GetAsync("/orders/7/lines/1/more", Token)).StatusCode);
    }

    [Fact]
    public async Task RouteAlias_OfAStateKey_ReadsThatKey()
    {
        await using var sidecar = await StartWithAsync(
            "[{name: alias, type: middleware.http.routeralias}]",
            null,
            Aliases,
            Component("s", "state.in-memory")
        );
        (await sidecar.Http.PostAsync("/v1.0/state/s", new StringContent("""[{"key":"a b","value":5}]"""), Token)).EnsureSuccessStatusCode();
        Assert.Equal("5", await sidecar.Http.GetStringAsync("/k", Token));
    }

    [Fact]
    public async Task RouterChecker_WhatTheRuleDoesNotMatch_IsRefusedInPlainText()
    {
        await using var sidecar = await StartWithAsync(
            "[{name: check, type: middleware.http.routerchecker}]",
            null,
            Component("check", "middleware.http.routerchecker", ("rule", "^/v1.0/(state|healthz)")),
            Component("s", "state.in-memory")
        );
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.Http.GetAsync("/v1.0/state/s/k", Token)).StatusCode);
        using var refused = await sidecar.Http.GetAsync("/v1.0/metadata", Token);
        Assert.Equal(
            (400, "invalid router", "text/plain; charset=utf-8"),
            ((int)refused.StatusCode, await refused.Content.ReadAsStringAsync(Token), refused.Content.Headers.ContentType?.ToString())
        );
    }

    [Fact]
    public async Task Pipeline_AliasBeforeChecker_TheCheckerSeesTheRoute()
    {
        string[] documents = [Aliases, Component("check", "middleware.http.routerchecker", ("rule", "^/v1.0/")), Component("s", "state.in-memory")];
        await using (var sidecar = await StartWithAsync("[{name: alias}, {name: check}]", null, documents))
            Assert.Equal(HttpStatusCode.NoContent, (await sidecar.Http.GetAsync("/k", Token)).StatusCode);
        await using (var sidecar = await StartWithAsync("[{name: check}, {name: alias}]", null, documents))
            Assert.Equal(HttpStatusCode.BadRequest, (await sidecar.Http.GetAsync("/k", Token)).StatusCode);
    }

    [Fact]
    public async Task RateLimit_MoreThanItAllows_Is429ForThatPathOnly()
    {
        // One request now, the next in an hour.
        await using var sidecar = await StartWithAsync(
            "[{name: limit, type: middleware.http.ratelimit}]",
            null,
            Component("limit", "middleware.http.ratelimit", ("maxRequestsPerSecond", "0.0003")),
            Component("s", "state.in-memory")
        );
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.Http.GetAsync("/v1.0/state/s/k", Token)).StatusCode);
        using var refused = await sidecar.Http.GetAsync("/v1.0/state/s/k?again=1", Token);
        Assert.Equal((429, "You have reached maximum request limit."), ((int)refused.StatusCode, await refused.Content.ReadAsStringAsync(Token)));
        Assert.Equal("1", refused.Headers.GetValues("X-Rate-Limit-Duration").Single());
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.Http.GetAsync("/v1.0/state/s/other", Token)).StatusCode);
    }

    [Fact]
    public async Task Pipeline_ComponentIsTakenAway_RequestsFailInsteadOfPassing()
    {
        await using var sidecar = await StartWithAsync(
            "[{name: check}]",
            null,
            Component("s", "state.in-memory"),
            Component("check", "middleware.http.routerchecker", ("rule", "^/v1.0/state"))
        );
        sidecar.RemoveResource("01.yaml");
        await sidecar.Sidecar.ReloadAsync(Token);
        using var answer = await sidecar.Http.GetAsync("/v1.0/state/s/k", Token);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains("the middleware component check", await answer.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    [InlineData(
        "[{name: nobody, type: middleware.http.bearer}]",
        "spec.httpPipeline names nobody (middleware.http.bearer), but there is no such middleware component"
    )]
    [InlineData("[{name: s, type: middleware.http.routeralias}]", "spec.httpPipeline names s")]
    public async Task Start_HandlerWithoutAComponent_IsRefusedByName(string handlers, string expected)
    {
        var error = await Assert.ThrowsAsync<EmbeddedDaprException>(() => StartWithAsync(handlers, null, Component("s", "state.in-memory")));
        Assert.Contains(expected, error.Message);
    }

    [Theory]
    [InlineData("middleware.http.ratelimit", "maxRequestsPerSecond", "0")]
    [InlineData("middleware.http.ratelimit", "maxRequestsPerSecond", "many")]
    [InlineData("middleware.http.routerchecker", "rule", "(")]
    [InlineData("middleware.http.routeralias", "routes", "just words")]
    [InlineData("middleware.http.routeralias", "/a", "no-path")]
    [InlineData("middleware.http.routeralias", "/a/{b:(}", "/c")]
    public async Task Start_MetadataThatCannotBeUsed_IsNamed(string type, string name, string value)
    {
        var error = await Assert.ThrowsAsync<EmbeddedDaprException>(() => StartWithAsync("[]", null, Component("m", type, (name, value))));
        Assert.Contains("component m", error.Message);
        Assert.Contains(name, error.Message);
    }

    private static async Task<TestSidecar> StartWithAsync(string handlers, int? appPort, params string[] documents)
    {
        using var configuration = new ResourcesFolder(
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: {name: c}
            spec: {httpPipeline: {handlers: {{handlers}} } }
            """
        );
        var sidecar = await TestSidecar.StartAsync(
            documents,
            Token,
            options => options with { ConfigPaths = [Path.Combine(configuration.Path, "0.yaml")], AppPort = appPort }
        );
        await sidecar.Sidecar.ReadyAsync(Token);
        return sidecar;
    }
}
