namespace Dapr.Anomaly.Platform.Prometheus;

/// <summary>A PromQL expression with the name it goes by.</summary>
/// <param name="Name">Name in the configuration or preset; errors quote it.</param>
/// <param name="Expr">The expression.</param>
/// <param name="Place">Where it was written (<c>anomaly.yaml:7: reader.queries.checkout_p99.expr</c>); null when it comes from a preset.</param>
public sealed record PromQuery(string Name, string Expr, string? Place = null)
{
    public override string ToString() => Place ?? $"query {Name}";
}
