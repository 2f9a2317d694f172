using System.Text.Json;
using Dapr.Anomaly.Core.Series;
using Google.Protobuf;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>
/// What one collection of one shard saw. Receiving it twice is harmless: a sample that is not newer than the window's last one changes nothing.
/// </summary>
/// <param name="Shard">Shard by hash of the series; fixed by configuration.</param>
/// <param name="Part">Number of this message among those of the same collection and shard, from 0.</param>
public sealed record MetricBatch(int Shard, int Part, SampleTable Samples)
{
    /// <summary>Content type of the binary form; brokers and sidecars carry it as it is.</summary>
    public const string BinaryMediaType = "application/octet-stream";

    private const string What = "metric batch";

    /// <summary>Of shards and of parts.</summary>
    private const int MaxNumber = 1_000_000;

    public byte[] ToBytes() =>
        new Wire.MetricBatch
        {
            Shard = (uint)Shard,
            Part = (uint)Part,
            Samples = SampleTableWire.ToWire(Samples),
        }.ToByteArray();

    /// <exception cref="MessageException">Not a batch; the message says what is wrong.</exception>
    public static MetricBatch FromBytes(ReadOnlySpan<byte> bytes) =>
        Untrusted.Read(
            What,
            bytes,
            static content =>
            {
                var batch = Wire.MetricBatch.Parser.ParseFrom(content);
                if (batch.Samples is null)
                    throw new MessageException($"{What}: samples are missing");
                return new MetricBatch(Number("shard", batch.Shard), Number("part", batch.Part), SampleTableWire.FromWire(What, batch.Samples));
            }
        );

    /// <summary>The form for other languages, see docs/api/asyncapi.yaml.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(MetricBatchJson.From(this), MessageJson.Options);

    /// <exception cref="MessageException">Not a batch; the message says where.</exception>
    public static MetricBatch FromJson(ReadOnlySpan<byte> json) =>
        Untrusted.Read(What, json, static content => JsonMessage.Read<MetricBatchJson>(What, content).ToBatch(What));

    internal static int Number(string name, long number) =>
        number is >= 0 and <= MaxNumber ? (int)number : throw new MessageException($"{What}: {name}: {number} is outside 0 to {MaxNumber}");
}
