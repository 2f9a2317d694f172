using System.Threading.Channels;
using Dapr.AspNetCore;
using Microsoft.AspNetCore.Mvc;

namespace Dapr.Conformance.Tests.Clients;

/// <summary>What an endpoint of Dapr.AspNetCore binds.</summary>
public sealed record Order(string Name);

/// <summary>A controller with the attributes of Dapr.AspNetCore; it notes what it is sent.</summary>
[ApiController]
public sealed class OrdersController(Channel<string> seen) : ControllerBase
{
    [Topic("pubsub", "asp-controller")]
    [HttpPost("controller")]
    public IActionResult Plain(Order order) => Take($"controller {order.Name}");

    [Topic("pubsub", "asp-controller", "event.type == \"urgent\"", 1)]
    [HttpPost("controller-urgent")]
    public IActionResult Urgent(Order order) => Take($"controller-urgent {order.Name}");

    [Topic("pubsub", "asp-bulk", "asp-dead", false)]
    [BulkSubscribe("asp-bulk", 10, 500)]
    [HttpPost("bulk")]
    public ActionResult<BulkSubscribeAppResponse> Bulk(BulkSubscribeMessage<BulkMessageModel<Order>> messages) =>
        new BulkSubscribeAppResponse([
            .. messages.Entries.Select(entry =>
            {
                Take($"bulk {entry.Event.Data.Name}");
                return new BulkSubscribeAppResponseEntry(
                    entry.EntryId,
                    entry.Event.Data.Name.StartsWith("drop", StringComparison.Ordinal)
                        ? BulkSubscribeAppResponseStatus.DROP
                        : BulkSubscribeAppResponseStatus.SUCCESS
                );
            }),
        ]);

    private OkResult Take(string what)
    {
        seen.Writer.TryWrite(what);
        return Ok();
    }
}
