namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>Weights on their way: one pass over windows at a time.</summary>
internal sealed class LstmTrainingRun
{
    private readonly LstmBatches _batches;
    private readonly LstmOptions _options;
    private readonly float[] _parameters;
    private readonly float[] _initial;
    private readonly float[] _gradient;
    private readonly float[] _targets;
    private readonly float[] _quantiles;
    private readonly float[] _rawGradient;
    private readonly LstmPass<float> _pass;
    private readonly QuantileHead _head;
    private readonly Adam<float> _adam;
    private double _rateFactor = 1;

    public LstmTrainingRun(LstmBatches batches, LstmOptions options, float[] parameters)
    {
        (_batches, _options, _parameters, _initial) = (batches, options, parameters, [.. parameters]);
        var shape = batches.Design.Shape;
        _pass = new(shape, options.Steps, options.Batch);
        _head = batches.Design.Head();
        _adam = new(shape.Parameters, options.ClipNorm);
        _gradient = new float[shape.Parameters];
        _targets = new float[options.Horizons * _pass.Batch];
        _quantiles = new float[_head.Rows * _pass.Batch];
        _rawGradient = new float[_head.Rows * _pass.Batch];
    }

    public ReadOnlySpan<float> Parameters => _parameters;

    public double LearningRate { get; private set; }

    /// <summary>One epoch; returns the mean loss, or the first that is not finite, at which it stops.</summary>
    public double Train(ReadOnlySpan<LstmWindow> windows, int epoch, CancellationToken cancellationToken)
    {
        var batches = (windows.Length + _options.Batch - 1) / _options.Batch;
        var sum = 0.0;
        for (var batch = 0; batch < batches; batch++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            LearningRate =
                _rateFactor * Cosine(_options.LearningRate, _options.FinalLearningRate, (epoch - 1.0 + (double)batch / batches) / _options.Epochs);
            var part = Part(windows, batch);
            var loss = Loss(part);
            _gradient.AsSpan().Clear();
            _pass.Backward(_parameters, _rawGradient, _gradient);
            var norm = _adam.Step(_parameters, _gradient, LearningRate);
            if (!double.IsFinite(loss) || !double.IsFinite(norm))
                return double.IsFinite(loss) ? norm : loss;
            sum += loss * part.Length;
        }
        return sum / windows.Length;
    }

    /// <summary>Mean loss of windows that are not learned from.</summary>
    public double Evaluate(ReadOnlySpan<LstmWindow> windows, CancellationToken cancellationToken)
    {
        var sum = 0.0;
        for (var batch = 0; batch * _options.Batch < windows.Length; batch++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = Part(windows, batch);
            sum += Loss(part) * part.Length;
        }
        return sum / windows.Length;
    }

    /// <summary>Back to good weights (the first ones when none were finished), with half the learning rate from now on.</summary>
    public void BackOff(float[]? lastGood)
    {
        (lastGood ?? _initial).CopyTo(_parameters, 0);
        _adam.Reset();
        _rateFactor /= 2;
    }

    /// <summary>From <paramref name="first"/> at progress 0 to <paramref name="last"/> at 1 (Loshchilov and Hutter 2017, without restarts).</summary>
    internal static double Cosine(double first, double last, double progress) => last + (first - last) * (1 + Math.Cos(Math.PI * progress)) / 2;

    private ReadOnlySpan<LstmWindow> Part(ReadOnlySpan<LstmWindow> windows, int batch) =>
        windows.Slice(batch * _options.Batch, Math.Min(_options.Batch, windows.Length - batch * _options.Batch));

    private double Loss(ReadOnlySpan<LstmWindow> part)
    {
        _batches.Fill(part, _pass, _targets);
        _pass.Forward(_parameters);
        _head.Quantiles(_pass.Output, _quantiles, _pass.Batch, part.Length);
        return _head.Loss<float>(_pass.Output, _quantiles, _targets, _rawGradient, _pass.Batch, part.Length);
    }
}
