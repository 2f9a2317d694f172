using Dapr.Embedded.Errors;
using Grpc.Core;

namespace Dapr.Embedded.PubSub;

/// <summary>The errors of publishing, with the words, codes and details of daprd.</summary>
internal static class PubSubErrors
{
    public static DaprApiException NotFound(string name) =>
        Of(404, StatusCode.InvalidArgument, "ERR_PUBSUB_NOT_FOUND", $"pubsub {name} is not found", null, "DAPR_PUBSUB_NOT_FOUND");

    public static DaprApiException NotConfigured(string name) =>
        Of(404, StatusCode.FailedPrecondition, "ERR_PUBSUB_NOT_FOUND", $"pubsub {name} is not found", null, "DAPR_PUBSUB_NOT_CONFIGURED");

    public static DaprApiException NameEmpty() =>
        Of(404, StatusCode.InvalidArgument, "ERR_PUBSUB_EMPTY", "pubsub name is empty", "", "DAPR_PUBSUB_NAME_EMPTY");

    public static DaprApiException TopicEmpty(string name) =>
        Of(404, StatusCode.InvalidArgument, "ERR_TOPIC_NAME_EMPTY", $"topic is empty in pubsub {name}", name, "DAPR_PUBSUB_TOPIC_NAME_EMPTY");

    public static DaprApiException Forbidden(string name, string topic, string appId) =>
        Of(
            403,
            StatusCode.PermissionDenied,
            "ERR_PUBSUB_FORBIDDEN",
            $"topic {topic} is not allowed for app id {appId}",
            name,
            "DAPR_PUBSUB_FORBIDDEN",
            ("appID", appId),
            ("topic", topic)
        );

    public static DaprApiException BadMetadata(string name, string reason, IReadOnlyDictionary<string, string> metadata) =>
        Of(
            400,
            StatusCode.InvalidArgument,
            "ERR_PUBSUB_REQUEST_METADATA",
            $"failed deserializing metadata. Error: {reason}",
            name,
            "DAPR_PUBSUB_METADATA_DESERIALIZATION",
            [.. metadata.Select(entry => (entry.Key, entry.Value))]
        );

    public static DaprApiException CloudEvent(string name, string appId, string reason) =>
        Of(
            500,
            StatusCode.InvalidArgument,
            "ERR_PUBSUB_CLOUD_EVENTS_SER",
            "cannot create cloudevent",
            name,
            "DAPR_PUBSUB_CLOUD_EVENT_CREATION",
            ("appID", appId),
            ("error", reason)
        );

    public static DaprApiException Publish(string name, string topic, string reason) =>
        Of(
            500,
            StatusCode.Internal,
            "ERR_PUBSUB_PUBLISH_MESSAGE",
            $"error when publishing to topic {topic} in pubsub {name}: {reason}",
            name,
            "DAPR_PUBSUB_PUBLISH_MESSAGE",
            ("error", reason),
            ("topic", topic)
        );

    public static DaprApiException BulkBody(string name, string topic, string appId, string reason) =>
        Of(
            400,
            StatusCode.InvalidArgument,
            "ERR_PUBSUB_EVENTS_SER",
            $"error when unmarshaling the request for topic {topic} pubsub {name}: {reason}",
            name,
            "DAPR_PUBSUB_UNMARSHAL_EVENTS",
            ("appID", appId)
        );

    public static DaprApiException BulkEntryId(string name, string topic, string appId)
    {
        const string reason = "entryId is duplicated or not present for entry";
        return Of(
            400,
            StatusCode.InvalidArgument,
            "ERR_PUBSUB_EVENTS_SER",
            $"error marshaling events to bytes for topic {topic} pubsub {name}. error: {reason}",
            name,
            "DAPR_PUBSUB_MARSHAL_EVENTS",
            ("appID", appId),
            ("error", reason)
        );
    }

    public static DaprApiException BulkContentType(string name, string topic, string appId)
    {
        const string reason = "error: mismatch between contentType and event";
        return Of(
            400,
            StatusCode.InvalidArgument,
            "ERR_PUBSUB_EVENTS_SER",
            $"error when marshalling cloud event envelope for topic {topic} pubsub {name}: {reason}",
            name,
            "DAPR_PUBSUB_MARSHAL_ENVELOPE",
            ("appID", appId),
            ("error", reason)
        );
    }

    /// <param name="resource">Name in the ResourceInfo; null leaves that out.</param>
    private static DaprApiException Of(
        int http,
        StatusCode grpc,
        string code,
        string message,
        string? resource,
        string reason,
        params ReadOnlySpan<(string Key, string Value)> metadata
    )
    {
        var info = ErrorDetails.Info(reason, metadata);
        return new DaprApiException(http, grpc, code, message)
        {
            Details = resource is null ? [info] : [ErrorDetails.Resource("pubsub", resource, description: message), info],
        };
    }
}
