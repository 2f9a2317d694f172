using System.Globalization;
using System.Text.Json.Nodes;
using Dapr.Embedded.Components;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.Daprd;

/// <summary>Reads the apps of one run file.</summary>
internal sealed class RunFileReader(string runFile, JsonObject common, Func<string, string?> environment)
{
    private readonly string file = runFile;
    private readonly JsonObject common = common;
    private readonly Func<string, string?> environment = environment;
    private readonly string folder = Path.GetDirectoryName(runFile)!;

    public RunFileApp Read(JsonObject app)
    {
        var directory = Path.GetFullPath(
            Text(app, "appDirPath") ?? throw new EmbeddedDaprException($"run file {file}: an app has no appDirPath; it is required"),
            folder
        );
        if (!System.IO.Directory.Exists(directory))
            throw new EmbeddedDaprException($"run file {file}: appDirPath {directory}: there is no such folder");
        var id = Text(app, "appID") ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(directory));
        var fields = new Fields(this, app, directory, id);
        return new RunFileApp
        {
            Directory = directory,
            Command = [.. (app["command"] as JsonArray ?? []).Select(part => part?.ToString() ?? "")],
            Environment = Variables(app),
            AppLog = fields.Destination("appLogDestination", LogDestination.FileAndConsole),
            SidecarLog = fields.Destination("daprdLogDestination", LogDestination.File),
            LogLevel = fields.Text("logLevel") ?? "info",
            Sidecar = Sidecar(fields, id),
        };
    }

    private SidecarOptions Sidecar(Fields fields, string id) =>
        new()
        {
            AppId = id,
            AppPort = fields.Whole("appPort", 0) is > 0 and var port ? port : null,
            AppProtocol = fields.Protocol(),
            AppChannelAddress = fields.Text("appChannelAddress") ?? "127.0.0.1",
            AppMaxConcurrency = fields.Whole("appMaxConcurrency", -1),
            HttpPort = fields.Whole("daprHTTPPort", 0),
            GrpcPort = fields.Whole("daprGRPCPort", 0),
            InternalGrpcPort = fields.Whole("daprInternalGRPCPort", 0),
            ListenAddresses = fields.Text("apiListenAddresses")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            ResourcesPaths = fields.Resources(),
            ConfigPaths = fields.Configuration(),
            ApiToken = environment("DAPR_API_TOKEN"),
            AppApiToken = environment("APP_API_TOKEN"),
            Namespace = environment("NAMESPACE"),
            EnableAppHealthCheck = ComponentMetadata.IsTrue(fields.Text("enableAppHealthCheck")),
            AppHealthCheckPath = fields.Text("appHealthCheckPath") ?? "/healthz",
            AppHealthProbeInterval = TimeSpan.FromSeconds(fields.Whole("appHealthProbeInterval", 5)),
            AppHealthProbeTimeout = TimeSpan.FromMilliseconds(fields.Whole("appHealthProbeTimeout", 500)),
            AppHealthThreshold = fields.Whole("appHealthThreshold", 3),
            MaxBodySizeBytes = fields.Size("maxBodySize", 4 << 20),
            ReadBufferSizeBytes = fields.Size("readBufferSize", 4 << 10),
            EnableApiLogging = ComponentMetadata.IsTrue(fields.Text("enableApiLogging")),
        };

    private Dictionary<string, string> Variables(JsonObject app)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in (common["env"] as JsonObject ?? []).Concat(app["env"] as JsonObject ?? []))
            variables[name] = value?.ToString() ?? "";
        return variables;
    }

    private static string? Text(JsonObject from, string name) => from[name]?.ToString() is { Length: > 0 } text ? text : null;

    /// <summary>The fields of one app; what it leaves out comes from "common", whose paths are relative to the run file.</summary>
    private sealed class Fields(RunFileReader reader, JsonObject app, string directory, string id)
    {
        public string? Text(string name) => RunFileReader.Text(app, name) ?? RunFileReader.Text(reader.common, name);

        public int Whole(string name, int otherwise) =>
            Text(name) is not { } text ? otherwise
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
            : throw Wrong(name, text, "a whole number");

        public int Size(string name, int otherwise) =>
            Text(name) is not { } text ? otherwise
            : Sizes.TryParse(text, out var bytes) && bytes <= int.MaxValue ? (int)bytes
            : throw Wrong(name, text, "a size such as 4Mi");

        public AppProtocol Protocol()
        {
            var text = Text("appProtocol") ?? "http";
            if (!Enum.TryParse<AppProtocol>(text, ignoreCase: true, out var protocol) || int.TryParse(text, CultureInfo.InvariantCulture, out _))
                throw Wrong("appProtocol", text, "http, https, h2c, grpc or grpcs");
            var ssl = ComponentMetadata.IsTrue(Text("appSSL"));
            return (protocol, ssl) switch
            {
                (AppProtocol.Http, true) => AppProtocol.Https,
                (AppProtocol.Grpc, true) => AppProtocol.Grpcs,
                _ => protocol,
            };
        }

        public LogDestination Destination(string name, LogDestination otherwise) =>
            Text(name) switch
            {
                null => otherwise,
                "file" => LogDestination.File,
                "console" => LogDestination.Console,
                "fileAndConsole" => LogDestination.FileAndConsole,
                var text => throw Wrong(name, text, "file, console or fileAndConsole"),
            };

        public IReadOnlyList<string> Resources()
        {
            var (own, shared) = (Paths(app, directory), Paths(reader.common, reader.folder));
            if (own.Count + shared.Count > 0)
                return [.. shared, .. own];
            return Existing(Path.Combine(directory, ".dapr", "resources"), Home("components"), System.IO.Directory.Exists);
        }

        public IReadOnlyList<string> Configuration()
        {
            if (RunFileReader.Text(app, "configFilePath") is { } own)
                return [Path.GetFullPath(own, directory)];
            if (RunFileReader.Text(reader.common, "configFilePath") is { } shared)
                return [Path.GetFullPath(shared, reader.folder)];
            return Existing(Path.Combine(directory, ".dapr", "config.yaml"), Home("config.yaml"), File.Exists);
        }

        private static IReadOnlyList<string> Paths(JsonObject from, string relativeTo)
        {
            var paths = (from["resourcesPaths"] as JsonArray ?? []).Select(path => path?.ToString() ?? "").ToList();
            if (paths.Count == 0 && RunFileReader.Text(from, "resourcesPath") is { } one)
                paths.Add(one);
            return [.. paths.Where(path => path.Length > 0).Select(path => Path.GetFullPath(path, relativeTo))];
        }

        private string? Home(string name) => reader.environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".dapr", name) : null;

        private static IReadOnlyList<string> Existing(string first, string? second, Func<string, bool> exists) =>
            exists(first) ? [first]
            : second is not null && exists(second) ? [second]
            : [];

        private EmbeddedDaprException Wrong(string name, string text, string right) =>
            new($"run file {reader.file}, app {id}: {name} is \"{text}\", expected {right}");
    }
}
