namespace Dapr.Embedded.Storage;

/// <summary>A folder that one process at a time may use, held by a lock file.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream held;

    private DataFolder(string path, FileStream held) => (Path, this.held) = (path, held);

    public string Path { get; }

    /// <summary>Takes the folder, making it if need be; null when another process has it.</summary>
    public static DataFolder? TryOpen(string path)
    {
        PrivateFolder.Create(path);
        try
        {
            return new DataFolder(
                path,
                new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
            );
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose() => held.Dispose();
}
