using Dapr.Anomaly.Core.Features;

namespace Dapr.Anomaly.Core.Tests.Features;

public class FeatureSchemaTests
{
    [Fact]
    public void Hash_OfThisBuild_IsTheOneThatModelsCarry() =>
        // A change here makes every trained model refuse to load: retrain, and say so in the changelog.
        Assert.Equal("14b3847bd920ef659f0859b366afd769ab5ea095f79c2ebd86dcaa1939d328e6", FeatureSchema.Current.Hash);

    [Fact]
    public void Features_HaveOneDefinitionForEachColumn()
    {
        var schema = FeatureSchema.Current;

        Assert.Equal(Enum.GetValues<Feature>().Length, schema.Count);
        Assert.Equal(schema.Count, schema.Names.Distinct().Count());
        Assert.True(schema.Count <= 64, "the mask of missing features has 64 bits");
        foreach (var feature in Enum.GetValues<Feature>())
            Assert.Equal(feature.ToString().ToLowerInvariant(), schema.Names[(int)feature].Replace("_", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Features_NeutralValues_LieWithinTheirBounds() =>
        Assert.All(FeatureSchema.Current.Features, f => Assert.InRange(f.Neutral, f.Minimum, f.Maximum));

    [Fact]
    public void IndexOf_UnknownName_IsMinusOne()
    {
        Assert.Equal(-1, FeatureSchema.Current.IndexOf("nonsense"));
        Assert.Equal((int)Feature.Acf5, FeatureSchema.Current.IndexOf("acf_5"));
    }
}
