namespace Dapr.Workflow.Client;

/// <summary>Repeats a workflow task by a policy; the delays are durable timers.</summary>
/// <param name="context">The workflow's context.</param>
/// <param name="retryPolicy">When and how often.</param>
/// <param name="retryCall">One attempt.</param>
/// <param name="retryTimerFactory">Makes the timer of a delay; null means a plain one.</param>
public sealed class RetryInterceptor<T>(
    IWorkflowContext context,
    WorkflowRetryPolicy retryPolicy,
    Func<Task<T>> retryCall,
    Func<TimeSpan, Task>? retryTimerFactory = null
)
{
    private readonly Func<TimeSpan, Task> _delay =
        retryTimerFactory
        ?? (
            context is WorkflowContext workflow
                ? delay => workflow.CreateTimer(delay)
                : throw new ArgumentException("Without a timer factory the context must be a WorkflowContext.", nameof(context))
        );

    /// <summary>The result of the first attempt that succeeds.</summary>
    /// <exception cref="WorkflowTaskFailedException">The last failure, when no attempt is left.</exception>
    public async Task<T?> Invoke()
    {
        var began = context.CurrentUtcDateTime;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await retryCall();
            }
            catch (WorkflowTaskFailedException failure) when (MayRetry(failure, attempt, began))
            {
                // The delay is awaited below, outside the handler.
            }

            await _delay(retryPolicy.DelayAfter(attempt));
        }
    }

    private bool MayRetry(WorkflowTaskFailedException failure, int attempt, DateTime began) =>
        attempt + 1 < retryPolicy.MaxNumberOfAttempts
        && !failure.FailureDetails.IsNonRetriable
        && (retryPolicy.RetryTimeout == Timeout.InfiniteTimeSpan || context.CurrentUtcDateTime - began < retryPolicy.RetryTimeout);
}
