using System.Net;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary>Requests that no client would send: smuggling, broken framing, monstrous headers.</summary>
public class RawHttpTests(StudioServer server) : IClassFixture<StudioServer>
{
    const string Post = "POST /api/v1/webhook/tutorial HTTP/1.1\r\nHost: localhost\r\n";

    public static TheoryData<string, string> Requests => new()
    {
        { "chunk size overflows", Post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx" },
        { "chunk size is no number", Post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n" },
        { "chunk without its end", Post + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n" },
        { "length and chunks", Post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/flows HTTP/1.1\r\nHost: localhost\r\n\r\n" },
        { "two lengths", Post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x" },
        { "negative length", Post + "Content-Length: -1\r\n\r\n{}" },
        { "length that overflows", Post + "Content-Length: 99999999999999999999\r\n\r\n{}" },
        { "unknown transfer coding", Post + "Transfer-Encoding: rot13\r\n\r\n{}" },
        { "folded header", Post + "X-A: b\r\n  c\r\nContent-Length: 2\r\n\r\n{}" },
        { "blank before the colon", Post + "Content-Length : 2\r\n\r\n{}" },
        { "NUL in a header", Post + "X-A: b\0c\r\nContent-Length: 2\r\n\r\n{}" },
        { "bare CR in a header", Post + "X-A: b\rc\r\nContent-Length: 2\r\n\r\n{}" },
        { "header without a colon", Post + "nonsense\r\nContent-Length: 2\r\n\r\n{}" },
        { "two hosts", "POST /api/v1/webhook/tutorial HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}" },
        { "no host", "POST /api/v1/webhook/tutorial HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}" },
        { "no host in HTTP/1.0", "POST /api/v1/webhook/tutorial HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}" },
        { "another host in the target", "POST http://evil.example/api/v1/webhook/tutorial HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}" },
        { "64 KB header", Post + "X-A: " + new string('a', 65_536) + "\r\nContent-Length: 2\r\n\r\n{}" },
        { "200 headers", Post + string.Concat(Enumerable.Range(0, 200).Select(i => $"X-{i}: {i}\r\n")) + "Content-Length: 2\r\n\r\n{}" },
        { "20 KB of path", "POST /api/v1/webhook/" + new string('a', 20_000) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}" },
        { "20 KB of query", "POST /api/v1/webhook/tutorial?" + new string('a', 20_000) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}" },
        { "broken escapes in the path", "POST /api/v1/webhook/%zz%c0%af HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}" },
        { "NUL in the path", "POST /api/v1/webhook/a%00b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}" },
        { "dots in the path", "POST /api/v1/webhook/../../v1/flows HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}" },
        { "method of blanks", "P OST / HTTP/1.1\r\nHost: localhost\r\n\r\n" },
        { "unknown version", "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n" },
        { "not HTTP at all", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001" },
        { "a mail", "EHLO example.org\r\nMAIL FROM:<a@example.org>\r\n" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task It_is_refused_or_ignored_and_never_a_fault_of_the_server(string name, string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(server.Url).Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        socket.Client.Shutdown(SocketShutdown.Send);
        var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer).WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (IOException)
        {
            // Cut in the middle: what came before counts.
        }
        var text = Encoding.Latin1.GetString(answer.ToArray());
        foreach (var status in text.Split("HTTP/1.1 ")[1..].Select(a => int.Parse(a[..3])))
        {
            // 505 is what an unknown version deserves.
            if (status != 505)
                status.ShouldBeInRange(200, 499, $"{name}: {text}");
        }
        // One request, one answer: nothing was smuggled.
        text.Split("HTTP/1.1 ").Length.ShouldBeLessThanOrEqualTo(2, text);

        using var next = await server.Client.GetAsync("/health/live");
        next.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
