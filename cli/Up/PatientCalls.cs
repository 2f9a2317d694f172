using System.Text.Json;
using Dapr.Anomaly.Cli.Processes;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>
/// Asks a part of the system until it answers. A part that is busy, restarting or broken is told once, when it begins to fail and when it answers
/// again: a look that fails is no reason to end what is looked at.
/// </summary>
/// <param name="tell">Called when a part begins to fail, and when it answers again.</param>
internal sealed class PatientCalls(Action<PartChange> tell, TimeProvider time)
{
    /// <summary>Longest wait for one answer.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(15);

    /// <summary>Between a failure and the next try.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, DateTimeOffset> _failingSince = [];

    /// <param name="part">Who is asked.</param>
    /// <param name="question">What is asked, for people: <c>v1/summary</c>.</param>
    /// <param name="ask">May throw what a call over HTTP throws; everything else is a mistake of ours and goes through.</param>
    public async Task<T> AskAsync<T>(string part, string question, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var limit = new CancellationTokenSource(AnswerWithin, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                var answer = await ask(both.Token);
                Answered(part);
                return answer;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                Failed(part, $"no answer to {question} within {AnswerWithin.TotalSeconds:0} s");
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
            {
                Failed(part, $"{question}: {e.Message}");
            }
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private void Failed(string part, string reason)
    {
        lock (_failingSince)
            if (!_failingSince.TryAdd(part, time.GetUtcNow()))
                return;
        tell(new(part, IsUp: false, $"{reason}; it is asked again until it answers"));
    }

    private void Answered(string part)
    {
        DateTimeOffset since;
        lock (_failingSince)
            if (!_failingSince.Remove(part, out since))
                return;
        tell(new(part, IsUp: true, $"answers again after {(time.GetUtcNow() - since).TotalSeconds:0} s"));
    }
}
