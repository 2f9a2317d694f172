using System.Text.Json;
using System.Text.Json.Serialization;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>
/// A series as JSON: <c>{"id","name","kind","unit","labels"}</c>. Reading wants the name; the id is computed, and one that is given must be that of
/// name and labels.
/// </summary>
internal sealed class SeriesIdentityJson : JsonConverter<SeriesIdentity>
{
    public override SeriesIdentity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var form = JsonSerializer.Deserialize<Form>(ref reader, options) ?? throw new JsonException("a series is missing");
        if (string.IsNullOrEmpty(form.Name))
            throw new JsonException("a series needs a name");
        var series = new SeriesIdentity(form.Name, form.Kind, form.Unit ?? "", Labels(form));
        return form.Id is { } id && id != series.Id ? throw new JsonException($"id {id} is not that of {series}, which is {series.Id}") : series;
    }

    private static Labels Labels(Form form)
    {
        try
        {
            return new(form.Labels ?? []);
        }
        catch (ArgumentException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, SeriesIdentity value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, new Form(value.Id, value.Name, value.Kind, value.Unit, value.Labels.ToDictionary()), options);

    private sealed record Form(
        SeriesId? Id = null,
        string? Name = null,
        SignalKind Kind = SignalKind.Other,
        string? Unit = null,
        Dictionary<string, string>? Labels = null
    );
}
