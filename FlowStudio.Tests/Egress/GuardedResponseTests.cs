using System.Text;
using FlowStudio.Engine.Egress;
using Shouldly;
using Xunit;
using static FlowStudio.Tests.Egress.Calls;

namespace FlowStudio.Tests.Egress;

public class GuardedResponseTests
{
    static string Text(byte[] body, string? contentType = null) => new GuardedResponse
    {
        Status = 200,
        FinalUrl = "http://a.test/",
        Body = body,
        Headers = contentType is null ? [] : [Header("content-type", contentType)],
    }.Text();

    [Theory]
    [InlineData("utf-8")]
    [InlineData("UTF-16")]
    [InlineData("utf-16be")]
    [InlineData("utf-32")]
    [InlineData("iso-8859-1")]
    [InlineData("windows-1252")]
    [InlineData("\"windows-1252\"")]
    public void The_charset_of_the_content_type_is_used(string charset)
    {
        var encoding = CodePagesEncodingProvider.Instance.GetEncoding(charset.Trim('"')) ?? Encoding.GetEncoding(charset.Trim('"'));

        Text(encoding.GetBytes("Grüße"), $"text/html; charset={charset}").ShouldBe("Grüße");
    }

    [Fact]
    public void Charsets_of_east_asia_are_known() =>
        Text([0x93, 0xFA, 0x96, 0x7B], "text/plain; charset=shift_jis").ShouldBe("日本");

    [Theory]
    [InlineData(null)]
    [InlineData("text/html")]
    [InlineData("text/html; charset=nobody-knows")]
    [InlineData("text/html; charset=utf-7")]
    [InlineData("text/html; charset=")]
    [InlineData("not a content type; ;;")]
    public void Everything_else_is_utf8(string? contentType) => Text("Grüße"u8.ToArray(), contentType).ShouldBe("Grüße");

    [Fact]
    public void A_byte_order_mark_wins_and_is_not_part_of_the_text()
    {
        Text([0xEF, 0xBB, 0xBF, (byte)'a'], "text/plain; charset=utf-16").ShouldBe("a");
        Text([0xFF, 0xFE, (byte)'a', 0]).ShouldBe("a");
        Text([0xFE, 0xFF, 0, (byte)'a']).ShouldBe("a");
        Text([0xFF, 0xFE, 0, 0, (byte)'a', 0, 0, 0]).ShouldBe("a");
    }

    [Fact]
    public void Bytes_that_are_no_characters_become_replacement_characters()
    {
        Text([(byte)'a', 0xFF, 0xC0, (byte)'b']).ShouldBe("a\uFFFD\uFFFDb");
        Text([0x00, 0xD8, (byte)'b', 0], "text/plain; charset=utf-16").ShouldBe("\uFFFDb");
        Text([1], "text/plain; charset=utf-16").ShouldBe("\uFFFD");
    }

    [Fact]
    public async Task Headers_in_any_bytes_are_readable()
    {
        await using var listener = RawListener.Answering("HTTP/1.1 200 Fine\u00ff\r\nX-Utf8: \u00c3\u00bc\r\nX-Latin: \u00fc\r\nContent-Type: broken;;;\r\nContent-Length: 2\r\n\r\nok");
        using var http = OnLoopback();

        var response = await http.SendAsync(Get(listener.Url), Ct);

        response.Header("x-utf8").ShouldBe("ü");
        response.Header("X-Latin").ShouldBe("\uFFFD");
        response.Header("missing").ShouldBeNull();
        response.Text().ShouldBe("ok");
    }
}
