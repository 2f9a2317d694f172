namespace Dapr.Embedded.PubSub.Brokers.Sqlite;

/// <summary>
/// Shows that an owner of claims lives: a file that its process holds locked. The system lets go of the lock when the process ends, however
/// it ends, so a killed owner is known at once and a slow one is never taken for dead.
/// </summary>
internal sealed class OwnerLock : IDisposable
{
    private readonly string path;
    private readonly FileStream held;

    public OwnerLock(string folder)
    {
        Directory.CreateDirectory(folder);
        Name = Guid.NewGuid().ToString("N");
        path = Path.Combine(folder, Name);
        held = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
    }

    public string Name { get; }

    /// <summary>False when no process holds the owner's file; the file is then gone, too.</summary>
    public static bool IsAlive(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path))
            return false;
        try
        {
            new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
            File.Delete(path);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose()
    {
        held.Dispose();
        File.Delete(path);
    }
}
