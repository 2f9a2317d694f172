using System.Runtime.ExceptionServices;

namespace Dapr.Workflow;

/// <summary>Bounded parallelism inside a workflow, where <c>Parallel.ForEachAsync</c> would leave its thread.</summary>
public static class ParallelExtensions
{
    /// <summary>
    /// Runs <paramref name="taskFactory"/> for each input, at most <paramref name="maxConcurrency"/> at a time, and gives the results in
    /// the order of the inputs.
    /// </summary>
    /// <exception cref="AggregateException">Some failed; thrown when all have finished.</exception>
    public static async Task<TResult[]> ProcessInParallelAsync<TInput, TResult>(
        this WorkflowContext context,
        IEnumerable<TInput> inputs,
        Func<TInput, Task<TResult>> taskFactory,
        int maxConcurrency = 5
    )
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(taskFactory);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxConcurrency);

        var pending = inputs.ToArray();
        var results = new TResult[pending.Length];
        List<Exception> failures = [];
        var next = 0;

        async Task RunLaneAsync()
        {
            while (next < pending.Length)
            {
                var index = next++;
                try
                {
                    results[index] = await taskFactory(pending[index]);
                }
                catch (Exception failure)
                {
                    failures.Add(failure);
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Math.Min(maxConcurrency, pending.Length)).Select(_ => RunLaneAsync()).ToArray());
        if (failures.Count > 0)
            ExceptionDispatchInfo.Throw(new AggregateException($"{failures.Count} of {pending.Length} parallel tasks failed.", failures));
        return results;
    }
}
