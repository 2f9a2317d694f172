namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>Input of the TrainModel workflow; everything has a default, so <c>{}</c> and <c>{"window":"12h"}</c> are both fine.</summary>
/// <param name="Window">How much of the recent past is learnt at full resolution: <c>45m</c>, <c>12h</c>, <c>2d</c>. The coarse is always learnt from up to 14 days.</param>
/// <param name="Trigger">Who asked: <c>manual</c>, <c>schedule</c>, <c>drift</c>.</param>
/// <param name="Seed">Seed of all randomness in this training.</param>
public sealed record TrainModelInput(string Window = "12h", string Trigger = "manual", ulong Seed = 7);
