namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>
/// What a model version achieved on the last fifth of the fine window, which neither fitted nor calibrated it. Names are those of the experiment
/// tracker: <c>eval/auc_pr</c>, <c>eval/vus_pr</c> (planted faults; mean over series for VUS-PR), <c>eval/detection_rate</c> and
/// <c>eval/detection_rate/&lt;shape&gt;</c>, <c>eval/detection_delay_seconds</c> (median), <c>eval/false_alarms_per_day</c> (all series of the set,
/// untouched samples; runs above 1, joined over 5 minutes), <c>eval/false_positive_rate</c>, <c>eval/&lt;member&gt;/auc_pr</c>,
/// <c>eval/&lt;member&gt;/vus_pr</c>, <c>eval/lstm/pinball</c> (in long-run scales), <c>eval/lstm/coverage_98</c>, <c>eval/band_coverage_99</c>,
/// <c>eval/series</c>, <c>eval/faults</c>, <c>eval/rows</c>.
/// </summary>
/// <param name="Figures">Finite values by name; a figure that is not defined on the data is absent.</param>
public sealed record EvaluationReport(IReadOnlyDictionary<string, double> Figures);
