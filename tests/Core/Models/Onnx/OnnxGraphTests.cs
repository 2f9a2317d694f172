using Dapr.Anomaly.Core.Models.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Dapr.Anomaly.Core.Tests.Models.Onnx;

public class OnnxGraphTests
{
    [Fact]
    public void ToModel_Gemm_GivesTheProductInOnnxRuntime()
    {
        var graph = new OnnxGraph("gemm") { Description = "a product" };
        graph.Input("x", OnnxElement.Float, "N", 2);
        graph.Initializer("w", [1f, 2f, 3f, 4f, 5f, 6f], 3, 2);
        graph.Initializer("b", [10f, 20f, 30f], 3);
        graph.Node("Gemm", ["x", "w", "b"], "y").With("transB", 1).With("alpha", 2f);
        graph.Output("y", OnnxElement.Float, "N", 3);

        Assert.Equal([16f, 34f, 52f, 14f, 32f, 50f], Run(graph, Floats("x", [1, 1, 2, 0], 2, 2)));
    }

    [Fact]
    public void ToModel_TreeEnsemble_GivesTheLeafOfEachRow()
    {
        var graph = new OnnxGraph("stump");
        graph.Input("x", OnnxElement.Float, "N", 2);
        graph
            .MlNode("TreeEnsembleRegressor", ["x"], "y")
            .With("n_targets", 1)
            .With("aggregate_function", "SUM")
            .With("post_transform", "NONE")
            .With("nodes_treeids", [0L, 0, 0])
            .With("nodes_nodeids", [0L, 1, 2])
            .With("nodes_featureids", [1L, 0, 0])
            .With("nodes_values", [0.5f, 0, 0])
            .With("nodes_modes", ["BRANCH_LEQ", "LEAF", "LEAF"])
            .With("nodes_truenodeids", [1L, 0, 0])
            .With("nodes_falsenodeids", [2L, 0, 0])
            .With("target_treeids", [0L, 0])
            .With("target_nodeids", [1L, 2])
            .With("target_ids", [0L, 0])
            .With("target_weights", [3f, 7f]);
        graph.Output("y", OnnxElement.Float, "N", 1);

        Assert.Equal([3f, 7f], Run(graph, Floats("x", [9, 0.5f, 9, 0.6f], 2, 2)));
    }

    [Fact]
    public void ToModel_DoubleGatherAndReduceSum_RunsInDouble()
    {
        var graph = new OnnxGraph("bank");
        graph.Input("idx", OnnxElement.Int64, "N");
        graph.Input("t", OnnxElement.Double, "N", 1);
        graph.Initializer("delta", [1.0, 1e-9, 3.0, 4.0], 2, 2);
        graph.Initializer("axes", [1L], 1);
        graph.Node("Gather", ["delta", "idx"], "d");
        graph.Node("Mul", ["d", "t"], "m");
        graph.Node("ReduceSum", ["m", "axes"], "y").With("keepdims", 0);
        graph.Output("y", OnnxElement.Double, "N");

        using var session = new InferenceSession(graph.ToModel());
        using var results = session.Run([
            NamedOnnxValue.CreateFromTensor("idx", new DenseTensor<long>(new long[] { 1, 0 }, [2])),
            NamedOnnxValue.CreateFromTensor("t", new DenseTensor<double>(new[] { 2.0, 1.0 }, [2, 1])),
        ]);

        Assert.Equal([14.0, 1.000000001], results[0].AsEnumerable<double>());
    }

    [Fact]
    public void ToModel_Conv_GivesTheCorrelation()
    {
        var graph = new OnnxGraph("conv");
        graph.Input("x", OnnxElement.Float, "N", 1, 4);
        graph.Initializer("w", [1f, 0f, -1f], 1, 1, 3);
        graph.Node("Conv", ["x", "w"], "c").With("kernel_shape", [3L]).With("pads", [1L, 1L]);
        graph.Output("c", OnnxElement.Float, "N", 1, 4);

        Assert.Equal([-2f, -2f, -2f, 3f], Run(graph, Floats("x", [1, 2, 3, 4], 1, 1, 4)));
    }

    [Fact]
    public void ToModel_TensorAttribute_IsReadByConstant()
    {
        var graph = new OnnxGraph("constant");
        graph.Input("x", OnnxElement.Float, "N");
        graph.Node("Constant", [], "half").With("value", OnnxTensor.Of([0.5f]));
        graph.Node("Mul", ["x", "half"], "y");
        graph.Output("y", OnnxElement.Float, "N");

        Assert.Equal([1f, 2f], Run(graph, Floats("x", [2, 4], 2)));
    }

    [Fact]
    public void ToModel_MetadataAndProducer_ComeBackFromTheRuntime()
    {
        var graph = Identity(g => g.Metadata("anomaly.seed", "7").Metadata("anomaly.kind", "isolation-forest"));

        using var session = new InferenceSession(graph.ToModel());

        Assert.Equal("7", session.ModelMetadata.CustomMetadataMap["anomaly.seed"]);
        Assert.Equal("isolation-forest", session.ModelMetadata.CustomMetadataMap["anomaly.kind"]);
        Assert.Equal("Dapr.Anomaly", session.ModelMetadata.ProducerName);
        Assert.Equal("identity", session.ModelMetadata.GraphName);
    }

    [Fact]
    public void ToModel_SameModelWithMetadataInAnotherOrder_GivesTheSameBytes() =>
        Assert.Equal(
            Identity(g => g.Metadata("b", "2").Metadata("a", "1")).ToModel(),
            Identity(g => g.Metadata("a", "1").Metadata("b", "2")).ToModel()
        );

    [Fact]
    public void Node_InputThatNobodyMakes_NamesIt()
    {
        var graph = new OnnxGraph("broken");

        var error = Assert.Throws<ArgumentException>(() => graph.Node("Relu", ["x"], "y"));

        Assert.Equal("Relu_0 of graph \"broken\" uses \"x\", which no input, initializer or earlier node makes", error.Message);
    }

    [Fact]
    public void Node_NameMadeTwice_IsRefused()
    {
        var graph = new OnnxGraph("broken");
        graph.Input("x", OnnxElement.Float, "N");

        Assert.Throws<ArgumentException>(() => graph.Node("Relu", ["x"], "x"));
    }

    [Fact]
    public void Initializer_ShapeThatDoesNotHoldTheValues_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new OnnxGraph("broken").Initializer("w", [1f, 2f], 3));

    private static OnnxGraph Identity(Action<OnnxGraph> configure)
    {
        var graph = new OnnxGraph("identity");
        graph.Input("x", OnnxElement.Float, "N");
        graph.Node("Identity", ["x"], "y");
        graph.Output("y", OnnxElement.Float, "N");
        configure(graph);
        return graph;
    }

    private static NamedOnnxValue Floats(string name, float[] values, params int[] shape) =>
        NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>(values, shape));

    private static float[] Run(OnnxGraph graph, params NamedOnnxValue[] inputs)
    {
        using var session = new InferenceSession(graph.ToModel());
        using var results = session.Run(inputs);
        return [.. results[0].AsEnumerable<float>()];
    }
}
