using System.Globalization;
using Dapr.Anomaly.Cli.Processes;

namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>
/// What a sample costs on its whole way: collector, pub/sub, featurizer, invocation, inference, as <c>anomaly up</c> runs them, trainer child
/// included. First without a series (what the process needs anyway), then with all of them: windows are filled with their past, a model is trained,
/// and then it is measured.
/// </summary>
internal sealed class PipelineBench(PipelineOptions options, TimeProvider time, Action<string> progress)
{
    /// <summary>Batches begin on the grid of the step; a measurement begins and ends between two of them.</summary>
    private const double Between = 0.5;

    private const string ModelWindow = "1h";
    private const string TrainingWindow = "12h";
    private const string TrainingId = "bench-during";

    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(15);
    private static readonly IReadOnlyDictionary<string, string> NoSettings = new Dictionary<string, string>();

    public async Task<PipelineResult> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("anomaly-bench-").FullName;
        try
        {
            await using var source = await ListeningProcess.StartAsync(["bench", BenchSource.Name], NoSettings, background: false, cancellationToken);
            progress("the system without a series");
            var (idle, empty) = await MeasureIdleAsync(Path.Combine(folder, "empty"), source.Address, cancellationToken);

            progress($"{options.Series} series: filling windows with their past");
            await ShowAsync(source.Address, options.Series, options.Series, cancellationToken);
            await using var system = await BenchSystem.StartAsync(Path.Combine(folder, "full"), source.Address, options.Step, cancellationToken);
            progress($"training a model on {options.ModelSeries} series");
            await ShowAsync(source.Address, options.Series, options.ModelSeries, cancellationToken);
            await system.TrainAsync("bench-model", ModelWindow, cancellationToken);
            await ShowAsync(source.Address, options.Series, options.Series, cancellationToken);
            progress("waiting until every series is scored");
            await system.WaitForAsync(summary => summary.Scored >= options.Series, cancellationToken);
            return await MeasureAsync(system, idle, empty, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private TimeSpan IdleFor => options.Length < MaxIdle ? options.Length : MaxIdle;

    /// <returns>CPU a second, and the resident memory.</returns>
    private async Task<(TimeSpan CpuPerSecond, long Resident)> MeasureIdleAsync(string folder, Uri source, CancellationToken cancellationToken)
    {
        await using var system = await BenchSystem.StartAsync(folder, source, options.Step, cancellationToken);
        // What runs once after a start is not what doing nothing costs.
        await Task.Delay(IdleFor, time, cancellationToken);
        var before = ProcessUse.OfThis();
        var begun = time.GetTimestamp();
        await Task.Delay(IdleFor, time, cancellationToken);
        var after = ProcessUse.OfThis();
        return ((after.Cpu - before.Cpu) / time.GetElapsedTime(begun).TotalSeconds, after.ResidentBytes);
    }

    private async Task<PipelineResult> MeasureAsync(BenchSystem system, TimeSpan idle, long empty, CancellationToken cancellationToken)
    {
        using var pauses = new PauseListener();
        // The first scrape compiles what it needs, which may take longer than half a step.
        await system.ScrapeAsync(cancellationToken);
        await WaitForPhaseAsync(cancellationToken);
        progress(options.Train ? "measuring while a training runs" : "measuring");
        pauses.Take();
        var (metrics, main, trainer) = (await system.ScrapeAsync(cancellationToken), ProcessUse.OfThis(), ProcessUse.Of(system.TrainerProcessId));
        var begun = time.GetUtcNow();
        var training = options.Train ? TrainAsync(system, trainer.Cpu, cancellationToken) : null;
        await Task.Delay(options.Steps * options.Step, time, cancellationToken);
        if (training is not null)
        {
            await training;
            await WaitForPhaseAsync(cancellationToken);
        }
        var mainAfter = ProcessUse.OfThis();
        var took = time.GetUtcNow() - begun;
        var grown = (await system.ScrapeAsync(cancellationToken)).Since(metrics);
        return PipelineFigures.Of(
            options,
            took,
            grown,
            mainAfter.Cpu - main.Cpu,
            idle,
            pauses.Take(),
            (mainAfter.ResidentBytes, ProcessUse.Of(system.TrainerProcessId).ResidentBytes, empty),
            training is null ? null : await training
        );
    }

    private async Task<PipelineTraining> TrainAsync(BenchSystem system, TimeSpan cpuBefore, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        var ended = await system.TrainAsync(TrainingId, TrainingWindow, cancellationToken);
        var cpu = ProcessUse.Of(system.TrainerProcessId).Cpu - cpuBefore;
        return new(ended.RuntimeStatus, time.GetElapsedTime(begun).TotalSeconds, cpu.TotalSeconds);
    }

    private async Task WaitForPhaseAsync(CancellationToken cancellationToken)
    {
        var into = TimeSpan.FromTicks(time.GetUtcNow().Ticks % options.Step.Ticks);
        var at = Between * options.Step;
        await Task.Delay(into <= at ? at - into : options.Step - into + at, time, cancellationToken);
    }

    private static async Task ShowAsync(Uri source, int live, int history, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var query = string.Create(CultureInfo.InvariantCulture, $"/series?live={live}&history={history}");
        using var answer = await http.PutAsync(new Uri(source, query), null, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }
}
