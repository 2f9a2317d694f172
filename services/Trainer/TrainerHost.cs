namespace Dapr.Anomaly.Trainer;

public static class TrainerHost
{
    public static WebApplication Build(string[] args) => WebApplication.CreateBuilder(args).Build();
}
