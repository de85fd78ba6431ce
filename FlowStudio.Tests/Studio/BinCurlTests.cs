using System.Diagnostics;
using System.Text;
using FlowStudio.Engine.Bins;
using FlowStudio.Tests.Api;
using FlowStudio.Web.Studio.Bins;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class BinCurlTests
{
    static BinRequest Request(string method, byte[] body, string query = "", params (string Name, string Value)[] headers) =>
        new(Guid.CreateVersion7(), "orders", method, "/bin/orders/it's here", query, [.. headers.Select(h => KeyValuePair.Create(h.Name, h.Value))], body, null, DateTimeOffset.UnixEpoch);

    [Fact]
    public void A_request_is_a_command_without_what_curl_says_by_itself() =>
        BinCurl.Of(Request("PUT", "{\"a\":\"it's\"}"u8.ToArray(), "b=1", ("Content-Type", "application/json"), ("Host", "x"), ("Content-Length", "12"), ("X-Empty", ""), ("X-Kind", "new")),
            "http://localhost:7860/").ShouldBe("""
            curl -X PUT \
              'http://localhost:7860/bin/orders/it'\''s here?b=1' \
              -H 'Content-Type: application/json' \
              -H 'X-Empty;' \
              -H 'X-Kind: new' \
              --data-raw '{"a":"it'\''s"}'
            """.ReplaceLineEndings("\n"));

    [Fact]
    public void Bytes_that_are_no_text_make_no_command()
    {
        BinCurl.Of(Request("POST", [0xff, 0x00]), "http://x").ShouldBeNull();
        BinCurl.Of(Request("GET", []), "http://x").ShouldNotBeNull().ShouldNotContain("--data");
        BinCurl.Of(Request("HEAD", []), "http://x").ShouldNotBeNull().ShouldStartWith("curl -I ");
    }

    [Fact]
    public async Task The_command_sends_the_same_again()
    {
        await using var server = await StudioServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/bin/again/below?x=1&y=%20z")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes("@not a file\n'quoted' \"too\" $HOME\n")) { Headers = { ContentType = new("text/plain") } },
        };
        request.Headers.Add("X-Kind", "it's new");
        (await server.Client.SendAsync(request)).EnsureSuccessStatusCode();
        var store = server.Get<IBinStore>();
        var first = (await store.ListAsync("again", 10, CancellationToken.None)).ShouldHaveSingleItem();
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", BinCurl.Of(first, server.Url).ShouldNotBeNull()]) { RedirectStandardOutput = true, RedirectStandardError = true }).ShouldNotBeNull();
        await bash.WaitForExitAsync();
        bash.ExitCode.ShouldBe(0);
        var second = (await store.ListAsync("again", 10, CancellationToken.None))[0];
        second.Id.ShouldNotBe(first.Id);
        (second.Method, second.Path, second.Query, Encoding.UTF8.GetString(second.Body), second.ContentType).ShouldBe((first.Method, first.Path, first.Query, Encoding.UTF8.GetString(first.Body), first.ContentType));
        second.Headers.ShouldContain(h => h.Key == "X-Kind" && h.Value == "it's new");
    }
}
