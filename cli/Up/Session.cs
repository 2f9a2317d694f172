using System.Diagnostics;
using System.Text.Json;
using Dapr.Anomaly.Platform.Registry;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>Where the running system listens, written into its data directory so that other commands find it.</summary>
/// <param name="Runtime">HTTP API of the trainer's sidecar, where workflows are started.</param>
/// <param name="RuntimeGrpc">gRPC API of the same sidecar, which the workflow clients of the SDKs use.</param>
public sealed record Session(Uri Runtime, Uri RuntimeGrpc, Uri Console, Uri? Simulator, int ProcessId)
{
    private const string FileName = "session.json";

    /// <summary>Others may read at any moment: the file is there as a whole or not at all.</summary>
    public Task WriteAsync(DataDirectory data, CancellationToken cancellationToken) =>
        AtomicFile.WriteJsonAsync(Path.Combine(data.Path, FileName), this, cancellationToken);

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
        return File.Exists(file) && JsonSerializer.Deserialize<Session>(File.ReadAllText(file), JsonSerializerOptions.Web) is { } session
            ? session
            : throw new UserException(
                $"{file} is not there: nothing runs from {dataDirectory}. Start it with: anomaly up --prometheus URL, or: make demo",
                ExitCodes.Failure
            );
    }
}
