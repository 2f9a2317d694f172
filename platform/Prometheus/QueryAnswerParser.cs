using System.Buffers.Text;
using System.Text.Json;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Prometheus;

/// <summary>
/// Reads the body of <c>/api/v1/query</c> and <c>/api/v1/query_range</c> token by token, so that an answer of any size needs one buffer besides its
/// own points.
/// </summary>
internal sealed class QueryAnswerParser(SeriesCollector collector)
{
    /// <summary>Of the year 9999.</summary>
    private const double MaxSeconds = 253_402_300_799;

    private enum Slot
    {
        None,
        Status,
        Error,
        ErrorType,
        ResultType,
    }

    private readonly List<KeyValuePair<string, string>> _labels = [];
    private readonly List<(long, double)> _pending = [];
    private SeriesCollector.Points? _points;
    private Slot _slot;
    private string? _labelName;
    private int _skipBelow = -1;
    private bool _inData,
        _inResult,
        _inMetric,
        _inValues,
        _inPair,
        _inSeries,
        _skipNext;
    private double? _timestamp;

    public string? Status { get; private set; }

    public string? Error { get; private set; }

    public string? ErrorType { get; private set; }

    public bool TooManySeries { get; private set; }

    public async Task ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        var filled = 0;
        var state = new JsonReaderState(new JsonReaderOptions { MaxDepth = 64 });
        while (true)
        {
            if (filled == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
            var read = await body.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            filled += read;
            var consumed = Consume(buffer.AsSpan(0, filled), read == 0, ref state);
            if (read == 0 || TooManySeries)
                return;
            buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
            filled -= consumed;
        }
    }

    private int Consume(ReadOnlySpan<byte> bytes, bool last, ref JsonReaderState state)
    {
        var reader = new Utf8JsonReader(bytes, last, state);
        while (!TooManySeries && reader.Read())
            Take(ref reader);
        state = reader.CurrentState;
        return (int)reader.BytesConsumed;
    }

    private void Take(ref Utf8JsonReader reader)
    {
        if (_skipBelow >= 0)
        {
            if (reader.CurrentDepth == _skipBelow && reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                _skipBelow = -1;
            return;
        }
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                Property(ref reader);
                break;
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                Open(ref reader);
                break;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                Close(ref reader);
                break;
            default:
                Scalar(ref reader);
                break;
        }
    }

    private void Property(ref Utf8JsonReader reader)
    {
        if (_inMetric)
            _labelName = reader.GetString();
        else if (_inSeries)
        {
            _inMetric = reader.ValueTextEquals("metric"u8);
            _inValues = reader.ValueTextEquals("values"u8);
            _inPair = reader.ValueTextEquals("value"u8);
            _skipNext = !_inMetric && !_inValues && !_inPair;
        }
        else if (_inData)
        {
            _inResult = reader.ValueTextEquals("result"u8);
            _slot = reader.ValueTextEquals("resultType"u8) ? Slot.ResultType : Slot.None;
            _skipNext = !_inResult && _slot == Slot.None;
        }
        else
        {
            _inData = reader.ValueTextEquals("data"u8);
            _slot =
                reader.ValueTextEquals("status"u8) ? Slot.Status
                : reader.ValueTextEquals("error"u8) ? Slot.Error
                : reader.ValueTextEquals("errorType"u8) ? Slot.ErrorType
                : Slot.None;
            _skipNext = !_inData && _slot == Slot.None;
        }
    }

    private void Open(ref Utf8JsonReader reader)
    {
        if (_skipNext)
        {
            _skipNext = false;
            _skipBelow = reader.CurrentDepth;
        }
        else if (reader.TokenType == JsonTokenType.StartObject)
        {
            if (_inResult && !_inSeries)
            {
                _inSeries = true;
                _labels.Clear();
                _pending.Clear();
                _points = null;
            }
        }
        else if (_inValues)
            _timestamp = null;
    }

    private void Close(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            if (_inMetric)
            {
                _inMetric = false;
                OpenSeries();
            }
            else if (_inSeries)
            {
                _inSeries = false;
                if (_points is null)
                    OpenSeries();
            }
            else
                _inData = false;
            return;
        }
        if (_inSeries)
        {
            // data.result[i].values[j] stands at depth 5, values itself at depth 4 (as value does).
            if (reader.CurrentDepth <= 4)
            {
                _inValues = _inPair = false;
                _timestamp = null;
            }
        }
        else
        {
            _inResult = false;
            _timestamp = null;
        }
    }

    private void OpenSeries()
    {
        _points = collector.Open(new Labels(_labels));
        TooManySeries = _points is null;
        foreach (var (timestamp, value) in _pending)
            _points?.Add(timestamp, value);
        _pending.Clear();
    }

    private void Scalar(ref Utf8JsonReader reader)
    {
        if (_skipNext)
        {
            _skipNext = false;
            return;
        }
        if (_inMetric)
            _labels.Add(new(_labelName!, reader.GetString() ?? ""));
        else if (_inResult)
            Point(ref reader);
        else
        {
            if (_slot == Slot.Status)
                Status = reader.GetString();
            else if (_slot == Slot.Error)
                Error = reader.GetString();
            else if (_slot == Slot.ErrorType)
                ErrorType = reader.GetString();
            _slot = Slot.None;
        }
    }

    private void Point(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            _timestamp = reader.GetDouble();
            return;
        }
        if (_timestamp is not { } seconds || reader.TokenType != JsonTokenType.String)
            return;
        if (!(Math.Abs(seconds) <= MaxSeconds))
            throw new FormatException($"{seconds} is not a time");
        var timestampMs = (long)Math.Round(seconds * 1000);
        var value = ParseValue(reader.ValueSpan);
        _timestamp = null;
        if (!_inSeries)
        {
            // A scalar or string result: one pair, no labels.
            collector.Open(Labels.Empty)?.Add(timestampMs, value);
            return;
        }
        if (_points is null)
            _pending.Add((timestampMs, value));
        else
            _points.Add(timestampMs, value);
    }

    private static double ParseValue(ReadOnlySpan<byte> text)
    {
        if (Utf8Parser.TryParse(text, out double value, out var used) && used == text.Length)
            return value;
        return text.SequenceEqual("+Inf"u8) || text.SequenceEqual("Inf"u8) ? double.PositiveInfinity
            : text.SequenceEqual("-Inf"u8) ? double.NegativeInfinity
            : double.NaN;
    }
}
