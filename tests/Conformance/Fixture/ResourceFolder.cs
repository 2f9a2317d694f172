using System.Globalization;
using Dapr.Conformance.Tests.Backends;

namespace Dapr.Conformance.Tests.Fixture;

/// <summary>Writes the resources of a sidecar: the files of Resources/ with ports, folders and the backend's stores filled in.</summary>
internal static class ResourceFolder
{
    private static readonly string Templates = Path.Combine(AppContext.BaseDirectory, "Resources");

    public static string ReadText(string file) => File.ReadAllText(Path.Combine(Templates, file));

    public static string Write(string root, string name, IDaprBackend backend, int appPort, bool isMain)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
        // A sidecar in a container sees this folder as /resources.
        var inside = backend.AppHost == "127.0.0.1" ? folder : "/resources";
        foreach (var file in Directory.GetFiles(Templates).Where(path => isMain || Path.GetFileName(path) == "stores.yaml"))
        {
            var text = File.ReadAllText(file)
                .Replace("{app}", $"http://{backend.AppHost}:{appPort.ToString(CultureInfo.InvariantCulture)}", StringComparison.Ordinal)
                .Replace("{folder}", inside, StringComparison.Ordinal);
            File.WriteAllText(Path.Combine(folder, Path.GetFileName(file)), text);
        }

        File.WriteAllText(Path.Combine(folder, "workflowstore.yaml"), backend.ActorStateStore);
        return folder;
    }
}
