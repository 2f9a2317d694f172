namespace Dapr.Anomaly.Cli;

/// <summary>
/// Something the user can set right: printed as one line, without a stack trace, and turned into the exit code (see <see cref="ExitCodes"/>).
/// </summary>
public sealed class UserException(string message, int exitCode) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
