using Dapr.Embedded.Components;
using Dapr.Embedded.Resources;

namespace EmbeddedDapr.Tests.Components;

public sealed class ComponentReaderTests
{
    [Fact]
    public async Task Read_Values_BecomeTextAndNamesIgnoreCase()
    {
        var spec = await ReadAsync("metadata: [{name: Port, value: 25}, {name: tls, value: true}, {name: text, value: \"007\"}]");
        Assert.Equal((25, true, "007"), (spec.Metadata.Whole("PORT", 0), spec.Metadata.Flag("TLS", false), spec.Metadata.Text("text")));
    }

    [Fact]
    public async Task Read_SecretKeyRef_IsLookedUpInTheNamedStore()
    {
        var spec = await ReadAsync(
            "metadata: [{name: password, secretKeyRef: {name: db, key: pw}}, {name: token, secretKeyRef: {name: tok}}]",
            "auth: {secretStore: vault}"
        );
        Assert.Equal(("vault/db/pw", "vault/tok/tok"), (spec.Metadata.Text("password"), spec.Metadata.Text("token")));
    }

    [Theory]
    [InlineData("metadata: [{name: p, secretKeyRef: {name: db}}]", "names no auth.secretStore")]
    [InlineData("metadata: [{name: p, envRef: DAPR_API_TOKEN}]", "APP_API_TOKEN and DAPR_* are refused")]
    [InlineData("metadata: [{name: p, envRef: APP_API_TOKEN}]", "APP_API_TOKEN and DAPR_* are refused")]
    [InlineData("metadata: [{value: x}]", "metadata entry without name")]
    public async Task Read_WhatCannotBeResolved_IsNamed(string metadata, string message) =>
        Assert.Contains(message, (await Assert.ThrowsAsync<ResourceException>(() => ReadAsync(metadata))).Message);

    [Fact]
    public async Task Read_MissingSecret_NamesStoreAndKey()
    {
        var error = await Assert.ThrowsAsync<ResourceException>(() =>
            ReadAsync("metadata: [{name: p, secretKeyRef: {name: absent, key: k}}]", "auth: {secretStore: vault}")
        );
        Assert.Contains("secret absent (key k) of secret store vault", error.Message);
    }

    [Fact]
    public async Task Read_Templates_AreFilled()
    {
        var spec = await ReadAsync("metadata: [{name: a, value: \"x-{appID}-{namespace}\"}, {name: e, envRef: MINE}, {name: u, value: \"{uuid}\"}]");
        Assert.Equal(("x-app-ns.app", "from-env"), (spec.Metadata.Text("a"), spec.Metadata.Text("e")));
        Assert.True(Guid.TryParse(spec.Metadata.Text("u"), out _));
    }

    private static Task<ComponentSpec> ReadAsync(string metadata, string rest = "")
    {
        var root = YamlDocuments
            .Read($"kind: Component\nmetadata: {{name: c}}\nspec: {{type: state.in-memory, {metadata}}}\n{rest}", "c.yaml")
            .Single();
        var document = new ResourceDocument("Component", "dapr.io/v1alpha1", "c", [], root, "c.yaml");
        var reader = new ComponentReader("app", "ns", name => name == "MINE" ? "from-env" : null);
        return reader.ReadAsync(
            document,
            (store, name, key, _) => Task.FromResult(name == "absent" ? null : $"{store}/{name}/{key}"),
            CancellationToken.None
        );
    }
}
