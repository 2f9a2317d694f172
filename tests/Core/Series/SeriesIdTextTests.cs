using System.Text.Json;
using CsCheck;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Series;

public class SeriesIdTextTests
{
    [Fact]
    public void Json_AnyId_ComesBackAsValueAndAsKey() =>
        Gen.ULong.Sample(fingerprint =>
        {
            var id = new SeriesId(fingerprint);
            Assert.Equal(id, JsonSerializer.Deserialize<SeriesId>(JsonSerializer.Serialize(id)));
            var map = new Dictionary<SeriesId, int> { [id] = 1 };
            Assert.Equal(map, JsonSerializer.Deserialize<Dictionary<SeriesId, int>>(JsonSerializer.Serialize(map)));
            Assert.Equal(id, SeriesId.Parse(id.ToString(), null));
        });

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("9cccc0b0cebea81")]
    [InlineData("9cccc0b0cebea81cc")]
    [InlineData(" 9cccc0b0cebea81")]
    [InlineData("zccccob0cebea81c")]
    public void TryParse_OtherTexts_AreRefused(string text)
    {
        Assert.False(SeriesId.TryParse(text, null, out _));
        Assert.Throws<FormatException>(() => SeriesId.Parse(text, null));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SeriesId>(JsonSerializer.Serialize(text)));
    }

    [Fact]
    public void Json_ANumber_IsRefused() => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SeriesId>("12"));
}
