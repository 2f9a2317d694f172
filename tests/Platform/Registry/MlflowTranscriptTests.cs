using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr.Anomaly.Platform.Registry.Mlflow;

namespace Dapr.Anomaly.Platform.Tests.Registry;

/// <summary>Reads what real servers answered, from the whole transcripts (800 KB, not in the repository).</summary>
public sealed class MlflowTranscriptTests
{
    private static readonly Dictionary<string, Type> Answers = new()
    {
        ["GET /mlflow/experiments/get-by-name"] = typeof(ExperimentAnswer),
        ["POST /mlflow/experiments/create"] = typeof(ExperimentCreated),
        ["POST /mlflow/runs/create"] = typeof(RunAnswer),
        ["GET /mlflow/runs/get"] = typeof(RunAnswer),
        ["POST /mlflow/runs/search"] = typeof(RunsFound),
        ["POST /mlflow/runs/update"] = typeof(RunUpdated),
        ["POST /mlflow/logged-models"] = typeof(LoggedModelAnswer),
        ["POST /mlflow/logged-models/search"] = typeof(LoggedModelsFound),
        ["POST /mlflow/model-versions/create"] = typeof(VersionAnswer),
        ["GET /mlflow/model-versions/get"] = typeof(VersionAnswer),
        ["GET /mlflow/model-versions/search"] = typeof(VersionsFound),
        ["GET /mlflow/model-versions/get-download-uri"] = typeof(DownloadUri),
        ["GET /mlflow/registered-models/alias"] = typeof(VersionAnswer),
        ["GET /mlflow-artifacts/artifacts"] = typeof(StoredFiles),
    };

    [Theory]
    [InlineData("mlflow3.jsonl", 14)]
    [InlineData("mlflow2.jsonl", 12)]
    public void RecordedAnswers_AreReadWithNothingLost(string file, int kinds)
    {
        var seen = new HashSet<string>();
        foreach (var (name, response) in Recorded(file))
        {
            if (
                response["status"]!.GetValue<int>() != 200
                || !Answers.TryGetValue(name, out var type)
                || response["body"] is not JsonObject body
                || body.ContainsKey("note")
            )
                continue;
            var read = JsonSerializer.Deserialize(body, type, MlflowTransport.Json)!;
            var again = JsonSerializer.SerializeToNode(read, type, MlflowTransport.Json)!;
            Contained(again, body, name);
            seen.Add(name);
        }
        Assert.Equal(kinds, seen.Count);
    }

    [Theory]
    [InlineData("mlflow3.jsonl")]
    [InlineData("mlflow2.jsonl")]
    public void RecordedErrors_GiveOneLineAndTheRightClass(string file)
    {
        var errors = Recorded(file).Where(r => r.Response["status"]!.GetValue<int>() >= 400).ToArray();
        Assert.True(errors.Length > 50);
        foreach (var (name, response) in errors)
        {
            var status = (HttpStatusCode)response["status"]!.GetValue<int>();
            var text = response["body"] is JsonValue value ? value.GetValue<string>() : response["body"]?.ToJsonString() ?? "";
            var e = MlflowErrors.Read(new("http://mlflow:5000/"), name, new HttpResponseMessage(status), Encoding.UTF8.GetBytes(text));
            Assert.DoesNotContain('\n', e.Message);
            MlflowFailure? expected = ((response["body"] as JsonObject)?["error_code"]?.GetValue<string>(), (int)status) switch
            {
                ("RESOURCE_DOES_NOT_EXIST", _) => MlflowFailure.NotFound,
                ("RESOURCE_ALREADY_EXISTS", _) => MlflowFailure.AlreadyExists,
                ("INVALID_PARAMETER_VALUE" or "BAD_REQUEST" or "NOT_IMPLEMENTED", _) => MlflowFailure.Refused,
                ("FEATURE_DISABLED", _) or (null, 401 or 403) => MlflowFailure.Setup,
                (null, 404 or 405) => MlflowFailure.UnknownRoute,
                _ => null,
            };
            if (expected is not null)
                Assert.True(expected == e.Failure, $"{name}: {e.Failure} for {e.Message}");
        }
    }

    private static IEnumerable<(string Name, JsonObject Response)> Recorded(string file)
    {
        var data = Environment.GetEnvironmentVariable("ANOMALY_DATA");
        Assert.SkipWhen(data is null, "ANOMALY_DATA is not set: the recorded exchanges of real MLflow servers are not at hand");
        foreach (var line in File.ReadLines(Path.Combine(data!, "mlflow-transcripts", file)))
        {
            var exchange = JsonNode.Parse(line)!;
            var path = exchange["request"]!["path"]!.GetValue<string>();
            if (path.StartsWith("/api/2.0", StringComparison.Ordinal))
                yield return ($"{exchange["request"]!["method"]} {path["/api/2.0".Length..]}", exchange["response"]!.AsObject());
        }
    }

    /// <summary>Every value that was read is one that was answered; fields that nobody needs may be missing.</summary>
    private static void Contained(JsonNode read, JsonNode? answered, string at)
    {
        switch (read)
        {
            case JsonObject fields:
                foreach (var (key, value) in fields)
                    if (
                        value is not null
                        && !(
                            answered?[key] is null
                            && value is JsonValue number
                            && number.GetValueKind() == JsonValueKind.Number
                            && number.ToJsonString() == "0"
                        )
                    )
                        Contained(value, answered?[key], $"{at}.{key}");
                break;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                    Contained(items[i]!, answered?[i], $"{at}[{i}]");
                Assert.Equal(items.Count, (answered as JsonArray)?.Count);
                break;
            default:
                Assert.True(
                    JsonNode.DeepEquals(read, answered) || answered?.ToJsonString() == read.ToJsonString(),
                    $"{at}: read {read.ToJsonString()}, answered {answered?.ToJsonString() ?? "nothing"}"
                );
                break;
        }
    }
}
