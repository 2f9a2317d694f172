using System.Text.Json;
using Dapr.Anomaly.Platform.Configuration;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>The folder that holds everything a run leaves behind: state, queues, workflows, models, and the components as they apply to it.</summary>
public sealed class DataDirectory
{
    /// <summary>Where <c>anomaly up</c> keeps what it learns.</summary>
    public const string Default = ".anomaly";

    /// <summary>The demo begins anew each time, so it has a folder of its own.</summary>
    public const string Demo = ".anomaly-demo";

    private const string DefaultPrefix = Default + "/";

    private DataDirectory(string path) => Path = path;

    public string Path { get; }

    public string Components => System.IO.Path.Combine(Path, "components");

    public string Registry => System.IO.Path.Combine(Path, "registry");

    public string Runtime => System.IO.Path.Combine(Path, "runtime");

    /// <summary>Creates the folder, writes the secrets and copies the components with paths that point into it.</summary>
    public static DataDirectory Prepare(AnomalySystemOptions options)
    {
        if (!Directory.Exists(options.ResourcesPath))
            throw new UserException(
                $"{options.ResourcesPath}: no such folder; give the folder of the Dapr components with --resources-path",
                ExitCodes.BadConfiguration
            );
        var directory = new DataDirectory(System.IO.Path.GetFullPath(options.DataDirectory));
        try
        {
            PrivateFile.CreateFolder(directory.Path);
            Directory.CreateDirectory(directory.Components);
            directory.WriteSecrets(options.Secrets);
            foreach (var source in Directory.GetFiles(options.ResourcesPath, "*.yaml"))
                File.WriteAllText(
                    System.IO.Path.Combine(directory.Components, System.IO.Path.GetFileName(source)),
                    File.ReadAllText(source).Replace(DefaultPrefix, directory.Path + "/", StringComparison.Ordinal)
                );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(directory.Path, e);
        }
        return directory;
    }

    /// <summary>What is told when something of the folder cannot be read or written.</summary>
    public static UserException NotWritable(string path, Exception e) =>
        new($"--data {path}: {e.Message} Name a folder in which this user may read and write.", ExitCodes.BadConfiguration);

    /// <summary>Whoever is told of incidents has to have an address.</summary>
    /// <exception cref="UserException">A route has none.</exception>
    public void CheckReceivers(AlertsConfiguration alerts) => Receivers.Check(alerts, ReadSecrets(SecretsFile), SecretsFile);

    private string SecretsFile => System.IO.Path.Combine(Path, "secrets.json");

    /// <summary>Given secrets win; others stay as they are; a receiver without an address gets an empty one, so that its component loads.</summary>
    private void WriteSecrets(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> given)
    {
        var secrets = ReadSecrets(SecretsFile);
        foreach (var receiver in Receivers.All)
            secrets.TryAdd(receiver, Receivers.Unset(receiver));
        foreach (var (name, values) in given)
            secrets[name] = new(values);
        PrivateFile.WriteJson(SecretsFile, secrets);
    }

    private static Dictionary<string, Dictionary<string, string>> ReadSecrets(string file)
    {
        if (!File.Exists(file))
            return [];
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string>>>(File.ReadAllText(file)) ?? [];
        }
        catch (JsonException e)
        {
            // The message of the reader may show a part of the file, and with it a secret.
            throw new UserException(
                $"{file}: no JSON of secrets at line {e.LineNumber + 1}, position {e.BytePositionInLine + 1}; "
                    + """write {"slack": {"url": "https://…"}}, or delete the file for an empty one""",
                ExitCodes.BadConfiguration
            );
        }
    }
}
