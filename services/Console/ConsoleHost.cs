namespace Dapr.Anomaly.Console;

public static class ConsoleHost
{
    public static WebApplication Build(string[] args) => WebApplication.CreateBuilder(args).Build();
}
