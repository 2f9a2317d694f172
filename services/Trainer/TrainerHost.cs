using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Trainer;

/// <summary>
/// The worker of the training workflows. Trainings are started by the schedulers of the configuration, through the Dapr workflow API, or by
/// anybody's SDK.
/// </summary>
public static class TrainerHost
{
    public static WebApplication Build(string[] args)
    {
        var builder = AnomalyApp.CreateBuilder(Apps.Trainer, args);
        builder.Services.AddTrainModel();
        builder.Services.AddRetraining(ConfigurationServices.LoadSchedulers(builder.Configuration));

        var app = builder.Build();
        app.UseAnomalyDefaults().MapTrainer();
        return app;
    }

    /// <summary>What starts trainings and knows the newest; the worker itself is <see cref="TrainModelServices.AddTrainModel"/>.</summary>
    public static IServiceCollection AddRetraining(this IServiceCollection services, SchedulersConfiguration schedulers)
    {
        services.AddSingleton(schedulers);
        services.AddSingleton<LatestTraining>();
        services.AddSingleton<Retrainer>();
        return services.AddHostedService<RetrainLoop>();
    }
}
