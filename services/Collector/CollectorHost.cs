namespace Dapr.Anomaly.Collector;

public static class CollectorHost
{
    public static WebApplication Build(string[] args) => WebApplication.CreateBuilder(args).Build();
}
