using System.Reflection;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Platform.Tests.Architecture;

/// <summary>References run one way (ADR-0001).</summary>
public class ReferenceTests
{
    private static readonly string[] Numerics = ["System.", "netstandard", "Google.Protobuf", "MathNet.Numerics", "Microsoft.ML"];

    [Fact]
    public void Core_References_SystemAndNumericLibrariesOnly() =>
        Assert.DoesNotContain(References(typeof(SeriesId)), name => !Numerics.Any(allowed => name.StartsWith(allowed, StringComparison.Ordinal)));

    [Fact]
    public void Platform_References_CoreAndNothingElseOfOurs() =>
        Assert.Equal(
            ["Dapr.Anomaly.Core"],
            References(typeof(MetricBatch))
                .Where(name => name.StartsWith("Dapr.Anomaly", StringComparison.Ordinal) || name is "EmbeddedDapr" or "Dapr.Workflow" or "anomaly")
        );

    private static IEnumerable<string> References(Type type) => Assembly.GetAssembly(type)!.GetReferencedAssemblies().Select(a => a.Name!);
}
