using System.Threading.Channels;
using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.Hosting;
using Grpc.Core;
using Wire = Dapr.Client.Autogen.Grpc.v1;

namespace Dapr.Embedded.Configuration;

/// <summary>The configuration methods of dapr.proto.runtime.v1.Dapr, under their stable and alpha names.</summary>
internal sealed class ConfigurationGrpc(ConfigurationAccess configuration)
{
    public void Map(GrpcMethods methods)
    {
        foreach (var suffix in new[] { "", "Alpha1" })
        {
            methods.Unary<GetConfigurationRequest, GetConfigurationResponse>("GetConfiguration" + suffix, GetAsync);
            methods.ServerStreaming<SubscribeConfigurationRequest, SubscribeConfigurationResponse>("SubscribeConfiguration" + suffix, SubscribeAsync);
            methods.Unary<UnsubscribeConfigurationRequest, UnsubscribeConfigurationResponse>("UnsubscribeConfiguration" + suffix, UnsubscribeAsync);
        }
    }

    private async Task<GetConfigurationResponse> GetAsync(GetConfigurationRequest request, ServerCallContext call)
    {
        var response = new GetConfigurationResponse();
        foreach (var (key, item) in await configuration.GetAsync(request.StoreName, request.Keys, call.CancellationToken).ConfigureAwait(false))
            response.Items[key] = Item(item);
        return response;
    }

    /// <summary>The first message carries the id alone; the stream ends with the call or with Unsubscribe.</summary>
    private async Task SubscribeAsync(
        SubscribeConfigurationRequest request,
        IServerStreamWriter<SubscribeConfigurationResponse> stream,
        ServerCallContext call
    )
    {
        var changes = Channel.CreateUnbounded<SubscribeConfigurationResponse>();
        var id = await configuration
            .SubscribeAsync(
                request.StoreName,
                request.Keys,
                (id, items) =>
                {
                    var message = new SubscribeConfigurationResponse { Id = id };
                    foreach (var (key, item) in items)
                        message.Items[key] = Item(item);
                    changes.Writer.TryWrite(message);
                    return Task.CompletedTask;
                },
                () => changes.Writer.TryComplete(),
                call.CancellationToken
            )
            .ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(new SubscribeConfigurationResponse { Id = id }, call.CancellationToken).ConfigureAwait(false);
            await foreach (var message in changes.Reader.ReadAllAsync(call.CancellationToken).ConfigureAwait(false))
                await stream.WriteAsync(message, call.CancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The caller is gone.
        }
        finally
        {
            await configuration.EndAsync(id).ConfigureAwait(false);
        }
    }

    private async Task<UnsubscribeConfigurationResponse> UnsubscribeAsync(UnsubscribeConfigurationRequest request, ServerCallContext call)
    {
        var known = await configuration.UnsubscribeAsync(request.StoreName, request.Id).ConfigureAwait(false);
        return new UnsubscribeConfigurationResponse { Ok = known, Message = known ? "" : $"subscription with id {request.Id} does not exist" };
    }

    private static Wire.ConfigurationItem Item(ConfigurationItem item) => new() { Value = item.Value, Version = item.Version };
}
