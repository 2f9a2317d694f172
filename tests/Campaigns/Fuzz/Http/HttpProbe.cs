using System.Text;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Http;

/// <param name="Bytes">What is sent.</param>
/// <param name="Verb">An answer to HEAD has no body.</param>
/// <param name="IsHttp">The bytes are one whole HTTP/1.1 request, which must be answered; else the connection may just end.</param>
/// <param name="HasToken">It carries the API token.</param>
/// <param name="PauseMilliseconds">The second half of the bytes comes so much later.</param>
internal sealed record HttpProbe(byte[] Bytes, string Verb, bool IsHttp, bool HasToken, int PauseMilliseconds)
{
    /// <summary>For a report: the text, with what cannot be printed as escapes.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var each in Bytes.Take(700))
            text.Append(
                each is >= 32 and < 127 ? (char)each
                : each == '\n' ? '¶'
                : each == '\r' ? ' '
                : '·'
            );
        return $"{text}{(Bytes.Length > 700 ? $"… {Bytes.Length} bytes" : "")}";
    }
}
