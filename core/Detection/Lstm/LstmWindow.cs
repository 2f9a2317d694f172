namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>A place to learn from: the inputs end just before <paramref name="Target"/>.</summary>
/// <param name="Series">Index of the series in the training set.</param>
/// <param name="Target">Index of the first value to be forecast.</param>
internal readonly record struct LstmWindow(int Series, int Target);
