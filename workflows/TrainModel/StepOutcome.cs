namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>
/// What an activity came to: its result, or a refusal, which is the reason why it can never succeed. Dapr.Workflow retries every exception of an
/// activity
/// that has a retry policy, and has no way to say "not this one". So only faults are exceptions; a refusal is a result, it stands in the history,
/// and the workflow ends itself with its reason, in the first run as in every replay.
/// </summary>
/// <param name="Result">Absent exactly when it was refused.</param>
/// <param name="Refusal">One line for people.</param>
public sealed record StepOutcome<T>(T? Result, string? Refusal)
    where T : class
{
    /// <exception cref="TrainingException">It was refused, or the history was written by a build whose activities answered otherwise.</exception>
    public T OrRefuse() =>
        Result
        ?? throw new TrainingException(Refusal ?? $"the result of a step ({typeof(T).Name}) was written by another build; start the training again");
}

/// <summary>Training cannot go on, and trying again would not help; the message says why in one line.</summary>
public sealed class TrainingException(string message) : Exception(message);
