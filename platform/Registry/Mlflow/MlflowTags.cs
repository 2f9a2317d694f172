using System.Reflection;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>Tags that MLflow's pages show, and our own.</summary>
internal static class MlflowTags
{
    public const string Parent = "mlflow.parentRunId";
    public const string Note = "mlflow.note.content";
    public const string OutboxId = "anomaly.outbox_id";
    public const string Sha256 = "anomaly.sha256";

    /// <summary>The first 12 digits, because the list of versions cuts the whole digest.</summary>
    public const string Digest = "anomaly.digest";
    public const string SchemaHash = "anomaly.schema_hash";
    public const string ModelId = "anomaly.model_id";

    /// <summary>Digest of the file that lists the files of a version with theirs.</summary>
    public const string Files = "anomaly.files_sha256";

    /// <summary>The number of the version in the directory of the machine that trained it.</summary>
    public const string Version = "anomaly.version";

    /// <summary>Who, what and which commit: "Created by", "Source" and "Logged from" on the pages of runs and models.</summary>
    public static Dictionary<string, string> Source()
    {
        var tags = new Dictionary<string, string>
        {
            ["mlflow.user"] = Environment.UserName,
            ["mlflow.source.type"] = "JOB",
            ["mlflow.source.name"] = "dapr-anomaly/train-model",
        };
        var build = typeof(MlflowTags).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') ?? [];
        if (build is [_, { Length: 40 } commit])
            tags["mlflow.source.git.commit"] = commit;
        return tags;
    }

    public static Pair[] Pairs(IReadOnlyDictionary<string, string> tags) =>
        [.. tags.Select(t => new Pair(MlflowNames.Key(t.Key), MlflowNames.Tag(t.Value)))];
}
