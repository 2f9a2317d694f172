using System.Text;

namespace KillableApps;

/// <summary>What an app did to the world: one line each, on the disk before the call returns.</summary>
internal sealed class EffectLog(string path) : IDisposable
{
    private readonly Lock gate = new();
    private readonly FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);

    public void Record(string line)
    {
        lock (gate)
        {
            file.Write(Encoding.UTF8.GetBytes(line + "\n"));
            file.Flush(flushToDisk: true);
        }
    }

    public void Dispose() => file.Dispose();
}
