using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dapr.Embedded;
using EmbeddedDapr.Tests.Workflows.TaskHub;

namespace EmbeddedDapr.Tests.Workflows.Http;

/// <summary>Starts over HTTP while no worker is connected, over real connections.</summary>
public sealed class AbandonedStartTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_start_that_its_client_gave_up_just_before_the_worker_came_is_not_stored()
    {
        await using var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions { Sidecars = [new SidecarOptions { AppId = "a" }] },
            Token
        );
        var sidecar = dapr.Sidecars["a"];
        using var client = new HttpClient { BaseAddress = sidecar.HttpEndpoint };
        for (var round = 0; round < 10; round++)
        {
            var patient = client.PostAsync($"/v1.0/workflows/dapr/W/start?instanceID=patient{round}", null, Token);
            using (var gone = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
            {
                await gone.ConnectAsync(IPAddress.Loopback, sidecar.HttpEndpoint.Port, Token);
                var target = string.Create(CultureInfo.InvariantCulture, $"/v1.0/workflows/dapr/W/start?instanceID=gone{round}");
                var request = $"POST {target} HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n1";
                await gone.SendAsync(Encoding.ASCII.GetBytes(request), Token);
            }
            await using var worker = await new HandWorker(sidecar.GrpcEndpoint).ConnectAsync();
            using (var answer = await patient)
                Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Assert.Null(await worker.StateAsync($"gone{round}"));
        }
    }
}
