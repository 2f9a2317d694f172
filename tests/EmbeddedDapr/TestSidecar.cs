using Dapr.Client;
using Dapr.Embedded;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EmbeddedDapr.Tests;

/// <summary>One embedded sidecar with resources of its own in a temporary folder.</summary>
internal sealed class TestSidecar : IAsyncDisposable
{
    public const string AppId = "tested";
    private readonly string folder;

    private TestSidecar(string folder, Dapr.Embedded.EmbeddedDapr dapr)
    {
        (this.folder, Dapr) = (folder, dapr);
        Http = new HttpClient { BaseAddress = Sidecar.HttpEndpoint };
    }

    public Dapr.Embedded.EmbeddedDapr Dapr { get; }

    public Sidecar Sidecar => Dapr.Sidecars[AppId];

    public HttpClient Http { get; }

    private string Resources => Path.Combine(folder, "resources");

    /// <param name="documents">YAML documents, each written to a file of its own.</param>
    public static async Task<TestSidecar> StartAsync(
        IReadOnlyList<string> documents,
        CancellationToken cancellationToken,
        Func<SidecarOptions, SidecarOptions>? with = null,
        TimeProvider? time = null,
        ILoggerFactory? logs = null
    )
    {
        var folder = Directory.CreateTempSubdirectory("embedded-dapr-").FullName;
        var resources = Directory.CreateDirectory(Path.Combine(folder, "resources")).FullName;
        for (var i = 0; i < documents.Count; i++)
            await File.WriteAllTextAsync(Path.Combine(resources, $"{i:00}.yaml"), documents[i].Replace("$FOLDER", folder), cancellationToken);
        var options = new SidecarOptions { AppId = AppId, ResourcesPaths = [resources] };
        var dapr = await global::Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions
            {
                Sidecars = [with?.Invoke(options) ?? options],
                Time = time ?? TimeProvider.System,
                LoggerFactory = logs ?? NullLoggerFactory.Instance,
            },
            cancellationToken
        );
        return new TestSidecar(folder, dapr);
    }

    /// <summary>A Component document.</summary>
    public static string Component(string name, string type, params (string Name, string Value)[] metadata)
    {
        var entries = string.Concat(metadata.Select(entry => $"\n  - name: {entry.Name}\n    value: \"{entry.Value}\""));
        return $"apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n"
            + $"spec:\n  type: {type}\n  version: v1{(metadata.Length > 0 ? $"\n  metadata:{entries}" : "")}\n";
    }

    public DaprClient Client(string? token = null)
    {
        var builder = new DaprClientBuilder().UseHttpEndpoint(Sidecar.HttpEndpoint.ToString()).UseGrpcEndpoint(Sidecar.GrpcEndpoint.ToString());
        return (token is null ? builder : builder.UseDaprApiToken(token)).Build();
    }

    public Task WriteResourceAsync(string file, string text, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(Path.Combine(Resources, file), text, cancellationToken);

    public void RemoveResource(string file) => File.Delete(Path.Combine(Resources, file));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Dapr.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
