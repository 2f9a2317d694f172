using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;

namespace Dapr.Anomaly.Forecaster;

/// <summary>Looks ahead: the champion's seasonal models, evaluated for the coming minutes.</summary>
public static class ForecasterHost
{
    public static WebApplication Build(string[] args)
    {
        var builder = AnomalyApp.CreateBuilder(Apps.Forecaster, args);
        builder.Services.AddModelRegistry();
        builder.Services.AddChampion<SeasonalForecasts, SeasonalLoader>();

        var app = builder.Build();
        app.UseAnomalyDefaults().MapForecasts();
        return app;
    }
}
