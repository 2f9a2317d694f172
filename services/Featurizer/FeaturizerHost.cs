namespace Dapr.Anomaly.Featurizer;

public static class FeaturizerHost
{
    public static WebApplication Build(string[] args) => WebApplication.CreateBuilder(args).Build();
}
