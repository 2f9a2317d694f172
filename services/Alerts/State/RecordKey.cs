using System.Security.Cryptography;
using System.Text;

namespace Dapr.Anomaly.Alerts;

/// <summary>Keys of records: names of workloads may be long, and hold what keys may not.</summary>
internal static class RecordKey
{
    public static string Of(string kind, string name) =>
        $"alerts/{kind}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..32]}";
}
