using System.Diagnostics;

namespace Dapr.Anomaly.Chaos.Tests;

/// <summary>A file system that can be filled up, where mounting one is permitted.</summary>
internal static class SmallDisk
{
    public static bool TryMount(string folder)
    {
        Directory.CreateDirectory(folder);
        try
        {
            return Run("mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", folder);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    public static void Unmount(string folder) => Run("umount", "-l", folder);

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
