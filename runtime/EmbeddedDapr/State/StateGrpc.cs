using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.Hosting;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Wire = Dapr.Client.Autogen.Grpc.v1;

namespace Dapr.Embedded.State;

/// <summary>The state methods of dapr.proto.runtime.v1.Dapr.</summary>
internal sealed class StateGrpc(StateAccess state)
{
    public void Map(GrpcMethods methods)
    {
        methods.Unary<GetStateRequest, GetStateResponse>("GetState", GetAsync);
        methods.Unary<GetBulkStateRequest, GetBulkStateResponse>("GetBulkState", GetBulkAsync);
        methods.Unary<SaveStateRequest, Empty>("SaveState", SaveAsync);
        methods.Unary<DeleteStateRequest, Empty>("DeleteState", DeleteAsync);
        methods.Unary<DeleteBulkStateRequest, Empty>("DeleteBulkState", DeleteBulkAsync);
        methods.Unary<ExecuteStateTransactionRequest, Empty>("ExecuteStateTransaction", TransactAsync);
        methods.Unary<QueryStateRequest, QueryStateResponse>("QueryStateAlpha1", (request, _) => throw state.QueryRefused(request.StoreName));
    }

    private async Task<GetStateResponse> GetAsync(GetStateRequest request, ServerCallContext call)
    {
        var row = await state.GetAsync(request.StoreName, request.Key, call.CancellationToken).ConfigureAwait(false);
        var response = new GetStateResponse();
        if (row is null)
            return response;
        response.Data = UnsafeByteOperations.UnsafeWrap(row.Value);
        response.Etag = row.ETag;
        if (row.Expires is { } expires)
            response.Metadata["ttlExpireTime"] = StateTimes.Text(expires);
        return response;
    }

    private async Task<GetBulkStateResponse> GetBulkAsync(GetBulkStateRequest request, ServerCallContext call)
    {
        var rows = await state.GetBulkAsync(request.StoreName, request.Keys, call.CancellationToken).ConfigureAwait(false);
        var response = new GetBulkStateResponse();
        for (var i = 0; i < rows.Count; i++)
        {
            var item = new BulkStateItem { Key = request.Keys[i] };
            if (rows[i] is { } row)
            {
                item.Data = UnsafeByteOperations.UnsafeWrap(row.Value);
                item.Etag = row.ETag;
                if (row.Expires is { } expires)
                    item.Metadata["ttlExpireTime"] = StateTimes.Text(expires);
            }
            response.Items.Add(item);
        }
        return response;
    }

    private async Task<Empty> SaveAsync(SaveStateRequest request, ServerCallContext call)
    {
        await state.SaveAsync(request.StoreName, [.. request.States.Select(Item)], call.CancellationToken).ConfigureAwait(false);
        return new Empty();
    }

    private async Task<Empty> DeleteAsync(DeleteStateRequest request, ServerCallContext call)
    {
        var item = new StateItem(
            request.Key,
            null,
            request.Etag?.Value,
            request.Metadata,
            Concurrency(request.Options),
            Consistency(request.Options)
        );
        await state.DeleteAsync(request.StoreName, item, call.CancellationToken).ConfigureAwait(false);
        return new Empty();
    }

    private async Task<Empty> DeleteBulkAsync(DeleteBulkStateRequest request, ServerCallContext call)
    {
        foreach (var item in request.States)
            await state.DeleteAsync(request.StoreName, Item(item), call.CancellationToken).ConfigureAwait(false);
        return new Empty();
    }

    private async Task<Empty> TransactAsync(ExecuteStateTransactionRequest request, ServerCallContext call)
    {
        var operations = request.Operations.Select(one => (one.OperationType, Item(one.Request ?? new Wire.StateItem()))).ToList();
        await state.TransactAsync(request.StoreName, operations, call.CancellationToken).ConfigureAwait(false);
        return new Empty();
    }

    private static StateItem Item(Wire.StateItem item) =>
        new(item.Key, item.Value.ToByteArray(), item.Etag?.Value, item.Metadata, Concurrency(item.Options), Consistency(item.Options));

    private static string Concurrency(StateOptions? options) =>
        options?.Concurrency switch
        {
            StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite => "first-write",
            StateOptions.Types.StateConcurrency.ConcurrencyLastWrite => "last-write",
            _ => "",
        };

    private static string Consistency(StateOptions? options) =>
        options?.Consistency switch
        {
            StateOptions.Types.StateConsistency.ConsistencyEventual => "eventual",
            StateOptions.Types.StateConsistency.ConsistencyStrong => "strong",
            _ => "",
        };
}
