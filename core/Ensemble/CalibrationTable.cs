using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>
/// All calibrations of a model version: by series and member, and by kind and member for series that have none. Immutable; safe for concurrent use.
/// </summary>
public sealed class CalibrationTable
{
    private const uint Magic = 0x42434144; // "DACB"
    private const int Version = 2;

    /// <summary>Place of the joint evidence (<see cref="Evidence.Join"/>), after those of the members.</summary>
    public const int Joint = MemberName.Count;

    /// <summary>Calibrations of one series or kind: one for each member and one for their joint evidence.</summary>
    public const int Places = Joint + 1;

    private readonly Dictionary<SeriesId, MemberCalibration?[]> _own;
    private readonly Dictionary<SignalKind, MemberCalibration?[]> _shared;

    /// <param name="own">By series, then by place: index in <see cref="MemberName.All"/> or <see cref="Joint"/>.</param>
    /// <param name="shared">By kind, then by place.</param>
    public CalibrationTable(IReadOnlyDictionary<SeriesId, MemberCalibration?[]> own, IReadOnlyDictionary<SignalKind, MemberCalibration?[]> shared) =>
        (_own, _shared) = (new(own), new(shared));

    public IReadOnlyCollection<SeriesId> Series => _own.Keys;

    public bool Knows(SeriesId series) => _own.ContainsKey(series);

    /// <summary>The calibration of a member or of the joint evidence for a series: its own, else that of its kind, else null.</summary>
    public MemberCalibration? Find(SeriesId series, SignalKind kind, int place) =>
        (_own.TryGetValue(series, out var own) ? own[place] : null) ?? (_shared.TryGetValue(kind, out var shared) ? shared[place] : null);

    /// <summary>Tail probability of each member's word on a row, NaN for one without an opinion or a calibration.</summary>
    /// <param name="p">By index in <see cref="MemberName.All"/>.</param>
    internal void PValues(SeriesId series, SignalKind kind, in RawScores raw, Span<double> p)
    {
        for (var m = 0; m < MemberName.Count; m++)
            p[m] = double.IsFinite(raw[m]) ? PValue(series, kind, m, raw[m]) : double.NaN;
    }

    /// <summary>
    /// Tail probability of a score, NaN where neither the series nor its kind has a calibration of that place. The LSTM's surprise must be rare
    /// for the kind as well as for the series: the few hours that calibrate a series of quantised or mostly zero values show little of what it does
    /// at other times, its siblings show more.
    /// </summary>
    public double PValue(SeriesId series, SignalKind kind, int place, double score)
    {
        var own = _own.TryGetValue(series, out var members) ? members[place] : null;
        var shared = _shared.TryGetValue(kind, out var siblings) ? siblings[place] : null;
        return (own, shared) switch
        {
            (null, null) => double.NaN,
            (null, _) => shared.PValue(score),
            (_, null) => own.PValue(score),
            _ when place == MemberName.LstmIndex => Math.Max(own.PValue(score), shared.PValue(score)),
            _ => own.PValue(score),
        };
    }

    /// <summary>Little-endian, sorted: the same table gives the same bytes.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(MemberName.Count);
        foreach (var name in MemberName.All)
            writer.Write(name);
        writer.Write(_shared.Count);
        foreach (var (kind, members) in _shared.OrderBy(s => s.Key))
        {
            writer.Write((int)kind);
            Write(writer, members);
        }
        writer.Write(_own.Count);
        foreach (var (series, members) in _own.OrderBy(s => s.Key.Fingerprint))
        {
            writer.Write(series.Fingerprint);
            Write(writer, members);
        }
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">Another format, another version, or cut short.</exception>
    public static CalibrationTable FromBytes(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        try
        {
            if (reader.ReadUInt32() != Magic)
                throw new InvalidDataException("the calibration file does not begin with DACB");
            if (reader.ReadInt32() is var version && version != Version)
                throw new InvalidDataException($"the calibration file has version {version}; this build reads {Version}");
            var names = new string[reader.ReadInt32()];
            for (var i = 0; i < names.Length; i++)
                names[i] = reader.ReadString();
            if (!names.SequenceEqual(MemberName.All))
                throw new InvalidDataException(
                    $"the calibration file is for the members {string.Join(", ", names)}; this build has {string.Join(", ", MemberName.All)}"
                );
            var shared = new Dictionary<SignalKind, MemberCalibration?[]>();
            for (var count = reader.ReadInt32(); count > 0; count--)
                shared.Add((SignalKind)reader.ReadInt32(), Read(reader));
            var own = new Dictionary<SeriesId, MemberCalibration?[]>();
            for (var count = reader.ReadInt32(); count > 0; count--)
                own.Add(new(reader.ReadUInt64()), Read(reader));
            return new(own, shared);
        }
        catch (EndOfStreamException cut)
        {
            throw new InvalidDataException($"the calibration file ends after {bytes.Length} bytes, before it is complete", cut);
        }
    }

    private static void Write(BinaryWriter writer, MemberCalibration?[] members)
    {
        foreach (var member in members)
        {
            writer.Write(member is not null);
            if (member is null)
                continue;
            writer.Write(member.Tail.Threshold);
            writer.Write(member.Tail.Total);
            writer.Write(member.Tail.Excesses);
            writer.Write(member.Tail.Law.Shape);
            writer.Write(member.Tail.Law.Scale);
            foreach (var quantile in member.Quantiles)
                writer.Write(quantile);
        }
    }

    private static MemberCalibration?[] Read(BinaryReader reader)
    {
        var members = new MemberCalibration?[Places];
        for (var m = 0; m < members.Length; m++)
        {
            if (!reader.ReadBoolean())
                continue;
            var tail = new ScoreTail(reader.ReadDouble(), reader.ReadInt32(), reader.ReadInt32(), new(reader.ReadDouble(), reader.ReadDouble()));
            var quantiles = new float[MemberCalibration.Knots];
            for (var k = 0; k < quantiles.Length; k++)
                quantiles[k] = reader.ReadSingle();
            members[m] = new(tail, quantiles);
        }
        return members;
    }
}
