using System.Text.Json;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Simulator.PromQl;

namespace Dapr.Anomaly.Simulator.Api;

/// <summary>Answers in the envelope of the Prometheus HTTP API.</summary>
internal static class PrometheusJson
{
    private const int FlushBytes = 256 * 1024;

    public static async Task MatrixAsync(HttpResponse response, IReadOnlyList<Column> columns, Steps steps, CancellationToken cancellationToken)
    {
        await using var writer = Begin(response, "matrix");
        foreach (var column in columns)
        {
            if (Array.TrueForAll(column.Values, Missing.Is))
                continue;
            writer.WriteStartObject();
            Labels(writer, "metric", column.Labels);
            writer.WriteStartArray("values");
            for (var i = 0; i < steps.Count; i++)
                if (!Missing.Is(column.Values[i]))
                    Point(writer, steps.At(i), column.Values[i]);
            writer.WriteEndArray();
            writer.WriteEndObject();
            if (writer.BytesPending > FlushBytes)
                await writer.FlushAsync(cancellationToken);
        }
        End(writer);
    }

    public static async Task VectorAsync(HttpResponse response, IReadOnlyList<Column> columns, long timeMs)
    {
        await using var writer = Begin(response, "vector");
        foreach (var column in columns.Where(static c => !Missing.Is(c.Values[0])))
        {
            writer.WriteStartObject();
            Labels(writer, "metric", column.Labels);
            writer.WritePropertyName("value");
            Point(writer, timeMs, column.Values[0]);
            writer.WriteEndObject();
        }
        End(writer);
    }

    public static async Task ScalarAsync(HttpResponse response, string type, long timeMs, string text)
    {
        await using var writer = Begin(response, type);
        writer.WriteNumberValue(timeMs / 1000.0);
        writer.WriteStringValue(text);
        End(writer);
    }

    public static async Task DataAsync(HttpResponse response, Action<Utf8JsonWriter> data)
    {
        await using var writer = Open(response);
        writer.WritePropertyName("data");
        data(writer);
        writer.WriteEndObject();
    }

    public static async Task ErrorAsync(HttpResponse response, int status, string type, string message)
    {
        response.StatusCode = status;
        await using var writer = Open(response, "error");
        writer.WriteString("errorType", type);
        writer.WriteString("error", message);
        writer.WriteEndObject();
    }

    public static void Labels(Utf8JsonWriter writer, string? property, Labels labels)
    {
        if (property is null)
            writer.WriteStartObject();
        else
            writer.WriteStartObject(property);
        foreach (var (name, value) in labels)
            writer.WriteString(name, value);
        writer.WriteEndObject();
    }

    private static Utf8JsonWriter Begin(HttpResponse response, string type)
    {
        var writer = Open(response);
        writer.WriteStartObject("data");
        writer.WriteString("resultType", type);
        writer.WriteStartArray("result");
        return writer;
    }

    private static void End(Utf8JsonWriter writer)
    {
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static Utf8JsonWriter Open(HttpResponse response, string status = "success")
    {
        response.ContentType = "application/json";
        var writer = new Utf8JsonWriter(response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteString("status", status);
        return writer;
    }

    private static void Point(Utf8JsonWriter writer, long timeMs, double value)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(timeMs / 1000.0);
        writer.WriteStringValue(Evaluator.Number(value));
        writer.WriteEndArray();
    }
}
