using Dapr.Anomaly.Campaigns.Tests.Processes;
using Microsoft.Data.Sqlite;
using Tests.Support;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz;

/// <summary>anomaly daprd with components of every kind, and the ports it listens on.</summary>
internal sealed class FuzzedRuntime : IAsyncDisposable
{
    /// <summary>Errors that ASP.NET Core logs when a frame or header is none of gRPC, or when a caller leaves.</summary>
    private static readonly string[] OfTheCaller =
    [
        "System.IO.InvalidDataException",
        "Message too large: ",
        "is not a valid Base-64 string",
        "The client reset the request stream",
        "Invalid ordering of calling StartAsync or CompleteAsync",
    ];

    /// <summary>All that the garbage collector may use.</summary>
    public const int HeapMegabytes = 512;

    private readonly string home;

    /// <param name="appId">App id; a folder of the name below <paramref name="home"/> has its components.</param>
    /// <param name="token">The API token that callers need, or null.</param>
    public FuzzedRuntime(string home, string appId, int appPort, string protocol, string? token)
    {
        (this.home, AppId, Token) = (home, appId, token);
        WriteComponents(Directory.CreateDirectory(Path.Combine(home, appId)).FullName);
        Process = new Victim(
            appId,
            _ =>
            {
                var start = Programs.Runtime(
                    home,
                    "--app-id",
                    appId,
                    "--app-port",
                    $"{appPort}",
                    "--app-protocol",
                    protocol,
                    "--dapr-http-port",
                    $"{HttpPort}",
                    "--dapr-grpc-port",
                    $"{GrpcPort}",
                    "--dapr-internal-grpc-port",
                    $"{InternalPort}",
                    "--dapr-public-port",
                    $"{PublicPort}",
                    "--resources-path",
                    Path.Combine(home, appId),
                    "--log-level",
                    "error"
                );
                // What is kept of requests would soon be too much for it.
                start.Environment["DOTNET_GCHeapHardLimit"] = $"0x{HeapMegabytes << 20:X}";
                if (token is not null)
                    start.Environment["DAPR_API_TOKEN"] = token;
                return start;
            },
            "",
            (_, line) => Log(line)
        );
    }

    public string AppId { get; }

    public string? Token { get; }

    public int HttpPort { get; } = RealServer.FreePort();

    public int GrpcPort { get; } = RealServer.FreePort();

    public int InternalPort { get; } = RealServer.FreePort();

    public int PublicPort { get; } = RealServer.FreePort();

    public IReadOnlyList<int> Ports => [HttpPort, GrpcPort, InternalPort, PublicPort];

    public Victim Process { get; }

    /// <summary>What it logged as an error: an exception that nobody foresaw stands there. The first hundred.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>The token that other sidecars call it with.</summary>
    public string InternalToken()
    {
        using var names = new SqliteConnection($"Data Source={Path.Combine(home, "names.db")};Mode=ReadOnly");
        names.Open();
        using var command = names.CreateCommand();
        command.CommandText = "SELECT token FROM hosts WHERE app_id = $app ORDER BY seen DESC";
        command.Parameters.AddWithValue("$app", AppId);
        return (string)command.ExecuteScalar()!;
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private void Log(string line)
    {
        lock (Errors)
        {
            if (Errors.Count < 100 && !OfTheCaller.Any(words => line.Contains(words, StringComparison.Ordinal)))
                Errors.Add(line);
        }
    }

    private static void WriteComponents(string folder)
    {
        void Write(string name, string type, params ReadOnlySpan<(string Name, string Value)> metadata)
        {
            var entries = new List<string>();
            foreach (var (key, value) in metadata)
                entries.Add($"{{name: {key}, value: \"{value}\"}}");
            File.WriteAllText(
                Path.Combine(folder, $"{name}.yaml"),
                $"{{apiVersion: dapr.io/v1alpha1, kind: Component, metadata: {{name: {name}}}, "
                    + $"spec: {{type: {type}, version: v1, metadata: [{string.Join(", ", entries)}]}}}}\n"
            );
        }

        File.WriteAllText(Path.Combine(folder, "secrets.json"), """{"user":"u","nested":{"a":"b"}}""");
        Write("s", "state.in-memory");
        Write("q", "state.sqlite", ("connectionString", $"{folder}/state.db"));
        Write("p", "pubsub.in-memory");
        Write("b", "pubsub.sqlite", ("connectionString", $"{folder}/broker.db"));
        Write("files", "bindings.localstorage", ("rootPath", $"{folder}/files"));
        Write("l", "lock.in-memory");
        Write("env", "secretstores.local.env");
        Write("file", "secretstores.local.file", ("secretsFile", $"{folder}/secrets.json"), ("nestedSeparator", ":"));
        Write("c", "configuration.in-memory", ("a", "1"), ("b", "2"));
    }
}
