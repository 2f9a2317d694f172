namespace Dapr.Anomaly.Cli.Tests.Processes;

/// <summary>Waits for a condition with a deadline; never a fixed pause.</summary>
internal static class Until
{
    public static async Task TrueAsync(Func<bool> isSo, string expectation, int seconds = 60)
    {
        var deadline = TimeProvider.System.GetUtcNow().AddSeconds(seconds);
        while (!isSo())
        {
            if (TimeProvider.System.GetUtcNow() > deadline)
                throw new TimeoutException($"not within {seconds} s: {expectation}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
