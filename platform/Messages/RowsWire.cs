using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Series;
using Google.Protobuf;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Rows to score in their binary form (Protos/rows.proto): the featurizer's question to inference.</summary>
public static class RowsWire
{
    public static byte[] ToBytes(IReadOnlyList<ScoreRow> rows)
    {
        var wire = new Wire.ScoreRows { FeatureSchema = FeatureSchema.Current.Hash };
        wire.Features.Capacity = rows.Count * FeatureSchema.Current.Count;
        wire.Recent.Capacity = rows.Count * ScoreRow.RecentSteps;
        foreach (var row in rows)
        {
            wire.Series.Add(row.Id.Fingerprint);
            wire.Kinds.Add((int)row.Kind);
            wire.TimestampsMs.Add(row.Timestamp.ToUnixTimeMilliseconds());
            wire.Values.Add(row.Value);
            wire.MissingFractions.Add(row.MissingFraction);
            wire.Complete.Add(!row.Recent.IsEmpty);
            wire.Features.AddRange(row.Features.Span);
            wire.Recent.AddRange(row.Recent.Span);
        }
        return wire.ToByteArray();
    }

    /// <summary>Rows that one call takes.</summary>
    public const int MaxRows = 10_000;

    /// <exception cref="MessageException">Not rows, or of other features than this build extracts; the message says what is wrong.</exception>
    public static IReadOnlyList<ScoreRow> FromBytes(ReadOnlySpan<byte> bytes) =>
        Untrusted.Read("rows", bytes, static content => FromWire(Wire.ScoreRows.Parser.ParseFrom(content)));

    private static IReadOnlyList<ScoreRow> FromWire(Wire.ScoreRows wire)
    {
        if (wire.FeatureSchema != FeatureSchema.Current.Hash)
            throw new MessageException($"rows: features of schema {Short(wire.FeatureSchema)}, this build has {Short(FeatureSchema.Current.Hash)}");
        var (count, width) = (wire.Series.Count, FeatureSchema.Current.Count);
        if (count > MaxRows)
            throw new MessageException($"rows: {count} in one call; send at most {MaxRows}");
        var complete = wire.Complete.Count(c => c);
        Require("kinds", wire.Kinds.Count, count);
        Require("timestamps_ms", wire.TimestampsMs.Count, count);
        Require("values", wire.Values.Count, count);
        Require("missing_fractions", wire.MissingFractions.Count, count);
        Require("complete", wire.Complete.Count, count);
        Require("features", wire.Features.Count, count * width);
        Require("recent", wire.Recent.Count, complete * ScoreRow.RecentSteps);

        var (features, recent) = (new float[wire.Features.Count], new float[wire.Recent.Count]);
        wire.Features.CopyTo(features, 0);
        wire.Recent.CopyTo(recent, 0);
        RefuseInfinity("features", features);
        RefuseInfinity("recent", recent);
        var rows = new ScoreRow[count];
        for (int i = 0, next = 0; i < count; i++)
        {
            var steps = wire.Complete[i] ? ScoreRow.RecentSteps : 0;
            rows[i] = new(
                new SeriesId(wire.Series[i]),
                Kind(wire.Kinds[i], i),
                Time(wire.TimestampsMs[i], i),
                Sample.IsValue(wire.Values[i]) ? wire.Values[i] : throw new MessageException($"rows: values[{i}] {wire.Values[i]} is not a value"),
                features.AsMemory(i * width, width),
                wire.MissingFractions[i] is >= 0 and <= 1
                    ? wire.MissingFractions[i]
                    : throw new MessageException($"rows: missing_fractions[{i}] {wire.MissingFractions[i]} is not a share"),
                recent.AsMemory(next, steps)
            );
            next += steps;
        }
        return rows;
    }

    /// <summary>What is missing is NaN; nothing is infinite.</summary>
    private static void RefuseInfinity(string name, ReadOnlySpan<float> values)
    {
        foreach (var value in values)
            if (float.IsInfinity(value))
                throw new MessageException($"rows: {name} has an infinite entry");
    }

    private static void Require(string name, int seen, int wanted)
    {
        if (seen != wanted)
            throw new MessageException($"rows: {name} has {seen} entries, {wanted} are needed");
    }

    private static SignalKind Kind(int kind, int row) =>
        Enum.IsDefined((SignalKind)kind) ? (SignalKind)kind : throw new MessageException($"rows: kinds[{row}] is {kind}, which is not known");

    private static DateTimeOffset Time(long ms, int row) =>
        ms >= 0 && ms < TimeGrid.EndOfTime.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : throw new MessageException($"rows: timestamps_ms[{row}] {ms} is not a time");

    private static string Short(string hash) => hash.Length > 8 ? $"{hash[..8]}…" : $"\"{hash}\"";
}
