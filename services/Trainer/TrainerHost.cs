using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Trainer;

/// <summary>
/// The worker of the training workflows. Trainings are started through the Dapr workflow API, by the nightly cron binding, or by anybody's SDK.
/// </summary>
public static class TrainerHost
{
    public static WebApplication Build(string[] args)
    {
        var builder = AnomalyApp.CreateBuilder(Apps.Trainer, args);
        builder.Services.AddTrainModel();
        builder.Services.AddSingleton<LatestTraining>();

        var app = builder.Build();
        app.UseAnomalyDefaults().MapTrainer();
        return app;
    }
}
