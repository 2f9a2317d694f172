using System.Text.Json;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>
/// The one way of samples into windows, live and from history: what lies in the future, is no number or belongs to a series that is refused stays
/// out, is counted, and is told with the first series that it concerns, at most once a minute for each reason. The rest goes on.
/// </summary>
internal sealed class SampleGate(TimeProvider time, FeaturizerMetrics metrics, ILogger<SampleGate> logger)
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromMinutes(1);

    private readonly Dictionary<SeriesRefusal, (long Told, long Untold)> _told = [];

    /// <summary>Begins with a table; disposing counts and tells what was refused of it.</summary>
    public Intake Begin(SampleTable table) => new(this, table, time.GetUtcNow());

    private void Refused(SeriesRefusal reason, long samples, SeriesIdentity first, string why)
    {
        metrics.Refused.WithLabels(JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString())).Inc(samples);
        lock (_told)
        {
            var (told, untold) = _told.GetValueOrDefault(reason);
            var now = time.GetTimestamp();
            if (_told.ContainsKey(reason) && time.GetElapsedTime(told, now) < TellEvery)
            {
                _told[reason] = (told, untold + samples);
                return;
            }
            _told[reason] = (now, 0);
            logger.LogWarning("{Samples} samples are refused: {Reason}; the first is of {Series}", untold + samples, why, first);
        }
    }

    private void Evicted(long series)
    {
        metrics.Forgotten.WithLabels("room").Inc(series);
        logger.LogInformation(
            "{Count} series that ended longest ago are forgotten, to make room for new ones (series.max_per_shard, series.max_memory_bytes)",
            series
        );
    }

    private void Rewound(int windows, SeriesIdentity first, DateTimeOffset now)
    {
        metrics.Rewound.Inc(windows);
        logger.LogWarning(
            "{Windows} windows had samples in the future of this clock ({Now:u}) and go back to it; was the clock set back? The first is of {Series}",
            windows,
            now,
            first
        );
    }

    /// <summary>One table on its way.</summary>
    public sealed class Intake : IDisposable
    {
        private readonly SampleGate _gate;
        private readonly SampleTable _table;
        private readonly DateTimeOffset _now;
        private readonly Dictionary<SeriesRefusal, (long Samples, SeriesIdentity First)> _refused = [];
        private (int Windows, SeriesIdentity? First) _rewound;
        private long _evicted;

        internal Intake(SampleGate gate, SampleTable table, DateTimeOffset now)
        {
            (_gate, _table, _now) = (gate, table, now);
            var newest = TimeGrid.NewestAt(now, table.Step);
            while (Columns < table.Columns && table.TimeOf(Columns) <= newest)
                Columns++;
            for (var row = 0; Columns < table.Columns && row < table.Series.Count; row++)
            {
                var samples = 0;
                foreach (var value in table.Row(row)[Columns..])
                    samples += double.IsNaN(value) ? 0 : 1;
                Refuse(SeriesRefusal.Future, table.Series[row].Series, samples);
            }
        }

        /// <summary>Columns that do not lie in the future; they are the first ones.</summary>
        public int Columns { get; }

        public SampleTable Table => _table;

        /// <summary>The window's series of a row, or null when there is nothing to take: no sample, or one that is refused.</summary>
        public TrackedSeries? Take(Shard shard, int row, int column)
        {
            var value = _table[row, column];
            if (double.IsNaN(value))
                return null;
            if (Sample.IsValue(value))
                return Track(shard, row);
            Refuse(SeriesRefusal.Number, _table.Series[row].Series, 1);
            return null;
        }

        /// <summary>The series of a row, known or new, or null when it is refused.</summary>
        public TrackedSeries? Track(Shard shard, int row) => Track(shard, row, _table.Step);

        /// <param name="step">Of its window.</param>
        /// <inheritdoc cref="Track(Shard, int)"/>
        public TrackedSeries? Track(Shard shard, int row, TimeSpan step)
        {
            var watched = _table.Series[row];
            var evicted = shard.Evicted;
            var refusal = shard.TryTrack(watched, step, _now, out var tracked);
            _evicted += shard.Evicted - evicted;
            if (refusal != SeriesRefusal.None)
            {
                Refuse(refusal, watched.Series, 1);
                return null;
            }
            if (tracked!.Rewind(_now))
                _rewound = (_rewound.Windows + 1, _rewound.First ?? watched.Series);
            return tracked;
        }

        public void Dispose()
        {
            foreach (var (reason, (samples, first)) in _refused)
                _gate.Refused(reason, samples, first, Why(reason));
            if (_evicted > 0)
                _gate.Evicted(_evicted);
            if (_rewound.First is not null)
                _gate.Rewound(_rewound.Windows, _rewound.First, _now);
        }

        private void Refuse(SeriesRefusal reason, SeriesIdentity series, int samples)
        {
            if (samples == 0)
                return;
            var (before, first) = _refused.GetValueOrDefault(reason);
            _refused[reason] = (before + samples, first ?? series);
        }

        private string Why(SeriesRefusal reason) =>
            reason switch
            {
                SeriesRefusal.Future =>
                    $"they reach {_table.TimeOf(_table.Columns - 1):u}, more than {TimeGrid.StepsAhead} steps ahead of this clock ({_now:u})",
                SeriesRefusal.Number => $"infinite, or beyond {Sample.MaxMagnitude:0e+0}",
                SeriesRefusal.Labels => "too many or too long labels (series.max_labels, series.max_label_length)",
                SeriesRefusal.Limit => "the shard is full and none of its series has ended (series.max_per_shard, series.max_memory_bytes)",
                _ => "another series has the same id",
            };
    }
}
