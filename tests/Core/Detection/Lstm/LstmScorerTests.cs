using System.Globalization;
using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;
using Microsoft.ML.OnnxRuntime;
using static Dapr.Anomaly.Core.Tests.Detection.Lstm.LstmSeriesFactory;

namespace Dapr.Anomaly.Core.Tests.Detection.Lstm;

public class LstmScorerTests(LstmScorerTests.Trained trained) : IClassFixture<LstmScorerTests.Trained>
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    [Fact]
    public void Score_OnnxAndOwnKernel_AgreeTo1e5InWindowScales()
    {
        var rows = Rows(700, gaps: true);
        var scale = rows.Max(r => r.LongRunScale);
        var outputs = trained.Fitted.Network.Design.Horizons * trained.Fitted.Network.Design.Quantiles.Count;
        double[] onnx = new double[rows.Length * outputs],
            own = new double[rows.Length * outputs];
        using var onnxScorer = LstmScorer.Load(trained.Model);
        using var ownScorer = LstmScorer.Of(trained.Fitted.Network);

        onnxScorer.Forecast(rows, onnx);
        ownScorer.Forecast(rows, own);

        for (var i = 0; i < onnx.Length; i++)
            Assert.True(Math.Abs(onnx[i] - own[i]) <= 1e-5 * scale, $"[{i}] ONNX {onnx[i]:R}, own {own[i]:R}");
    }

    [Fact]
    public void Score_RowsTogetherOrAlone_GiveTheSame()
    {
        var rows = Rows(300, gaps: true);
        using var scorer = LstmScorer.Load(trained.Model);
        var together = new LstmForecast[rows.Length];
        var alone = new LstmForecast[1];

        scorer.Score(rows, together);

        foreach (var i in (int[])[0, 17, 255, 256, 299])
        {
            scorer.Score(rows.AsSpan(i, 1), alone);
            Assert.Equal(together[i].Expected, alone[0].Expected, 1e-4);
            Assert.Equal(together[i].Surprise, alone[0].Surprise, 1e-3);
        }
    }

    [Fact]
    public void Score_NormalSamplesThenASpike_SpikeStandsFarOut()
    {
        var rows = Rows(200, gaps: false);
        rows[120] = rows[120] with { Actual = rows[120].Actual + 8 };
        using var scorer = LstmScorer.Load(trained.Model);
        var results = new LstmForecast[rows.Length];

        scorer.Score(rows, results);

        Assert.Equal(120, Array.IndexOf(results, results.MaxBy(r => r.Surprise)));
        Assert.True(results[120].Surprise > 3 * results.Where((_, i) => i != 120).Max(r => r.Surprise));
        Assert.All(results, r => Assert.True(r.Lower < r.Expected && r.Expected < r.Upper && r.TailProbability is > 0 and <= 1));
        Assert.InRange(results.Count(r => r.TailProbability < 0.02), 1, 20);
    }

    [Fact]
    public void Score_TheSampleItself_NeverMovesTheForecast()
    {
        var rows = Rows(3, gaps: false);
        using var scorer = LstmScorer.Load(trained.Model);
        LstmForecast[] calm = new LstmForecast[3],
            wild = new LstmForecast[3];

        scorer.Score(rows, calm);
        scorer.Score([.. rows.Select(r => r with { Actual = 1e6 })], wild);

        Assert.Equal(calm.Select(r => (r.Expected, r.Lower, r.Upper)), wild.Select(r => (r.Expected, r.Lower, r.Upper)));
        Assert.All(wild, r => Assert.True(double.IsFinite(r.Surprise) && r.Surprise > 50));
    }

    [Fact]
    public void Score_OffsetTakenFromTheInputs_MovesOnlyTheForecastBack()
    {
        var row = Rows(1, gaps: false)[0];
        var shifted = row with { Actual = row.Actual + 1e9, Offset = 1e9 };
        using var scorer = LstmScorer.Load(trained.Model);
        var results = new LstmForecast[2];

        scorer.Score([row, shifted], results);

        Assert.Equal(results[0].Expected + 1e9, results[1].Expected, 1e-6);
        Assert.Equal(results[0].Surprise, results[1].Surprise, 1e-4);
    }

    [Fact]
    public void Score_HalfOfTheWindowMissing_IsNotScored()
    {
        var row = Rows(1, gaps: false)[0];
        var missing = new bool[row.Inputs.Length];
        missing.AsSpan(0, missing.Length / 2).Fill(true);
        using var scorer = LstmScorer.Load(trained.Model);
        var results = new LstmForecast[2];

        scorer.Score([row with { Missing = missing }, row], results);

        Assert.False(results[0].IsScored);
        Assert.True(results[1].IsScored);
    }

    [Fact]
    public void Score_InputThatIsNotFinite_NamesRowAndPlace()
    {
        var rows = Rows(2, gaps: false);
        var broken = rows[1].Inputs.ToArray();
        broken[5] = float.PositiveInfinity;
        rows[1] = rows[1] with { Inputs = broken };
        using var scorer = LstmScorer.Load(trained.Model);

        var error = Assert.Throws<ArgumentException>(() => scorer.Score(rows, new LstmForecast[2]));

        Assert.StartsWith("row 1: input 5 is ", error.Message);
    }

    [Fact]
    public void Score_SampleThatIsNotFinite_NamesTheRow()
    {
        var rows = Rows(2, gaps: false);
        rows[1] = rows[1] with { Actual = double.NaN };
        using var scorer = LstmScorer.Load(trained.Model);

        var error = Assert.Throws<ArgumentException>(() => scorer.Score(rows, new LstmForecast[2]));

        Assert.Equal("row 1: the sample to be judged is NaN; it must be finite, a missing sample is not scored", error.Message);
    }

    [Fact]
    public async Task Score_ManyThreadsAtOnce_GiveWhatOneGives()
    {
        var rows = Rows(300, gaps: true);
        using var scorer = LstmScorer.Load(trained.Model);
        var expected = new LstmForecast[rows.Length];
        scorer.Score(rows, expected);

        var runs = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        var results = new LstmForecast[rows.Length];
                        scorer.Score(rows, results);
                        return results;
                    })
                )
        );

        Assert.All(runs, r => Assert.Equal(expected, r));
    }

    [Fact]
    public void ToOnnx_SameNetwork_GivesTheSameBytesAndCarriesItsDesign()
    {
        using var session = new InferenceSession(trained.Model);
        using var scorer = LstmScorer.Load(trained.Model);
        var metadata = session.ModelMetadata.CustomMetadataMap;

        Assert.Equal(trained.Model, trained.Fitted.ToOnnx(NoMetadata));
        Assert.Equal("lstm-quantile", metadata["anomaly.kind"]);
        Assert.Equal(trained.Fitted.Seed.ToString(CultureInfo.InvariantCulture), metadata["anomaly.seed"]);
        Assert.Equal(trained.Fitted.Network.Design.Quantiles, scorer.Design.Quantiles);
        Assert.Equal(trained.Fitted.Network.Design with { Quantiles = [] }, scorer.Design with { Quantiles = [] });
    }

    [Fact]
    public void ToOnnx_GateOrder_IsInputOutputForgetCell()
    {
        // Only the bias of one gate is not zero: each gate in turn, against the equations written out.
        var design = new LstmDesign(8, 4, 1, [0.1, 0.5, 0.9], Step, 0.1);
        var shape = design.Shape;
        for (var gate = 0; gate < 4; gate++)
        {
            var parameters = new float[shape.Parameters];
            for (var h = 0; h < 4; h++)
            {
                for (var other = 0; other < 4; other++)
                    parameters[shape.GateBiasAt + other * 4 + h] = other == gate ? 1.5f : 0.3f;
                parameters[shape.HeadAt + h] = 1;
            }
            double Bias(int g) => g == gate ? 1.5 : 0.3;
            double Sigma(double x) => 1 / (1 + Math.Exp(-x));
            double c = 0,
                hidden = 0;
            for (var t = 0; t < 8; t++)
            {
                c = Sigma(Bias(2)) * c + Sigma(Bias(0)) * Math.Tanh(Bias(3));
                hidden = Sigma(Bias(1)) * Math.Tanh(c);
            }
            var fitted = new FittedLstm(new(design, parameters), 1, [], 0, 0, 0, 0);
            using var session = new InferenceSession(fitted.ToOnnx(NoMetadata));
            using var input = OrtValue.CreateTensorValueFromMemory(new float[8 * shape.Inputs], [8, 1, shape.Inputs]);
            using var options = new RunOptions();
            using var outputs = session.Run(options, ["x"], [input], ["quantiles"]);

            Assert.Equal(4 * hidden, outputs[0].GetTensorDataAsSpan<float>()[1], 1e-5);
        }
    }

    [Fact]
    public void Load_ModelWithOtherWeightsThanItsSample_IsRefused()
    {
        var parameters = trained.Fitted.Network.Parameters.ToArray();
        parameters[^1] += 1;
        var other = trained.Fitted with { Network = new(trained.Fitted.Network.Design, parameters) };
        using var session = new InferenceSession(other.ToOnnx(NoMetadata));
        var sample = session.ModelMetadata.CustomMetadataMap["anomaly.sample_output"];
        // The sample of another network in the bytes of this one: the same as other weights under this one's sample.
        var text = System.Text.Encoding.Latin1.GetString(trained.Model);
        using var own = new InferenceSession(trained.Model);
        var swapped = text.Replace(own.ModelMetadata.CustomMetadataMap["anomaly.sample_output"], sample);

        var error = Assert.Throws<InvalidDataException>(() => LstmScorer.Load(System.Text.Encoding.Latin1.GetBytes(swapped)));

        Assert.StartsWith("the model's own sample gives ", error.Message);
    }

    [Fact]
    public void Load_AnotherKindOfModel_IsRefusedByName()
    {
        var graph = new Core.Models.Onnx.OnnxGraph("other");
        graph.Input("x", Core.Models.Onnx.OnnxElement.Float, "N");
        graph.Node("Identity", ["x"], "y");
        graph.Output("y", Core.Models.Onnx.OnnxElement.Float, "N");
        graph.Metadata("anomaly.kind", "isolation-forest");

        var error = Assert.Throws<InvalidDataException>(() => LstmScorer.Load(graph.ToModel()));

        Assert.Equal("model metadata anomaly.kind is \"isolation-forest\"; it must be \"lstm-quantile\"", error.Message);
    }

    private LstmRow[] Rows(int count, bool gaps)
    {
        var steps = trained.Fitted.Network.Design.Steps;
        var series = TwoSines(count + steps, 77);
        var longRun = WindowScale.LongRun(series.Values.Span, default);
        var random = new Xoshiro256(4);
        bool[] missing = [.. Enumerable.Range(0, count + steps).Select(_ => gaps && random.NextDouble() < 0.1)];
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new LstmRow(
                    series.Values.Slice(i, steps),
                    missing.AsMemory(i, steps),
                    Start + i * Step,
                    series.Values.Span[i + steps],
                    SignalKind.Cpu,
                    longRun,
                    0
                )),
        ];
    }

    public sealed class Trained
    {
        public FittedLstm Fitted { get; } = LstmTrainer.Fit(Set(TwoSines(3000, 1), TwoSines(3000, 2)), Small with { Horizons = 3 }, null, default);

        public byte[] Model => field ??= Fitted.ToOnnx(NoMetadata);
    }
}
