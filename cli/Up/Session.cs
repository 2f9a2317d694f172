using System.Diagnostics;
using System.Text.Json;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>
/// Where the running system listens and what it wants to be shown, written into its data directory so that other commands, and other programs of the
/// same user, find it; nobody else can read it.
/// </summary>
/// <param name="Runtime">HTTP API of the trainer's sidecar, where workflows are started.</param>
/// <param name="RuntimeGrpc">gRPC API of the same sidecar, which the workflow clients of the SDKs use.</param>
/// <param name="Console">The console's page, with the token that it needs.</param>
/// <param name="ApiToken">Token of that sidecar: DAPR_API_TOKEN of a program that calls it.</param>
public sealed record Session(Uri Runtime, Uri RuntimeGrpc, Uri Console, Uri? Simulator, int ProcessId, string? ApiToken)
{
    private const string FileName = "session.json";

    /// <summary>Others may read at any moment: the file is there as a whole or not at all.</summary>
    public void Write(DataDirectory data) => PrivateFile.WriteJson(Path.Combine(data.Path, FileName), this);

    /// <summary>
    /// The token for a sidecar that was named: that of the environment, or that of the folder's session when the session is of this sidecar.
    /// </summary>
    public static string? TokenFor(Uri runtime, string dataDirectory) =>
        Environment.GetEnvironmentVariable(SystemTokens.ApiTokenKey) is { Length: > 0 } token ? token
        : File.Exists(Path.Combine(dataDirectory, FileName)) && Read(dataDirectory) is var session && IsSame(session.Runtime, runtime)
            ? session.ApiToken
        : null;

    private static bool IsSame(Uri one, Uri other) => one.Port == other.Port && (one.Host == other.Host || (one.IsLoopback && other.IsLoopback));

    /// <summary>Whether the process that wrote the folder's session is still there.</summary>
    public static bool IsRunning(string dataDirectory)
    {
        if (!File.Exists(Path.Combine(dataDirectory, FileName)))
            return false;
        try
        {
            using var process = Process.GetProcessById(Read(dataDirectory).ProcessId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <exception cref="UserException">Nothing was started from this directory.</exception>
    public static Session Read(string dataDirectory)
    {
        var file = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(file))
            throw new UserException(
                $"{file} is not there: nothing runs from {dataDirectory}. Start it with: anomaly up --prometheus URL, or: make demo",
                ExitCodes.Failure
            );
        try
        {
            return JsonSerializer.Deserialize<Session>(File.ReadAllText(file), JsonSerializerOptions.Web) ?? throw new JsonException("it is empty");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{file}: cannot be read ({e.Message}); anomaly up writes it at its start", ExitCodes.Failure);
        }
    }
}
