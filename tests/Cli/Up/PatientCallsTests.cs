using System.Collections.Concurrent;
using System.Net;
using Dapr.Anomaly.Cli.Processes;
using Dapr.Anomaly.Cli.Tests.Processes;
using Dapr.Anomaly.Cli.Up;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Cli.Tests.Up;

public sealed class PatientCallsTests
{
    private readonly FakeTimeProvider time = new();
    private readonly ConcurrentQueue<PartChange> told = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ask_PartThatAnswers_TellsNothing()
    {
        Assert.Equal(7, await new PatientCalls(told.Enqueue, time).AskAsync("featurizer", "v1/summary", _ => Task.FromResult(7), Token));
        Assert.Empty(told);
    }

    [Fact]
    public async Task Ask_PartThatFailsThreeTimes_IsToldOnceWithItsReasonAndOnceWhenItAnswers()
    {
        var tries = 0;
        var answer = await AnswerAsync(_ =>
            ++tries <= 3
                ? Task.FromException<int>(new HttpRequestException("500 out of memory", null, HttpStatusCode.InternalServerError))
                : Task.FromResult(7)
        );
        Assert.Equal(7, answer);
        Assert.Equal(4, tries);
        Assert.Collection(
            told,
            began => Assert.Equal(new PartChange("featurizer", false, "v1/summary: 500 out of memory; it is asked again until it answers"), began),
            over =>
            {
                Assert.True(over.IsUp);
                Assert.StartsWith("answers again after ", over.Text, StringComparison.Ordinal);
            }
        );
    }

    [Fact]
    public async Task Ask_PartThatHangs_IsGivenUpAfterAWhileAndAskedAgain()
    {
        var tries = 0;
        var answer = await AnswerAsync(async token =>
        {
            if (++tries == 1)
                await Task.Delay(Timeout.Infinite, token);
            return 7;
        });
        Assert.Equal(7, answer);
        Assert.Equal(
            $"no answer to v1/summary within {PatientCalls.AnswerWithin.TotalSeconds:0} s; it is asked again until it answers",
            told.First().Text
        );
    }

    [Fact]
    public async Task Ask_MistakeOfOurs_GoesThrough() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            new PatientCalls(told.Enqueue, time).AskAsync<int>("featurizer", "v1/summary", _ => throw new InvalidOperationException(), Token)
        );

    [Fact]
    public async Task Ask_Cancelled_EndsAtOnce()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var asking = new PatientCalls(told.Enqueue, time).AskAsync<int>(
            "featurizer",
            "v1/summary",
            _ => Task.FromException<int>(new HttpRequestException("refused")),
            stop.Token
        );
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    /// <summary>Moves the clock until there is an answer.</summary>
    private async Task<int> AnswerAsync(Func<CancellationToken, Task<int>> ask)
    {
        var asking = new PatientCalls(told.Enqueue, time).AskAsync("featurizer", "v1/summary", ask, Token);
        await Until.TrueAsync(
            () =>
            {
                if (!asking.IsCompleted)
                    time.Advance(PatientCalls.Pause);
                return asking.IsCompleted;
            },
            "an answer"
        );
        return await asking;
    }
}
