using System.Reflection;
using Dapr.Anomaly.Platform.Configuration;

namespace Dapr.Anomaly.Services.Tests.ConfigurationKeys;

/// <summary>Says which key of <c>anomaly.yaml</c> a test sees the effect of.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class EffectOfAttribute(string key) : Attribute
{
    /// <summary>As <see cref="AnomalyConfiguration.Keys"/> writes it.</summary>
    public string Key { get; } = key;
}

/// <summary>A key that is read changes behaviour: each has a test in this folder that sees its effect.</summary>
public sealed class CompletenessTests
{
    [Fact]
    public void Keys_OfTheReader_EachHaveATestThatSeesTheirEffect() => Assert.Equal(AnomalyConfiguration.Keys.Order(), Tested().Distinct().Order());

    [Fact]
    public void Keys_OfTheReader_AreThoseOfTheExample()
    {
        // The example names most keys; a key of it that the reader does not know would be refused.
        var file = Path.Combine(Repository(), "anomaly.example.yaml");
        var result = AnomalyConfiguration.Load(file);
        Assert.Empty(result.Errors);
        Assert.Equal(["daily"], result.Value!.Schedulers.ByName.Keys);
    }

    private static IEnumerable<string> Tested() =>
        typeof(CompletenessTests)
            .Assembly.GetTypes()
            .Where(t => t.Namespace == typeof(CompletenessTests).Namespace)
            .SelectMany(t => t.GetMethods())
            .Where(m => m.IsDefined(typeof(FactAttribute)))
            .SelectMany(m => m.GetCustomAttributes<EffectOfAttribute>())
            .Select(a => a.Key);

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "anomaly.example.yaml")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("anomaly.example.yaml is in no folder above the tests");
    }
}
