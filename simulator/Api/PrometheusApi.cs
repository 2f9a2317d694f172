using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Simulator.PromQl;

namespace Dapr.Anomaly.Simulator.Api;

/// <summary>The endpoints of the Prometheus HTTP API that clients of the detector's kind use.</summary>
internal static class PrometheusApi
{
    private const int MaxPoints = 11_000;
    private static readonly string[] GetOrPost = ["GET", "POST"];

    public static void Map(WebApplication app, SimulatedCluster cluster)
    {
        void Both(string path, Func<QueryRequest, HttpResponse, CancellationToken, Task> answer) =>
            app.MapMethods(path, GetOrPost, (HttpContext context) => GuardedAsync(context, answer));

        Both("/api/v1/query", (request, response, _) => QueryAsync(cluster, request, response));
        Both("/api/v1/query_range", (request, response, cancellation) => QueryRangeAsync(cluster, request, response, cancellation));
        Both("/api/v1/series", (request, response, _) => SeriesAsync(cluster, request, response));
        Both(
            "/api/v1/labels",
            (request, response, _) => StringsAsync(response, Matching(cluster, request).SelectMany(static s => s.Labels.Select(static l => l.Key)))
        );
        Both(
            "/api/v1/label/{name}/values",
            (request, response, _) =>
            {
                var name = (string)response.HttpContext.Request.RouteValues["name"]!;
                return StringsAsync(response, Matching(cluster, request).Select(s => s.Labels[name]).Where(static v => v.Length > 0));
            }
        );
        Both(
            "/api/v1/status/buildinfo",
            static (_, response, _) =>
                PrometheusJson.DataAsync(
                    response,
                    static writer =>
                    {
                        writer.WriteStartObject();
                        writer.WriteString("version", "2.42.0");
                        writer.WriteString("application", "anomaly simulate");
                        writer.WriteEndObject();
                    }
                )
        );
        Both(
            "/api/v1/metadata",
            static (_, response, _) =>
                PrometheusJson.DataAsync(
                    response,
                    static writer =>
                    {
                        writer.WriteStartObject();
                        writer.WriteEndObject();
                    }
                )
        );
        app.MapGet("/-/ready", static () => "The simulator is ready.\n");
        app.MapGet("/-/healthy", static () => "The simulator is healthy.\n");
        app.MapGet("/metrics", (HttpContext context) => Exposition.WriteAsync(cluster, context.Response, context.RequestAborted));
    }

    private static async Task GuardedAsync(HttpContext context, Func<QueryRequest, HttpResponse, CancellationToken, Task> answer)
    {
        try
        {
            await answer(await QueryRequest.ReadAsync(context.Request, context.RequestAborted), context.Response, context.RequestAborted);
        }
        catch (PromQlException e)
        {
            await PrometheusJson.ErrorAsync(context.Response, e.ErrorType == "execution" ? 422 : 400, e.ErrorType, e.Message);
        }
        catch (BadRequest e)
        {
            await PrometheusJson.ErrorAsync(context.Response, 400, "bad_data", e.Message);
        }
    }

    private static Task QueryAsync(SimulatedCluster cluster, QueryRequest request, HttpResponse response)
    {
        var now = cluster.Now.ToUnixTimeMilliseconds();
        var time = request.Time("time", now);
        var result = new Evaluator(cluster.Snapshot.Until(now), new Steps(time, 1, 1)).Evaluate(Parser.Parse(request.Text("query")));
        return result switch
        {
            { Vector: { } vector } => PrometheusJson.VectorAsync(response, vector, time),
            { Scalar: { } scalar } => PrometheusJson.ScalarAsync(response, "scalar", time, Evaluator.Number(scalar[0])),
            _ => PrometheusJson.ScalarAsync(response, "string", time, result.Text!),
        };
    }

    private static Task QueryRangeAsync(SimulatedCluster cluster, QueryRequest request, HttpResponse response, CancellationToken cancellationToken)
    {
        var (start, end, step) = (request.Time("start", null), request.Time("end", null), request.StepMs());
        if (end < start)
            throw new BadRequest("invalid parameter \"end\": end timestamp must not be before start time");
        if ((end - start) / step >= MaxPoints)
            throw new BadRequest("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)");
        var node = Parser.Parse(request.Text("query"));
        if (node.Type is not (PromQl.ValueType.Scalar or PromQl.ValueType.Vector))
            throw new BadRequest(
                $"invalid parameter \"query\": invalid expression type \"{(node.Type == PromQl.ValueType.Matrix ? "range vector" : "string")}\" for "
                    + "range query, must be Scalar or instant Vector"
            );
        var steps = new Steps(start, step, (int)((end - start) / step) + 1);
        var result = new Evaluator(cluster.Snapshot.Until(cluster.Now.ToUnixTimeMilliseconds()), steps).Evaluate(node);
        return PrometheusJson.MatrixAsync(response, result.Vector ?? [new Column(Labels.Empty, result.Scalar!)], steps, cancellationToken);
    }

    private static Task SeriesAsync(SimulatedCluster cluster, QueryRequest request, HttpResponse response)
    {
        if (request.All("match[]").Count == 0)
            throw new BadRequest("no match[] parameter provided");
        return PrometheusJson.DataAsync(
            response,
            writer =>
            {
                writer.WriteStartArray();
                foreach (var series in Matching(cluster, request))
                    PrometheusJson.Labels(writer, null, series.Labels);
                writer.WriteEndArray();
            }
        );
    }

    /// <summary>Series with samples between <c>start</c> and <c>end</c> that match any of the selectors, or all when none is given.</summary>
    private static IEnumerable<Cluster.SimulatedSeries> Matching(SimulatedCluster cluster, QueryRequest request)
    {
        var snapshot = cluster.Snapshot;
        var now = cluster.Now.ToUnixTimeMilliseconds();
        var first = snapshot.Grid.StepFrom(request.Time("start", snapshot.Grid.EpochMs));
        var last = snapshot.Grid.StepOf(Math.Min(request.Time("end", now), now));
        var selectors = request
            .All("match[]")
            .Select(static m =>
                Parser.Parse(m) is SelectorNode selector
                    ? selector.Matchers
                    : throw new BadRequest($"invalid parameter \"match[]\": {m} is not a selector")
            )
            .ToList();
        return snapshot.Series.Where(s =>
            Math.Max(first, s.From) <= Math.Min(last, s.To - 1)
            && (selectors.Count == 0 || selectors.Exists(matchers => matchers.All(m => m.Matches(s.Labels))))
        );
    }

    private static Task StringsAsync(HttpResponse response, IEnumerable<string> values)
    {
        var sorted = values.Distinct().Order(StringComparer.Ordinal).ToList();
        return PrometheusJson.DataAsync(
            response,
            writer =>
            {
                writer.WriteStartArray();
                foreach (var value in sorted)
                    writer.WriteStringValue(value);
                writer.WriteEndArray();
            }
        );
    }
}
