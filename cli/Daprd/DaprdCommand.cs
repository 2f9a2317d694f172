using System.CommandLine;
using Dapr.Embedded;
using Dapr.Embedded.Daprd;

namespace Dapr.Anomaly.Cli.Daprd;

/// <summary>anomaly daprd: one embedded sidecar in the foreground, with daprd's own flags.</summary>
internal static class DaprdCommand
{
    public static Command Create()
    {
        var flags = new Argument<string[]>("flags")
        {
            Description =
                $"daprd's flags: {string.Join(", ", DaprdFlags.Known.Select(name => $"--{name}"))}; --resources-path and --config may be repeated",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("daprd", "Run one embedded Dapr sidecar (development and tests) with daprd's flags") { flags };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(
            (result, cancellationToken) =>
                RunAsync(
                    [.. result.Tokens.Select(token => token.Value).SkipWhile(token => token != "daprd").Skip(1).Where(token => token != "--verbose")],
                    cancellationToken
                )
        );
        return command;
    }

    internal static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        DaprdFlags flags;
        try
        {
            flags = DaprdFlags.Parse(arguments, Environment.GetEnvironmentVariable);
        }
        catch (EmbeddedDaprException error)
        {
            await System.Console.Error.WriteLineAsync(error.Message);
            return ExitCodes.BadConfiguration;
        }
        using var logs = SidecarLog.Create(flags);
        var log = logs.CreateLogger("daprd");
        if (flags.Ignored.Count > 0)
            log.LogInformation(
                "Flags without meaning for the embedded runtime were accepted and are not used: {Flags}",
                string.Join(", ", flags.Ignored.Select(name => $"--{name}"))
            );
        try
        {
            await using var dapr = await EmbeddedDapr.StartAsync(SidecarFolders.Options(flags.Sidecar, logs), cancellationToken);
            await dapr.Sidecars[flags.Sidecar.AppId]
                .StopRequested.WaitAsync(cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            log.LogInformation("Stopping");
            return ExitCodes.Success;
        }
        catch (EmbeddedDaprException error)
        {
            log.LogCritical("{Message}", error.Message);
            return ExitCodes.Failure;
        }
    }
}
