namespace EmbeddedDapr.Tests;

/// <summary>A resources folder of one test.</summary>
internal sealed class ResourcesFolder : IDisposable
{
    public const string PubSub = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata:
          name: pubsub
        spec:
          type: pubsub.in-memory
          version: v1
        """;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("resources");

    public ResourcesFolder(params string[] documents)
    {
        for (var i = 0; i < documents.Length; i++)
            Write($"{i}.yaml", documents[i]);
    }

    public string Path => folder.FullName;

    public void Write(string file, string text) => File.WriteAllText(System.IO.Path.Combine(Path, file), text);

    public void Dispose() => folder.Delete(recursive: true);
}
