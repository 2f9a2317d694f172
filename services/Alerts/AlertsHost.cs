namespace Dapr.Anomaly.Alerts;

public static class AlertsHost
{
    public static WebApplication Build(string[] args) => WebApplication.CreateBuilder(args).Build();
}
