namespace Dapr.Anomaly.Cli;

/// <summary>What the exit code of every command means.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>Anything that has no code of its own.</summary>
    public const int Failure = 1;

    /// <summary>The configuration or the command line is wrong.</summary>
    public const int BadConfiguration = 2;

    /// <summary>Something we depend on is down.</summary>
    public const int DependencyDown = 3;
}
