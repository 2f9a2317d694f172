using System.Globalization;
using Dapr.Embedded.Daprd;

namespace Dapr.Anomaly.Cli.Daprd;

/// <summary>Lines of an app: on the console under its name, in the file .dapr/logs/{appID}_app_{time}.log below its folder.</summary>
internal sealed class AppLog : IDisposable
{
    private readonly string prefix;
    private readonly bool console;
    private readonly TextWriter? file;

    public AppLog(RunFileApp app)
    {
        prefix = $"== APP - {app.Sidecar.AppId} == ";
        console = app.AppLog.HasFlag(LogDestination.Console);
        file = app.AppLog.HasFlag(LogDestination.File) ? TextWriter.Synchronized(Open(app, "app")) : null;
    }

    /// <summary>A log file of the app's folder; <paramref name="part"/> is app or daprd.</summary>
    public static StreamWriter Open(RunFileApp app, string part)
    {
        var folder = Path.Combine(app.Directory, ".dapr", "logs");
        Directory.CreateDirectory(folder);
        var time = TimeProvider.System.GetLocalNow().ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        return new StreamWriter(Path.Combine(folder, $"{app.Sidecar.AppId}_{part}_{time}.log")) { AutoFlush = true };
    }

    public void Write(string line)
    {
        if (console)
            System.Console.WriteLine(prefix + line);
        file?.WriteLine(line);
    }

    public void Dispose() => file?.Dispose();
}
