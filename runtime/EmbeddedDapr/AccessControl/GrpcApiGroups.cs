using System.Collections.Frozen;

namespace Dapr.Embedded.AccessControl;

/// <summary>The gRPC methods that one API rule of a Configuration covers, by <c>name.version</c>.</summary>
internal static class GrpcApiGroups
{
    private static readonly string[] WorkflowVerbs = ["Start", "Get", "Terminate", "RaiseEvent", "Purge", "Pause", "Resume"];
    private static readonly string[] JobVerbs = ["ScheduleJob", "DeleteJob", "GetJob", "DeleteJobsByPrefix", "ListJobs"];
    private static readonly string[] ConfigurationVerbs = ["GetConfiguration", "SubscribeConfiguration", "UnsubscribeConfiguration"];

    public static FrozenDictionary<string, string[]> Methods { get; } =
        new Dictionary<string, string[]>
        {
            ["invoke.v1"] = ["InvokeService"],
            ["state.v1"] = ["GetState", "GetBulkState", "SaveState", "DeleteState", "DeleteBulkState", "ExecuteStateTransaction"],
            ["state.v1alpha1"] = ["QueryStateAlpha1"],
            ["publish.v1"] = ["PublishEvent", "BulkPublishEvent"],
            ["publish.v1alpha1"] = ["BulkPublishEventAlpha1"],
            ["subscribe.v1alpha1"] = ["SubscribeTopicEventsAlpha1"],
            ["bindings.v1"] = ["InvokeBinding"],
            ["secrets.v1"] = ["GetSecret", "GetBulkSecret"],
            ["metadata.v1"] = ["GetMetadata", "SetMetadata"],
            ["configuration.v1"] = ConfigurationVerbs,
            ["configuration.v1alpha1"] = [.. ConfigurationVerbs.Select(verb => verb + "Alpha1")],
            ["lock.v1alpha1"] = ["TryLockAlpha1"],
            ["unlock.v1alpha1"] = ["UnlockAlpha1"],
            ["workflows.v1alpha1"] = [.. WorkflowVerbs.Select(verb => $"{verb}WorkflowAlpha1")],
            ["workflows.v1beta1"] = [.. WorkflowVerbs.Select(verb => $"{verb}WorkflowBeta1")],
            ["jobs.v1"] = JobVerbs,
            ["jobs.v1alpha1"] = [.. JobVerbs.Select(verb => verb + "Alpha1")],
            ["shutdown.v1"] = ["Shutdown"],
            ["crypto.v1alpha1"] = ["EncryptAlpha1", "DecryptAlpha1"],
            ["subtlecrypto.v1alpha1"] =
            [
                .. new[] { "GetKey", "Encrypt", "Decrypt", "Sign", "Verify", "WrapKey", "UnwrapKey" }.Select(verb => $"Subtle{verb}Alpha1"),
            ],
            ["conversation.v1alpha1"] = ["ConverseAlpha1"],
            ["conversation.v1alpha2"] = ["ConverseAlpha2"],
            ["actors.v1"] =
            [
                "RegisterActorTimer",
                "UnregisterActorTimer",
                "RegisterActorReminder",
                "GetActorReminder",
                "UnregisterActorReminder",
                "UnregisterActorRemindersByType",
                "ListActorReminders",
                "GetActorState",
                "ExecuteActorStateTransaction",
                "InvokeActor",
            ],
            ["actors.v1alpha1"] = ["SubscribeActorEventsAlpha1"],
        }.ToFrozenDictionary();
}
