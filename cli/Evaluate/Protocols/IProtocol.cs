using Dapr.Anomaly.Core.Evaluation.Streaming;

namespace Dapr.Anomaly.Cli.Evaluate.Protocols;

/// <summary>How one labelled data set is read and evaluated.</summary>
internal interface IProtocol
{
    /// <summary>As it is typed and written to the report.</summary>
    string Name { get; }

    /// <summary>Whether some of the set is set apart for tuning.</summary>
    bool HasTuningPart => false;

    /// <summary>Folder of the set within the data directory.</summary>
    string Folder { get; }

    /// <summary>The series of the part; each is read when it is asked for.</summary>
    /// <param name="folder">Folder of the set.</param>
    /// <exception cref="UserException">A file is missing or wrong; names it.</exception>
    IReadOnlyList<SeriesSource> Series(string folder, EvaluationPart part);
}

/// <summary>A series that is read when it is needed.</summary>
internal sealed record SeriesSource(string Name, Func<LabelledSeries> Read);
