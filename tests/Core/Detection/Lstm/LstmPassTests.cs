using System.Text.Json;
using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Tests.Detection.Lstm;

public class LstmPassTests
{
    [Fact]
    public void Forward_OneUnitByHand_GivesTheGoldenSteps()
    {
        var shape = new LstmShape(1, 1, 1);
        // Gate rows i, o, f, c: input weights .5 .4 .3 .2, recurrent .1 .2 .3 .4, biases .01 .02 .03 .04; head 1·h.
        double[] parameters = [.5, .1, .4, .2, .3, .3, .2, .4, .01, .02, .03, .04, 1, 0];
        var pass = new LstmPass<double>(shape, 3, 1);
        double[] x = [1, -1, 0.5];
        for (var t = 0; t < 3; t++)
            pass.Inputs[t * pass.StepStride] = x[t];

        pass.Forward(parameters);

        Assert.Equal([0.147139269, 0.017254614, 0.089539669], [.. Enumerable.Range(0, 3).Select(t => Math.Round(pass.Cell(t)[0], 9))]);
        Assert.Equal([0.088160775, 0.007080358, 0.049573652], [.. Enumerable.Range(0, 3).Select(t => Math.Round(pass.State(t)[0], 9))]);
        Assert.Equal(pass.State(2)[0], pass.Output[0]);
    }

    [Theory]
    [InlineData("small_h2")]
    [InlineData("clip_h8_i3")]
    public void Forward_ReferenceWeights_GivesTheReferenceStatesAndOutputs(string name)
    {
        var c = LstmReference.Case(name);
        var pass = LstmReference.Pass(c);

        pass.Forward(LstmReference.Parameters(c.GetProperty("weights"), LstmReference.Shape(c), addSecondBias: true));

        var n = c.GetProperty("N").GetInt32();
        for (var t = 0; t < pass.Steps; t++)
        {
            AssertNear(LstmReference.Flat(c.GetProperty("h_all")[t]), Columns(pass.State(t), pass.Batch, n), 1e-12);
            AssertNear(LstmReference.Flat(c.GetProperty("c_all")[t]), Columns(pass.Cell(t), pass.Batch, n), 1e-12);
        }
        AssertNear(LstmReference.Flat(c.GetProperty("forward")), Columns(pass.Output, pass.Batch, n), 1e-12);
    }

    [Theory]
    [InlineData("small_h2")]
    [InlineData("clip_h8_i3")]
    public void Backward_ReferenceWeights_GivesTheReferenceGradients(string name)
    {
        var c = LstmReference.Case(name);
        var shape = LstmReference.Shape(c);
        var parameters = LstmReference.Parameters(c.GetProperty("weights"), shape, addSecondBias: true);
        var pass = LstmReference.Pass(c);
        var gradient = new double[shape.Parameters];

        var loss = LossAndGradient(c, pass, parameters, gradient);

        Assert.Equal(c.GetProperty("loss").GetDouble(), loss, 1e-12);
        AssertNear(LstmReference.Parameters(c.GetProperty("grads"), shape, addSecondBias: false), gradient, 1e-11);
        AssertNear(LstmReference.Flat(c.GetProperty("grad_x")), InputGradient(pass, shape, parameters, c.GetProperty("N").GetInt32()), 1e-11);
    }

    [Theory]
    [InlineData("small_h2")]
    [InlineData("clip_h8_i3")]
    public void AdamStep_ReferenceGradients_GivesTheReferenceWeights(string name)
    {
        var c = LstmReference.Case(name);
        var shape = LstmReference.Shape(c);
        var settings = c.GetProperty("adam");
        var parameters = LstmReference.Parameters(c.GetProperty("weights"), shape, addSecondBias: true);
        var clip = settings.GetProperty("clip_grad_norm");
        // The reference has two equal bias vectors: both move, and both count in the norm. Ours has their sum.
        var adam = new TwoBiasAdam(shape, clip.ValueKind == JsonValueKind.Null ? double.PositiveInfinity : clip.GetDouble());
        var pass = LstmReference.Pass(c);

        foreach (var step in settings.GetProperty("steps").EnumerateArray())
        {
            var gradient = new double[shape.Parameters];
            var loss = LossAndGradient(c, pass, parameters, gradient);
            var norm = adam.Step(parameters, gradient, settings.GetProperty("lr").GetDouble());

            Assert.Equal(step.GetProperty("loss_before").GetDouble(), loss, 1e-9);
            Assert.Equal(step.GetProperty("grad_norm_before_clip").GetDouble(), norm, 1e-9);
            if (step.GetProperty("weights") is { ValueKind: JsonValueKind.Object } weights)
                AssertNear(LstmReference.Parameters(weights, shape, addSecondBias: true), parameters, 1e-9);
        }
        Assert.Equal(settings.GetProperty("loss_after_last").GetDouble(), LossAndGradient(c, pass, parameters, new double[shape.Parameters]), 1e-9);
    }

    [Fact]
    public void Backward_Double_AgreesWithCentralDifferencesTo1e7() => Assert.InRange(GradientError<double>(1e-5), 0, 1e-7);

    [Fact]
    public void Backward_Float_AgreesWithCentralDifferencesTo2e3() => Assert.InRange(GradientError<float>(0.01), 0, 2e-3);

    /// <summary>‖numeric − analytic‖/‖analytic‖ of the loss of the whole chain: LSTM, head, quantiles that cannot cross, pinball.</summary>
    private static double GradientError<T>(double epsilon)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var random = new Xoshiro256(5);
        var head = new QuantileHead([0.05, 0.25, 0.5, 0.75, 0.95], 2);
        var shape = new LstmShape(3, 6, head.Rows);
        var pass = new LstmPass<T>(shape, 9, 5);
        foreach (ref var x in pass.Inputs)
            x = T.CreateChecked(random.NextGaussian());
        pass.Inputs.Slice(shape.Inputs * pass.Batch, shape.Hidden * pass.Batch).Clear();
        T[] targets = [.. Enumerable.Range(0, 2 * pass.Batch).Select(_ => T.CreateChecked(3 * random.NextGaussian()))];
        T[] parameters = [.. Enumerable.Range(0, shape.Parameters).Select(_ => T.CreateChecked(random.NextDouble() - 0.5))];
        var quantiles = new T[head.Rows * pass.Batch];
        var rawGradient = new T[head.Rows * pass.Batch];
        var analytic = new T[shape.Parameters];
        Loss();
        pass.Backward(parameters, rawGradient, analytic);

        double error = 0,
            size = 0;
        for (var i = 0; i < parameters.Length; i++)
        {
            var kept = parameters[i];
            parameters[i] = kept + T.CreateChecked(epsilon);
            var up = Loss();
            parameters[i] = kept - T.CreateChecked(epsilon);
            var down = Loss();
            parameters[i] = kept;
            error += Math.Pow((up - down) / (2 * epsilon) - double.CreateChecked(analytic[i]), 2);
            size += Math.Pow(double.CreateChecked(analytic[i]), 2);
        }
        return Math.Sqrt(error / size);

        double Loss()
        {
            pass.Forward(parameters);
            head.Quantiles(pass.Output, quantiles, pass.Batch, 5);
            return double.CreateChecked(head.Loss<T>(pass.Output, quantiles, targets, rawGradient, pass.Batch, 5));
        }
    }

    private static double LossAndGradient(JsonElement c, LstmPass<double> pass, double[] parameters, double[] gradient)
    {
        pass.Forward(parameters);
        var levels = LstmReference.Flat(c.GetProperty("quantiles"));
        var targets = LstmReference.Flat(c.GetProperty("y_target"));
        var slopes = new double[levels.Length * pass.Batch];
        var loss = 0.0;
        for (var q = 0; q < levels.Length; q++)
        for (var n = 0; n < targets.Length; n++)
        {
            var (rho, slope) = Pinball.At(levels[q], targets[n], pass.Output[q * pass.Batch + n]);
            loss += rho / targets.Length;
            slopes[q * pass.Batch + n] = slope / targets.Length;
        }
        pass.Backward(parameters, slopes, gradient);
        return loss;
    }

    /// <summary>dL/dx = Wᵀ δz, flattened as [T][N][I].</summary>
    private static double[] InputGradient(LstmPass<double> pass, LstmShape shape, double[] parameters, int n)
    {
        var result = new List<double>();
        for (var t = 0; t < pass.Steps; t++)
        for (var b = 0; b < n; b++)
        for (var f = 0; f < shape.Inputs; f++)
        {
            var sum = 0.0;
            for (var row = 0; row < shape.Gates; row++)
                sum += parameters[row * shape.Columns + f] * pass.GateGradient(t)[row * pass.Batch + b];
            result.Add(sum);
        }
        return [.. result];
    }

    private static double[] Columns(ReadOnlySpan<double> matrix, int columns, int used)
    {
        var result = new List<double>();
        for (var b = 0; b < used; b++)
        for (var row = 0; row < matrix.Length / columns; row++)
            result.Add(matrix[row * columns + b]);
        return [.. result];
    }

    private static void AssertNear(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"[{i}] expected {expected[i]:R}, was {actual[i]:R}");
    }

    /// <summary>Our Adam over the reference's parameters: the gate biases twice, as it has them.</summary>
    private sealed class TwoBiasAdam(LstmShape shape, double clip)
    {
        private readonly Adam<double> _adam = new(shape.Parameters + shape.Gates, clip);
        private double[]? _split;

        public double Step(double[] parameters, double[] gradient, double learningRate)
        {
            // Half of the summed bias in each vector: Adam only adds to weights, so the split does not matter.
            _split ??= [.. parameters, .. new double[shape.Gates]];
            double[] twice = [.. gradient, .. gradient.AsSpan(shape.GateBiasAt, shape.Gates)];
            var norm = _adam.Step(_split, twice, learningRate);
            _split.AsSpan(0, shape.Parameters).CopyTo(parameters);
            for (var i = 0; i < shape.Gates; i++)
                parameters[shape.GateBiasAt + i] += _split[shape.Parameters + i];
            return norm;
        }
    }
}
