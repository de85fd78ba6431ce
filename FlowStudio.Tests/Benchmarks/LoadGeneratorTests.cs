using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using FlowStudio.Benchmarks.Load;
using FlowStudio.Benchmarks.Processes;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Benchmarks;

public class LoadGeneratorTests
{
    static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_closed_loop_of_a_number_sends_exactly_that_many()
    {
        await using var stub = await StubServer.StartAsync();
        var address = Address(stub);
        var load = new LoadGenerator(address, HttpRequests.Orders(address, "/log"));
        var result = await load.CountAsync(8, 500, Generous, TestContext.Current.CancellationToken);
        result.Sent.ShouldBe(500);
        result.Succeeded.ShouldBe(500);
        result.Trouble.ShouldBe("");
        result.Latency.Count.ShouldBe(500);
        (await CountsAsync(stub)).Logs.ShouldBe(500);
    }

    [Fact]
    public async Task An_open_loop_sends_every_request_that_was_due()
    {
        await using var stub = await StubServer.StartAsync();
        var address = Address(stub);
        var load = new LoadGenerator(address, HttpRequests.Orders(address, "/log"));
        var result = await load.OpenAsync(4, 1000, TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        result.Sent.ShouldBe(200);
        result.Succeeded.ShouldBe(200);
    }

    [Fact]
    public async Task Other_answers_than_success_are_counted_by_status_and_kept_out_of_the_latencies()
    {
        await using var stub = await StubServer.StartAsync();
        var address = Address(stub);
        var load = new LoadGenerator(address, [HttpRequests.Post(address, "/log", "{}"), HttpRequests.Post(address, "/nowhere", "{}")]);
        var result = await load.CountAsync(1, 10, Generous, TestContext.Current.CancellationToken);
        result.ByStatus.ShouldBe(new Dictionary<int, long> { [200] = 5, [404] = 5 }, ignoreOrder: true);
        result.Trouble.ShouldBe("5 × 404");
        result.Latency.Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_connection_that_breaks_before_its_answer_counts_as_broken_and_is_replaced()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, TestContext.Current.CancellationToken);
        var address = (IPEndPoint)listener.LocalEndpoint;
        var load = new LoadGenerator(address, [HttpRequests.Post(address, "/", "{}")]);
        var result = await load.CountAsync(1, 3, Generous, TestContext.Current.CancellationToken);
        result.Failed.ShouldBe(1);
        result.Succeeded.ShouldBe(2);
        result.Trouble.ShouldBe("1 broken");
        listener.Stop();
        await serving;
    }

    [Theory]
    [InlineData(false, "application/json")]
    [InlineData(true, "text/event-stream")]
    public async Task The_stub_answers_as_a_model_does_streamed_or_whole(bool stream, string expected)
    {
        await using var stub = await StubServer.StartAsync();
        using var http = new HttpClient();
        var request = $$"""{"model":"stub","messages":[],"stream":{{(stream ? "true" : "false")}}}""";
        using var content = new StringContent(request, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var response = await http.PostAsync($"{stub.Address}/d0/v1/chat/completions", content, TestContext.Current.CancellationToken);
        response.Content.Headers.ContentType?.MediaType.ShouldBe(expected);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        text.ShouldContain("\"completion_tokens\":12");
        if (stream)
            text.ShouldEndWith("data: [DONE]\n\n");
        else
            JsonDocument.Parse(text).RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString().ShouldStartWith("word1 word2");
        (await CountsAsync(stub)).Completions.ShouldBe(1);
    }

    [Theory]
    [InlineData("/d0/v1/chat/completions", 0)]
    [InlineData("/d50/v1/chat/completions", 50)]
    [InlineData("/v1/chat/completions", 0)]
    [InlineData("/", 0)]
    public void The_path_names_the_stubs_delay(string path, int milliseconds) => StubServer.DelayOf(path).TotalMilliseconds.ShouldBe(milliseconds);

    /// <summary>Drops the first connection after its request; answers every request of the later ones.</summary>
    static async Task ServeAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        using (var first = await listener.AcceptSocketAsync(cancellationToken))
            await first.ReceiveAsync(buffer, cancellationToken);
        using var second = await listener.AcceptSocketAsync(cancellationToken);
        while (await second.ReceiveAsync(buffer, cancellationToken) > 0)
            await second.SendAsync("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), cancellationToken);
    }

    static IPEndPoint Address(StubHost stub) => IPEndPoint.Parse(new Uri(stub.Address).Authority);

    static async Task<StubCounts> CountsAsync(StubHost stub)
    {
        using var http = new HttpClient();
        var json = await http.GetStringAsync($"{stub.Address}/counts", TestContext.Current.CancellationToken);
        return JsonSerializer.Deserialize(json, StubJson.Default.StubCounts).ShouldNotBeNull();
    }
}
