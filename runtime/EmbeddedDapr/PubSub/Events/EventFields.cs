namespace Dapr.Embedded.PubSub.Events;

/// <summary>Names and constants of the CloudEvents that Dapr writes.</summary>
internal static class EventFields
{
    public const string ContentType = "application/cloudevents+json";
    public const string SpecVersion = "1.0";
    public const string Type = "com.dapr.event.sent";
    public const string BulkType = "com.dapr.event.sent.bulk";
    public const string DefaultSource = "Dapr";
}
