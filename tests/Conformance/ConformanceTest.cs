using Dapr.Conformance.Tests.Fixture;

namespace Dapr.Conformance.Tests;

/// <summary>A test against the sidecars of the fixture; skipped, with the reason, where the backend cannot run.</summary>
public abstract class ConformanceTest : IDisposable
{
    protected ConformanceTest(DaprFixture dapr)
    {
        dapr.Require();
        Dapr = dapr;
        Http = dapr.Http(dapr.Sidecar);
    }

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected DaprFixture Dapr { get; }

    /// <summary>Plain HTTP to the sidecar <c>probe</c>.</summary>
    protected HttpClient Http { get; }

    /// <summary>A name that no other test uses.</summary>
    protected static string Unique(string prefix) => $"{prefix}-{Guid.NewGuid():N}"[..(prefix.Length + 13)];

    public virtual void Dispose()
    {
        Http.Dispose();
        GC.SuppressFinalize(this);
    }
}
