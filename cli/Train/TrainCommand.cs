using System.CommandLine;
using System.Globalization;
using Dapr.Anomaly.Cli.Demo;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Workflows.TrainModel;
using Spectre.Console;

namespace Dapr.Anomaly.Cli.Train;

/// <summary>anomaly train: starts TrainModel in a running system through the Dapr workflow API, or follows one that runs.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var window = new Option<string>("--window")
        {
            Description = "How much is learnt at full resolution: 45m, 12h, 2d",
            DefaultValueFactory = _ => "12h",
        };
        var follow = new Option<bool>("--follow") { Description = "Stay until it has ended, and show how far it is" };
        var id = new Option<string?>("--id") { Description = "Follow this instance instead of starting one" };
        var runtime = CommonOptions.Runtime();
        var data = CommonOptions.RunningData();
        var command = new Command("train", "Train a model in the running system (a Dapr workflow)") { window, follow, id, runtime, data };
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                Check(parsed.GetValue(window)!);
                var folder = parsed.GetValue(data)!;
                var at = parsed.GetValue(runtime) ?? Session.Read(folder).Runtime;
                return RunAsync(
                    at,
                    Session.TokenFor(at, folder),
                    parsed.GetValue(id),
                    parsed.GetValue(window)!,
                    parsed.GetValue(follow),
                    cancellationToken
                );
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(
        Uri runtime,
        string? apiToken,
        string? id,
        string window,
        bool follow,
        CancellationToken cancellationToken
    )
    {
        var screen = new Screen(AnsiConsole.Console);
        using var http = RuntimeClient.Create(apiToken, TimeSpan.FromSeconds(30));
        var training = new TrainingClient(http, runtime, TimeProvider.System);
        try
        {
            if (id is null)
            {
                id = await training.StartAsync(
                    new(window),
                    string.Create(CultureInfo.InvariantCulture, $"train-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}"),
                    cancellationToken
                );
                screen.Fact("training", $"workflow {id} started at {runtime}");
                if (!follow)
                {
                    screen.Plain($"             follow it with: anomaly train --follow --id {id}");
                    return 0;
                }
            }
            var state = await training.FollowAsync(
                id,
                s => screen.Progress("training", s.Progress.Percent, TrainingText.Now(s.Progress)),
                cancellationToken
            );
            if (state.RuntimeStatus != "COMPLETED" || state.Result is null)
                throw new UserException($"training {id} ended {state.RuntimeStatus}: {state.Failure ?? "no reason was given"}", ExitCodes.Failure);
            screen.Fact("training", $"{state.Result.Model} v{state.Result.Version} · {state.Result.SeriesCount} series");
            screen.Plain($"             {TrainingText.Steps(state.Progress)}");
            return 0;
        }
        catch (HttpRequestException e) when (e.StatusCode == System.Net.HttpStatusCode.Unauthorized)
        {
            throw TrainingClient.WantsToken(runtime);
        }
        catch (HttpRequestException e)
        {
            throw new UserException(
                $"the Dapr runtime at {runtime} does not answer: {e.Message}. Is it up? Start it with: anomaly up",
                ExitCodes.DependencyDown
            );
        }
    }

    private static void Check(string window)
    {
        try
        {
            TrainingWindow.Parse(window);
        }
        catch (TrainingException e)
        {
            throw new UserException($"--{e.Message}", ExitCodes.BadConfiguration);
        }
    }
}
