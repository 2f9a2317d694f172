namespace Dapr.Anomaly.Services.Tests.Support;

/// <summary>Waits for a condition with a deadline; never a fixed pause.</summary>
internal static class Eventually
{
    public static async Task<T> GetAsync<T>(Func<Task<T?>> probe, string expectation, int seconds = 30)
        where T : class
    {
        var deadline = TimeProvider.System.GetUtcNow().AddSeconds(seconds);
        while (true)
        {
            if (await probe() is { } found)
                return found;
            if (TimeProvider.System.GetUtcNow() > deadline)
                throw new TimeoutException($"not within {seconds} s: {expectation}");
            await Task.Delay(50);
        }
    }

    public static Task TrueAsync(Func<Task<bool>> condition, string expectation, int seconds = 30) =>
        GetAsync(async () => await condition() ? "" : null, expectation, seconds);

    public static Task TrueAsync(Func<bool> condition, string expectation, int seconds = 30) =>
        TrueAsync(() => Task.FromResult(condition()), expectation, seconds);
}
