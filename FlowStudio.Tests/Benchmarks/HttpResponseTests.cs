using System.Text;
using FlowStudio.Benchmarks.Load;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Benchmarks;

public class HttpResponseTests
{
    [Theory]
    [InlineData("HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\ncontent-length: 2\r\n\r\n{}", 202)]
    [InlineData("HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n", 204)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n", 200)]
    [InlineData("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", 429)]
    public void A_response_ends_where_its_head_says_and_not_before(string text, int expected)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var length = 0; length < bytes.Length; length++)
            HttpResponse.TryRead(bytes.AsSpan(0, length), out _, out _).ShouldBe(0, $"after {length} bytes");
        HttpResponse.TryRead([.. bytes, .. "HTTP/1.1 "u8], out var status, out var closes).ShouldBe(bytes.Length);
        status.ShouldBe(expected);
        closes.ShouldBeFalse();
    }

    [Fact]
    public void Connection_close_is_seen()
    {
        HttpResponse.TryRead("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"u8, out _, out var closes).ShouldBeGreaterThan(0);
        closes.ShouldBeTrue();
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("garbage\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nuntil the connection closes")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")]
    public void What_cannot_be_understood_is_an_error_and_not_a_guess(string text) =>
        Should.Throw<FormatException>(() => HttpResponse.TryRead(Encoding.ASCII.GetBytes(text), out _, out _));
}
