namespace Dapr.Anomaly.Forecaster;

public static class ForecasterHost
{
    public static WebApplication Build(string[] args) => WebApplication.CreateBuilder(args).Build();
}
