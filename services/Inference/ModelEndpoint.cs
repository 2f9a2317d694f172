using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Inference;

/// <summary><c>GET /v1/model</c>: what is served, and the order in which it expects features.</summary>
internal static class ModelEndpoint
{
    public static void MapModel(this IEndpointRouteBuilder routes) =>
        routes.MapGet(
            "/v1/model",
            Ok<ModelV1> (ChampionWatcher<EnsembleScorer> champion) =>
                TypedResults.Ok(
                    new ModelV1(
                        champion.Current?.Version,
                        champion.Current?.Sha256,
                        champion.Current?.LoadedAt,
                        FeatureSchema.Current.Hash,
                        FeatureSchema.Current.Names,
                        champion.Refused
                    )
                )
        );
}
