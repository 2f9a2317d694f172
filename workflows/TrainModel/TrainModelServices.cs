using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Workflows.TrainModel.Activities;
using Dapr.Workflow;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Anomaly.Workflows.TrainModel;

public static class TrainModelServices
{
    /// <summary>Makes this process a worker of the TrainModel workflow.</summary>
    public static IServiceCollection AddTrainModel(this IServiceCollection services)
    {
        services.AddModelRegistry();
        services.AddSingleton<ArtifactStore>();
        services.AddSingleton<CollectorClient>();
        services.AddSingleton<TrainingSetLoader>();
        services.AddSingleton<TrainingSetCache>();
        services.AddSingleton<TrainingLog>();
        services.AddSingleton<StepMeter>();
        services.AddDaprWorkflow(workflows =>
        {
            workflows.RegisterWorkflow<TrainModelWorkflow>(TrainModelWorkflow.Name);
            workflows.RegisterActivity<CollectActivity>();
            workflows.RegisterActivity<FeaturizeActivity>();
            workflows.RegisterActivity<TrainForestActivity>();
            workflows.RegisterActivity<TrainLstmActivity>();
            workflows.RegisterActivity<TrainSeasonalActivity>();
            workflows.RegisterActivity<EvaluateActivity>();
            workflows.RegisterActivity<RegisterActivity>();
            workflows.RegisterActivity<DeployActivity>();
        });
        return services;
    }
}
