using System.CommandLine;
using System.Text.Json;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>anomaly bench pipeline: what a sample costs and how long it takes, from Prometheus to its score.</summary>
internal static class PipelineCommand
{
    private const int DefaultModelSeries = 1000;

    public static Command Create()
    {
        var series = new Option<int>("--series") { Description = "Series of the synthetic Prometheus", DefaultValueFactory = _ => 5000 };
        var step = new Option<TimeSpan>("--step")
        {
            Description = "Distance of samples, such as 15s",
            DefaultValueFactory = _ => TimeSpan.FromSeconds(15),
            CustomParser = result =>
            {
                if (PromDuration.TryParse(result.Tokens[0].Value, out var value) && value >= TimeSpan.FromSeconds(1))
                    return value;
                result.AddError($"--step: \"{result.Tokens[0].Value}\" is not a duration of a second or more; write 15s or 1m");
                return default;
            },
        };
        var seconds = new Option<double>("--seconds") { Description = "Length of the measurement, in whole steps", DefaultValueFactory = _ => 60 };
        var train = new Option<bool>("--train")
        {
            Description = "A training on all series runs during the measurement, which lasts until it has ended",
        };
        var model = new Option<int>("--model-series")
        {
            Description =
                $"Series of the training before the measurement (0: all; default {DefaultModelSeries}); "
                + "the others are scored by the members that need no past of their own",
            DefaultValueFactory = _ => DefaultModelSeries,
        };
        var json = new Option<bool>("--json") { Description = "JSON instead of text" };
        var command = new Command("pipeline", "Measure a sample's way from Prometheus to its score: CPU by stage, latency, memory")
        {
            series,
            step,
            seconds,
            train,
            model,
            json,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                var all = parsed.GetValue(series);
                var trained = parsed.GetValue(model);
                if (all < 1 || parsed.GetValue(seconds) <= 0 || trained < 0)
                    throw new UserException("bench pipeline: --series and --seconds must be positive", ExitCodes.BadConfiguration);
                return RunAsync(
                    new(
                        all,
                        parsed.GetValue(step),
                        TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                        parsed.GetValue(train),
                        trained == 0 ? all : Math.Min(all, trained)
                    ),
                    parsed.GetValue(json),
                    parsed.InvocationConfiguration,
                    cancellationToken
                );
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(PipelineOptions options, bool json, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        var result = await new PipelineBench(options, TimeProvider.System, step => console.Error.WriteLine($"  {step} ...")).RunAsync(
            cancellationToken
        );
        await console.Output.WriteLineAsync(json ? JsonSerializer.Serialize(result, JsonSerializerOptions.Web) : PipelineText.Of(result));
        return ExitCodes.Success;
    }
}
