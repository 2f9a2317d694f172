namespace Dapr.Anomaly.Cli.Processes;

/// <summary>The child's end of the pipe that its parent holds: it closes when the parent is gone, also after kill -9.</summary>
internal static class ParentLink
{
    /// <summary>Completes when the parent has closed standard input or is gone.</summary>
    public static Task GoneAsync() =>
        Task.Factory.StartNew(ReadToEnd, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void ReadToEnd()
    {
        using var input = System.Console.OpenStandardInput();
        Span<byte> buffer = stackalloc byte[64];
        while (input.Read(buffer) > 0) { }
    }
}
