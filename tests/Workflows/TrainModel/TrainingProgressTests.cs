using System.Text.Json;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Workflows.Tests.TrainModel;

public sealed class TrainingProgressTests
{
    [Fact]
    public void Done_EveryStep_IsAHundredPercent()
    {
        var progress = TrainingProgress.NotStarted;
        Assert.Equal(0, progress.Percent);
        foreach (var step in progress.Steps)
            progress = progress.Running(step.Name).Done(step.Name, 1);
        Assert.Equal(100, progress.Percent);
    }

    [Fact]
    public void Running_Steps_AreNotCounted() =>
        Assert.Equal(20, TrainingProgress.NotStarted.Done("collect", 3, "4 series").Running("featurize").Percent);

    [Fact]
    public void Json_OfAStatus_IsWhatPeopleReadInTheWorkflowApi()
    {
        var json = JsonSerializer.Serialize(TrainingProgress.NotStarted.Done("collect", 3, "4 series"), JsonSerializerOptions.Web);
        Assert.StartsWith(
            """{"percent":20,"steps":[{"name":"collect","state":"done","seconds":3,"result":"4 series"}""",
            json,
            StringComparison.Ordinal
        );
    }
}
