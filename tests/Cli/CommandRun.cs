using System.CommandLine;

namespace Dapr.Anomaly.Cli.Tests;

/// <summary>Runs a command in this process and keeps what it says.</summary>
internal static class CommandRun
{
    /// <returns>The exit code and the standard output; exceptions reach the caller.</returns>
    public static async Task<(int Code, string Output)> RunAsync(Command command, params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await command
            .Parse(arguments)
            .InvokeAsync(
                new InvocationConfiguration
                {
                    Output = output,
                    Error = errors,
                    EnableDefaultExceptionHandler = false,
                },
                TestContext.Current.CancellationToken
            );
        return (code, output.ToString());
    }
}
