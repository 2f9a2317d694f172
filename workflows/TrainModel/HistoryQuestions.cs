using System.Net;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>
/// Asks the collector for the past, and tells what cannot be had from what cannot be had now. A query that Prometheus refuses is refused for good.
/// One that fails in another way is asked again; when it still fails over the long range although the newest samples can be had, the range is too
/// much for
/// the server, and the training goes on without it. When not even those can be had, the server or the collector is away: a fault, for the workflow
/// to retry.
/// </summary>
internal sealed class HistoryQuestions(CollectorClient collector, TimeProvider time, TrainingPlan plan, TimeSpan step)
{
    private const int Tries = 3;
    private const int NewestSteps = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <exception cref="TrainingException">Prometheus refuses us.</exception>
    /// <exception cref="HttpRequestException">The collector, or its Prometheus, does not answer.</exception>
    public static async Task<CollectedQueriesV1> QueriesAsync(CollectorClient collector, CancellationToken cancellationToken)
    {
        try
        {
            return await collector.QueriesAsync(cancellationToken);
        }
        catch (HttpRequestException e) when (IsRefusal(e))
        {
            throw new TrainingException(e.Message);
        }
    }

    /// <returns>The answer, or why there is none.</returns>
    /// <exception cref="HttpRequestException">The collector, or its Prometheus, does not answer.</exception>
    public async Task<(HistoryAnswer? Answer, string? Refusal)> AskAsync(
        string name,
        DateTimeOffset from,
        TimeSpan resolution,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                return (await AskOnceAsync(name, from, resolution, cancellationToken), null);
            }
            catch (HttpRequestException e) when (IsRefusal(e))
            {
                return (null, e.Message);
            }
            catch (Exception e) when (IsFault(e, cancellationToken))
            {
                if (attempt < Tries)
                {
                    await Task.Delay(Pause, time, cancellationToken);
                    continue;
                }
                // Throws when the newest cannot be had, too.
                await NewestAsync(name, cancellationToken);
                return (null, $"{e.Message} (asked {Tries} times from {from:u}; its newest samples can be had)");
            }
    }

    private async Task NewestAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await AskOnceAsync(name, plan.To - (NewestSteps * step), step, cancellationToken);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"query {name}: no answer in time", e);
        }
    }

    private async Task<HistoryAnswer> AskOnceAsync(string name, DateTimeOffset from, TimeSpan resolution, CancellationToken cancellationToken)
    {
        HistoryRequestV1 request = new(name, TimeGrid.Floor(from, resolution), TimeGrid.Floor(plan.To, resolution), resolution.TotalSeconds);
        var (table, bytes) = await collector.HistoryAsync(request, cancellationToken);
        return new([.. table.Series.Select(s => s.Series.Id)], table.SampleCount, bytes);
    }

    /// <summary>502 is how the collector passes a refusal of Prometheus on; a 4xx is its own.</summary>
    private static bool IsRefusal(HttpRequestException e) =>
        e.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.UnprocessableEntity;

    /// <summary>A call that took longer than the client waits comes as a cancellation that nobody asked for.</summary>
    private static bool IsFault(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}

/// <param name="Series">Ids of the series in it.</param>
/// <param name="Samples">Finite values in it.</param>
/// <param name="Bytes">As it travelled.</param>
internal sealed record HistoryAnswer(IReadOnlyList<SeriesId> Series, long Samples, byte[] Bytes);
