using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Console;

/// <summary>One page that says what is learnt, what is scored and what is wrong, and one address for the metrics of all services.</summary>
public static class ConsoleHost
{
    public static WebApplication Build(string[] args)
    {
        var builder = AnomalyApp.CreateBuilder(Apps.Console, args);
        ServiceCalls.Register(builder.Services, Apps.All);

        var app = builder.Build();
        app.UseAnomalyDefaults().MapConsole();
        return app;
    }
}
