using System.Text;
using System.Text.Json.Nodes;
using Dapr.Anomaly.Platform.Registry.Mlflow;
using YamlDotNet.RepresentationModel;

namespace Dapr.Anomaly.Platform.Tests.Registry;

public sealed class MlmodelFilesTests
{
    [Fact]
    public void Text_IsYamlWithTheGraphsSignature()
    {
        var root = Parse(
            MlmodelFiles.Text(
                MlflowFixture.Registration(new("e", "r"), "v1"),
                "mlflow-artifacts:/1/models/m-1/artifacts",
                "m-1",
                "1e10",
                "00000000000000000000000000001e10",
                MlflowFixture.At
            )
        );

        Assert.Equal(
            [
                "artifact_path",
                "flavors",
                "mlflow_version",
                "model_id",
                "model_size_bytes",
                "model_uuid",
                "run_id",
                "signature",
                "utc_time_created",
                "metadata",
            ],
            root.Children.Keys.Select(k => k.ToString())
        );
        Assert.Equal(YamlDotNet.Core.ScalarStyle.SingleQuoted, ((YamlScalarNode)root["run_id"]).Style);
        Assert.Equal("lstm.onnx", root["flavors"]["onnx"]["data"].ToString());
        Assert.Equal("mlflow.onnx", root["flavors"]["python_function"]["loader_module"].ToString());
        Assert.Equal("2026-03-01 12:00:00.000000", root["utc_time_created"].ToString());
        foreach (var (side, name) in new[] { ("inputs", "x"), ("outputs", "y") })
        {
            var tensor = JsonNode.Parse(root["signature"][side].ToString())!.AsArray().Single()!;
            Assert.Equal(
                (name, "tensor", "float32"),
                (tensor["name"]!.GetValue<string>(), tensor["type"]!.GetValue<string>(), tensor["tensor-spec"]!["dtype"]!.GetValue<string>())
            );
            Assert.Equal([-1, 4], tensor["tensor-spec"]!["shape"]!.AsArray().Select(d => d!.GetValue<int>()));
        }
    }

    [Fact]
    public void Text_NoOnnxFile_HasNoSignature()
    {
        var model = MlflowFixture.Registration(new("e", "r"), "v1") with { Files = new Dictionary<string, byte[]> { ["lstm.onnx"] = [0xff, 0xff] } };
        var root = Parse(MlmodelFiles.Text(model, "model", null, "r", "u", MlflowFixture.At));
        Assert.DoesNotContain("signature", root.Children.Keys.Select(k => k.ToString()));
        Assert.DoesNotContain("model_id", root.Children.Keys.Select(k => k.ToString()));
    }

    [Fact]
    public void Environment_FilesAreYaml()
    {
        Assert.Equal("mlflow-env", Parse(MlmodelFiles.Environment["conda.yaml"])["name"].ToString());
        Assert.Equal("3.11.0", Parse(MlmodelFiles.Environment["python_env.yaml"])["python"].ToString());
    }

    private static YamlMappingNode Parse(byte[] text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Encoding.UTF8.GetString(text)));
        return (YamlMappingNode)yaml.Documents.Single().RootNode;
    }
}
