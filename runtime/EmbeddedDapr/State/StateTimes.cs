using System.Globalization;

namespace Dapr.Embedded.State;

/// <summary>Times as state metadata shows them: RFC 3339 in UTC.</summary>
internal static class StateTimes
{
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
