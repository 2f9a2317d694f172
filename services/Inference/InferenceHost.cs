namespace Dapr.Anomaly.Inference;

public static class InferenceHost
{
    public static WebApplication Build(string[] args) => WebApplication.CreateBuilder(args).Build();
}
