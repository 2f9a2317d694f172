using Dapr.Embedded;

namespace EmbeddedDapr.Tests.Architecture;

public class ReferenceTests
{
    [Fact]
    public void Runtime_References_NothingOfTheProductAndNoWordOfAnomalies()
    {
        var assembly = typeof(SidecarOptions).Assembly;
        Assert.DoesNotContain(assembly.GetReferencedAssemblies(), a => a.Name!.Contains("Anomaly", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(assembly.GetTypes(), t => t.FullName!.Contains("Anomal", StringComparison.OrdinalIgnoreCase));
    }
}
