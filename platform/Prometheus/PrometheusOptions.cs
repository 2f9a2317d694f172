using System.ComponentModel.DataAnnotations;

namespace Dapr.Anomaly.Platform.Prometheus;

/// <summary>How to reach a server that answers the Prometheus HTTP API: Prometheus, Thanos, Mimir or VictoriaMetrics.</summary>
public sealed record PrometheusOptions
{
    private readonly Uri _url = new("http://localhost");

    /// <summary>
    /// Base address; a path prefix such as Mimir's <c>/prometheus</c> is kept. A user and a password that it names are taken as
    /// <see cref="Username"/> and <see cref="Password"/>, and are not shown again: addresses stand in messages and logs.
    /// </summary>
    [Required]
    public required Uri Url
    {
        get => WithoutUser(_url);
        init => _url = value;
    }

    /// <summary>User of basic authentication; null for none.</summary>
    public string? Username
    {
        get => field ?? OfUrl(0);
        init;
    }

    public string? Password
    {
        get => field ?? OfUrl(1);
        init;
    }

    /// <summary>Bearer token; null for none.</summary>
    public string? BearerToken { get; init; }

    /// <summary>Longest time one try may take. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Tries per request, the first included. Default 3.</summary>
    [Range(1, 10)]
    public int Tries { get; init; } = 3;

    /// <summary>Pause before the second try; it doubles after each further one. Default 1 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Most series one answer may hold. Default 1,000,000.</summary>
    [Range(1, int.MaxValue)]
    public int MaxSeries { get; init; } = 1_000_000;

    /// <summary>Largest body of one answer, in bytes. Default 1 GiB.</summary>
    [Range(1, long.MaxValue)]
    public long MaxBodyBytes { get; init; } = 1L << 30;

    /// <summary>Most points a range query may ask for per series; longer ranges are split. Prometheus's own limit is 11,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxPointsPerRequest { get; init; } = 11_000;

    /// <summary>An address as it may be shown.</summary>
    public static Uri WithoutUser(Uri url) => url.UserInfo.Length == 0 ? url : new UriBuilder(url) { UserName = "", Password = "" }.Uri;

    private string? OfUrl(int part) =>
        _url.UserInfo.Split(':', 2).ElementAtOrDefault(part) is { Length: > 0 } text ? Uri.UnescapeDataString(text) : null;
}
