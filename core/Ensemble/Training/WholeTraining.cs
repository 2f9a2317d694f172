using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Models;

namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>
/// All steps of <see cref="EnsembleTraining"/> in one call, for replays of history: what the workflow does, without its report and its registry.
/// </summary>
public static class WholeTraining
{
    /// <summary>The model; null where no member could be trained.</summary>
    /// <param name="set">What to learn from.</param>
    /// <param name="options">How.</param>
    /// <param name="members">Names of <see cref="MemberName"/>; the others are not trained.</param>
    /// <param name="left">Told which member was left out, and why: one without rows enough, or whose loss diverges.</param>
    /// <param name="cancellationToken">Ends the training.</param>
    public static ModelBundle? Run(
        TrainingSet set,
        EnsembleOptions options,
        IReadOnlyCollection<string> members,
        Action<string> left,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, byte[]> files = [];
        Fit(MemberName.Forest, () => EnsembleTraining.FitForests(EnsembleTraining.ForestRows(set, cancellationToken), options, cancellationToken));
        Fit(MemberName.Lstm, () => One(EnsembleFiles.Lstm, EnsembleTraining.FitLstm(set, options, null, cancellationToken).File));
        Fit(MemberName.Seasonal, () => One(EnsembleFiles.Seasonal, EnsembleTraining.FitSeasonal(set, options, cancellationToken)));
        var seasonal = files.GetValueOrDefault(EnsembleFiles.Seasonal);
        Fit(MemberName.Bank, () => One(EnsembleFiles.Bank, EnsembleTraining.FitBanks(set, seasonal, options, cancellationToken)));
        if (files.Count == 0)
            return null;
        foreach (var (name, file) in EnsembleTraining.Calibrate(set, files, cancellationToken))
            files[name] = file;
        return EnsembleTraining.Bundle(set, files, options);

        void Fit(string member, Func<IReadOnlyDictionary<string, byte[]>> fit)
        {
            if (!members.Contains(member))
                return;
            try
            {
                foreach (var (name, file) in fit())
                    files[name] = file;
            }
            catch (Exception e) when (e is ArgumentException or LstmDivergedException)
            {
                left($"no {member}: {e.Message}");
            }
        }
    }

    private static Dictionary<string, byte[]> One(string name, byte[]? file) => file is null ? [] : new() { [name] = file };
}
