namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>Finds what a misspelt name was meant to be, by Levenshtein distance of at most a third of its length (and at least 2).</summary>
internal static class NearestName
{
    public static string? Of(string name, IEnumerable<string> known)
    {
        var limit = Math.Max(2, name.Length / 3);
        string? nearest = null;
        foreach (var candidate in known)
            if (Distance(name, candidate) is var distance && distance <= limit)
                (nearest, limit) = (candidate, distance - 1);
        return nearest;
    }

    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
