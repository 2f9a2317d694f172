namespace Dapr.Embedded.Storage;

/// <summary>Folders and files of this user alone: they hold messages, workflows and the tokens of internal ports.</summary>
internal static class PrivateFolder
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the folder for this user only; one that is there already stays as it is.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, Owner | UnixFileMode.UserExecute);
    }

    /// <summary>Makes the file, empty, unless it is there, and takes from others what they may do with it.</summary>
    /// <exception cref="UnauthorizedAccessException">It belongs to somebody else.</exception>
    public static void CreateFile(string path)
    {
        // One that is there is not opened: closing it would drop the locks that SQLite holds on it in this process.
        if (!File.Exists(path))
            CreateNew(path);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~Owner) != 0)
            File.SetUnixFileMode(path, Owner);
    }

    private static void CreateNew(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = Owner;
        new FileStream(path, options).Dispose();
    }
}
