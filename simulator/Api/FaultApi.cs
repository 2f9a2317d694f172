using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Simulator.Cluster;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Simulator.Api;

/// <summary>An event as the API shows it.</summary>
/// <param name="Id">From 1.</param>
/// <param name="Kind">One of the names that <c>POST</c> takes.</param>
/// <param name="Workload"><c>namespace/name</c>.</param>
/// <param name="Start">First instant with an effect.</param>
/// <param name="End">First instant without.</param>
/// <param name="Anomalous">False for normal events, which a detector should not report.</param>
/// <param name="Active">Whether it is going on.</param>
public sealed record FaultView(int Id, string Kind, string Workload, DateTimeOffset Start, DateTimeOffset End, bool Anomalous, bool Active);

/// <summary>Body of <c>POST /simulator/faults</c>.</summary>
/// <param name="Kind">Such as <c>cpu</c>.</param>
/// <param name="Workload"><c>checkout</c> or <c>boutique/checkout</c>.</param>
/// <param name="Duration">Such as <c>5m</c>.</param>
/// <param name="Start">From when; now when left out.</param>
public sealed record FaultRequest(string? Kind, string? Workload, string? Duration, DateTimeOffset? Start);

/// <summary><c>/simulator</c>: does things to the cluster and tells the ground truth.</summary>
internal static class FaultApi
{
    public static void Map(WebApplication app, SimulatedCluster cluster)
    {
        var group = app.MapGroup("/simulator");
        group.MapGet("/faults", () => cluster.Events.Where(f => f.IsAnomalous || f.Start <= cluster.Now).Select(f => View(f, cluster.Now)));
        group.MapGet("/labels", () => cluster.Events.Where(f => f.Start <= cluster.Now).Select(f => View(f, cluster.Now)));
        group.MapGet("/workloads", () => cluster.Workloads);
        group.MapPost("/faults", (FaultRequest request) => Inject(cluster, request));
        group.MapDelete(
            "/faults/{id:int}",
            Results<Ok<FaultView>, NotFound<string>> (int id) =>
                cluster.End(id) is { } fault ? TypedResults.Ok(View(fault, cluster.Now)) : TypedResults.NotFound($"fault {id} is not going on")
        );
    }

    private static Results<Created<FaultView>, BadRequest<string>> Inject(SimulatedCluster cluster, FaultRequest request)
    {
        if (!FaultKinds.TryParse(request.Kind ?? "", out var kind))
            return TypedResults.BadRequest($"kind \"{request.Kind}\" is not known; write one of {string.Join(", ", FaultKinds.Names)}");
        if (!PromDuration.TryParse(request.Duration ?? "5m", out var duration) || duration <= TimeSpan.Zero)
            return TypedResults.BadRequest($"duration \"{request.Duration}\" is not a duration; write 90s, 5m or 1h");
        try
        {
            var fault = cluster.Inject(kind, request.Workload ?? "checkout", duration, request.Start);
            return TypedResults.Created("/simulator/faults", View(fault, cluster.Now));
        }
        catch (ArgumentException e)
        {
            return TypedResults.BadRequest(e.Message);
        }
    }

    private static FaultView View(Fault fault, DateTimeOffset now) =>
        new(
            fault.Id,
            FaultKinds.NameOf(fault.Kind),
            fault.Workload,
            fault.Start,
            fault.End,
            fault.IsAnomalous,
            fault.Start <= now && now < fault.End
        );
}
