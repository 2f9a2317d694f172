namespace Dapr.Anomaly.Workflows.TrainModel.Activities;

public sealed record FeaturizeInput(TrainingPlan Plan, CollectedData Data);

public sealed record TrainForestInput(TrainingPlan Plan, FeatureRows Features);

public sealed record TrainMemberInput(TrainingPlan Plan, CollectedData Data);

public sealed record EvaluateInput(TrainingPlan Plan, CollectedData Data, FeatureRows Features, IReadOnlyList<TrainedMember> Members);

public sealed record RegisterInput(TrainingPlan Plan, CollectedData Data, IReadOnlyList<TrainedMember> Members, EvaluatedModel Evaluated);

public sealed record DeployInput(TrainingPlan Plan, RegisteredModel Model);
