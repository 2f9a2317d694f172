using System.Globalization;
using System.Text.Json;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Inference.Samples;

/// <summary>
/// Reads the body of <c>POST /v1/score</c>: one question or a list of them, each
/// <c>{"series":{"name","labels","kind","unit"},"points":[[t,v],…],"stepSeconds":15,"all":false}</c>. Every error names the JSON path, what was seen
/// and what would be right.
/// </summary>
internal static class ScoreBody
{
    public const int MaxSeries = 1_000;
    public const int MaxPoints = 20_000;
    private const int MaxLabels = 64;
    private const int MaxLength = 1_024;

    private static readonly double EndOfTime = TimeGrid.EndOfTime.ToUnixTimeSeconds();

    /// <exception cref="MessageException">Not such a body.</exception>
    public static IReadOnlyList<ScoreQuestion> Read(ReadOnlyMemory<byte> body) =>
        Untrusted.Read(
            "$",
            body.Span,
            body,
            static (_, content) =>
            {
                using var json = Parse(content);
                return Questions(json.RootElement);
            }
        );

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException e)
        {
            throw new MessageException($"$: not JSON: {e.Message}", e);
        }
    }

    private static IReadOnlyList<ScoreQuestion> Questions(JsonElement body)
    {
        if (body.ValueKind == JsonValueKind.Object)
            return [Question(body, "$")];
        if (body.ValueKind != JsonValueKind.Array)
            throw Wrong("$", body, "an object with series and points, or a list of such objects");
        if (body.GetArrayLength() is var count && count is 0 or > MaxSeries)
            throw new MessageException($"$: {count} series; send 1 to {MaxSeries}");
        return [.. body.EnumerateArray().Select((question, i) => Question(question, $"$[{i}]"))];
    }

    private static ScoreQuestion Question(JsonElement question, string path)
    {
        if (question.ValueKind != JsonValueKind.Object)
            throw Wrong(path, question, "an object with series and points");
        foreach (var property in question.EnumerateObject())
            if (property.Name is not ("series" or "points" or "stepSeconds" or "all"))
                throw new MessageException($"{path}.{property.Name}: unknown; known are series, points, stepSeconds and all");
        var points = Points(Required(question, path, "points"), $"{path}.points");
        return new(
            Series(Required(question, path, "series"), $"{path}.series"),
            points,
            Step(question, path, points),
            question.TryGetProperty("all", out var all) && Flag(all, $"{path}.all")
        );
    }

    private static SeriesIdentity Series(JsonElement series, string path)
    {
        if (series.ValueKind != JsonValueKind.Object)
            throw Wrong(path, series, "an object with a name");
        foreach (var property in series.EnumerateObject())
            if (property.Name is not ("name" or "labels" or "kind" or "unit" or "id"))
                throw new MessageException($"{path}.{property.Name}: unknown; known are name, labels, kind and unit");
        var name = Text(Required(series, path, "name"), $"{path}.name");
        if (name.Length == 0)
            throw new MessageException($"{path}.name: is empty");
        var kind = series.TryGetProperty("kind", out var given) ? Kind(given, $"{path}.kind") : SignalKind.Other;
        var unit = series.TryGetProperty("unit", out var text) ? Text(text, $"{path}.unit") : "";
        var labels = series.TryGetProperty("labels", out var set) ? Labels(set, $"{path}.labels") : Core.Series.Labels.Empty;
        var identity = new SeriesIdentity(name, kind, unit, labels);
        if (series.TryGetProperty("id", out var id) && Text(id, $"{path}.id") is var claimed && claimed != identity.Id.ToString())
            throw new MessageException($"{path}.id: {claimed} is not that of this name and these labels, which is {identity.Id}; leave it out");
        return identity;
    }

    private static Labels Labels(JsonElement labels, string path)
    {
        if (labels.ValueKind != JsonValueKind.Object)
            throw Wrong(path, labels, "an object of label names and values");
        if (labels.GetPropertyCount() is var count and > MaxLabels)
            throw new MessageException($"{path}: {count} labels; send at most {MaxLabels}");
        var pairs = labels.EnumerateObject().Select(l => Label(l, path)).ToList();
        return pairs.GroupBy(p => p.Key).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new MessageException($"{path}.{twice.Key}: is given twice")
            : new(pairs);
    }

    private static KeyValuePair<string, string> Label(JsonProperty label, string path) =>
        label.Name.Length is 0 or > MaxLength
            ? throw new MessageException($"{path}: a label name of {label.Name.Length} characters; write 1 to {MaxLength}")
            : new(label.Name, Text(label.Value, $"{path}.{label.Name}"));

    private static List<Sample> Points(JsonElement points, string path)
    {
        if (points.ValueKind != JsonValueKind.Array)
            throw Wrong(path, points, "a list of [time, value]");
        if (points.GetArrayLength() is var count && count is 0 or > MaxPoints)
            throw new MessageException($"{path}: {count} points; send 1 to {MaxPoints}");
        List<Sample> samples = new(count);
        var previous = DateTimeOffset.MinValue;
        var index = 0;
        foreach (var point in points.EnumerateArray())
        {
            var here = $"{path}[{index++}]";
            if (point.ValueKind != JsonValueKind.Array || point.GetArrayLength() != 2)
                throw Wrong(here, point, "[time, value]");
            var time = Time(point[0], $"{here}[0]");
            if (time <= previous)
                throw new MessageException($"{here}[0]: {time:O} does not come after {previous:O}; send points in time order");
            previous = time;
            if (Value(point[1], $"{here}[1]") is { } value)
                samples.Add(new(time, value));
        }
        return samples.Count > 0 ? samples : throw new MessageException($"{path}: every value is null");
    }

    private static DateTimeOffset Time(JsonElement time, string path)
    {
        if (time.ValueKind == JsonValueKind.Number && time.TryGetDouble(out var seconds) && seconds >= 0 && seconds < EndOfTime)
            return DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(seconds * 1000));
        if (
            time.ValueKind == JsonValueKind.String
            && DateTimeOffset.TryParse(time.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            && TimeGrid.IsTime(instant)
        )
            return instant.ToUniversalTime();
        throw Wrong(path, time, "seconds since 1970, or a time such as \"2026-12-01T12:00:00Z\", before 2200");
    }

    private static double? Value(JsonElement value, string path) =>
        value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.Number when value.TryGetDouble(out var number) && Sample.IsValue(number) => number,
            _ => throw Wrong(path, value, "a finite number of at most 1e30, or null where there is no sample"),
        };

    /// <summary>Given, or the median distance of the points.</summary>
    private static TimeSpan Step(JsonElement question, string path, List<Sample> points)
    {
        if (question.TryGetProperty("stepSeconds", out var given))
        {
            if (
                given.ValueKind == JsonValueKind.Number
                && given.TryGetDouble(out var seconds)
                && seconds >= TimeGrid.MinStep.TotalSeconds
                && seconds <= TimeGrid.MaxStep.TotalSeconds
            )
                return TimeSpan.FromSeconds(seconds);
            throw Wrong($"{path}.stepSeconds", given, $"a number above 0, at most {TimeGrid.MaxStep.TotalSeconds}; no step is shorter than 0.001");
        }
        if (points.Count < 2)
            return TimeSpan.FromSeconds(15);
        var distances = points.Zip(points.Skip(1), (a, b) => b.Timestamp - a.Timestamp).Order().ToArray();
        var step = distances[distances.Length / 2];
        if (step < TimeGrid.MinStep)
            throw new MessageException($"{path}.points: are less than 1 ms apart");
        return step <= TimeGrid.MaxStep
            ? step
            : throw new MessageException($"{path}.points: are {step} apart; at most {TimeGrid.MaxStep} may lie between two");
    }

    private static SignalKind Kind(JsonElement kind, string path)
    {
        for (var i = 0; i < SignalKinds.Count; i++)
            if (kind.ValueKind == JsonValueKind.String && kind.GetString() == SignalKinds.Names[i])
                return (SignalKind)i;
        throw Wrong(path, kind, $"one of {string.Join(", ", SignalKinds.Names)}");
    }

    private static JsonElement Required(JsonElement parent, string path, string name) =>
        parent.TryGetProperty(name, out var value) ? value : throw new MessageException($"{path}.{name}: is missing");

    private static string Text(JsonElement text, string path)
    {
        if (text.ValueKind != JsonValueKind.String)
            throw Wrong(path, text, "a text");
        var value = text.GetString()!;
        return value.Length <= MaxLength ? value : throw new MessageException($"{path}: {value.Length} characters; write at most {MaxLength}");
    }

    private static bool Flag(JsonElement flag, string path) =>
        flag.ValueKind is JsonValueKind.True or JsonValueKind.False ? flag.GetBoolean() : throw Wrong(path, flag, "true or false");

    private static MessageException Wrong(string path, JsonElement seen, string expected)
    {
        var text = seen.GetRawText();
        return new($"{path}: {(text.Length <= 40 ? text : text[..40] + "…")} is not {expected}");
    }
}
