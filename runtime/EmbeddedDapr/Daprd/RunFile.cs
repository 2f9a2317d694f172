using System.Text.Json.Nodes;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.Daprd;

/// <summary>Where a log goes.</summary>
[Flags]
public enum LogDestination
{
    None = 0,
    File = 1,
    Console = 2,
    FileAndConsole = File | Console,
}

/// <summary>One app of a multi-app run file: its sidecar and, when it has a command, the process to start.</summary>
public sealed record RunFileApp
{
    public required SidecarOptions Sidecar { get; init; }

    /// <summary>Working directory of the app, an absolute path.</summary>
    public required string Directory { get; init; }

    /// <summary>Program and arguments; empty when only a sidecar is wanted.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Variables of the file, those of the app over the common ones.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public LogDestination AppLog { get; init; } = LogDestination.FileAndConsole;

    public LogDestination SidecarLog { get; init; } = LogDestination.File;

    public string LogLevel { get; init; } = "info";
}

/// <summary>
/// A multi-app run file (dapr.yaml, "dapr run -f"), version 1. Fields of an app override those under "common"; maps of env are merged.
/// </summary>
public sealed record RunFile(string Name, IReadOnlyList<RunFileApp> Apps)
{
    /// <summary>Reads a run file.</summary>
    /// <param name="path">The file, or a folder with a dapr.yaml.</param>
    /// <param name="environment">Looks up DAPR_API_TOKEN, APP_API_TOKEN, NAMESPACE and HOME.</param>
    /// <exception cref="EmbeddedDaprException">The file is missing, is no YAML, or a field cannot be used; the message names it.</exception>
    public static RunFile Read(string path, Func<string, string?> environment)
    {
        var file = Path.GetFullPath(System.IO.Directory.Exists(path) ? Path.Combine(path, "dapr.yaml") : path);
        if (!File.Exists(file))
            throw new EmbeddedDaprException($"run file {file}: there is no such file");
        JsonObject root;
        try
        {
            root = YamlDocuments.Read(File.ReadAllText(file), file).FirstOrDefault() ?? [];
        }
        catch (ResourceException error)
        {
            throw new EmbeddedDaprException(error.Message, error);
        }
        if (root["version"]?.ToString() is not "1")
            throw new EmbeddedDaprException($"run file {file}: version is {root["version"]?.ToString() ?? "missing"}, expected 1");
        var reader = new RunFileReader(file, root["common"] as JsonObject ?? [], environment);
        var apps = (root["apps"] as JsonArray ?? []).OfType<JsonObject>().Select(reader.Read).ToList();
        if (apps.Count == 0)
            throw new EmbeddedDaprException($"run file {file}: apps is empty; list at least one app with its appDirPath");
        if (apps.GroupBy(app => app.Sidecar.AppId).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new EmbeddedDaprException($"run file {file}: appID {twice.Key} is there twice; each app needs its own");
        return new RunFile(root["name"]?.ToString() ?? "", apps);
    }
}
