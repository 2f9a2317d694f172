using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Embedded.Hosting;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>The methods of a gRPC app that have to do with topics; Dapr.Protos has the messages, but no client.</summary>
internal static class AppCallbackMethods
{
    private const string Service = "dapr.proto.runtime.v1.AppCallback";

    public static Method<Empty, ListTopicSubscriptionsResponse> ListTopicSubscriptions { get; } =
        Unary<Empty, ListTopicSubscriptionsResponse>(Service, "ListTopicSubscriptions");

    public static Method<TopicEventRequest, TopicEventResponse> OnTopicEvent { get; } =
        Unary<TopicEventRequest, TopicEventResponse>(Service, "OnTopicEvent");

    public static Method<TopicEventBulkRequest, TopicEventBulkResponse> OnBulkTopicEvent { get; } =
        Unary<TopicEventBulkRequest, TopicEventBulkResponse>(Service, "OnBulkTopicEvent");

    /// <summary>The older name, which apps may still have alone.</summary>
    public static Method<TopicEventBulkRequest, TopicEventBulkResponse> OnBulkTopicEventAlpha1 { get; } =
        Unary<TopicEventBulkRequest, TopicEventBulkResponse>(Service + "Alpha", "OnBulkTopicEventAlpha1");

    private static Method<TRequest, TResponse> Unary<TRequest, TResponse>(string service, string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        new(MethodType.Unary, service, name, GrpcMarshalling.Of<TRequest>(), GrpcMarshalling.Of<TResponse>());
}
