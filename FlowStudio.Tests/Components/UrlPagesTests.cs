using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Egress;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class UrlPagesTests
{
    [Fact]
    public async Task Pages_are_read_as_text_and_rows()
    {
        await using var site = await SiteAsync(("/a", "<title>A</title><meta name=description content='About A'><p>Text of A</p>"), ("/b", "<title>B</title><p>Text of B</p>"));
        var node = new NodeTest("URLComponent").Set("urls", $"{site.Url}/a\n{site.Url}/b\n");
        (await node.TextAsync("raw_results")).ShouldBe("Text of A\n\nText of B");
        var rows = await node.OutputAsync("page_results");
        rows.GetRawText().ShouldBe($$"""
            [{"url":"{{site.Url}}/a","title":"A","description":"About A","content_type":"text/html","text":"Text of A"},{"url":"{{site.Url}}/b","title":"B","description":"","content_type":"text/html","text":"Text of B"}]
            """.Trim());
    }

    [Theory]
    [InlineData("\"{0}/a {0}/b\"")]
    [InlineData("[\"{0}/a\",\"{0}/b\"]")]
    [InlineData("[{{\"url\":\"{0}/a\",\"title\":\"x\"}},{{\"url\":\"{0}/b\"}}]")]
    public async Task Addresses_may_come_from_an_input(string urls)
    {
        await using var site = await SiteAsync(("/a", "A"), ("/b", "B"));
        (await new NodeTest("URLComponent").Set("urls", "http://127.0.0.1:1").In("urls", string.Format(urls, site.Url)).TextAsync("raw_results")).ShouldBe("A\n\nB");
    }

    [Theory]
    [InlineData(1, "1")]
    [InlineData(2, "1 2 3")]
    [InlineData(3, "1 2 3 4")]
    public async Task Links_are_followed_as_deep_as_is_asked_and_each_page_once(int depth, string texts)
    {
        await using var other = await SiteAsync(("/out", "<p>outside</p>"));
        await using var site = await SiteAsync(
            ("/1", $"<p>1</p><nav><a href=2>x</a><a href='/3#part'>x</a><a href='/1'>x</a><a href='{other.Url}/out'>x</a><a href=image.png>x</a></nav>"),
            ("/2", "<p>2</p><nav><a href=3>x</a><a href=4>x</a></nav>"), ("/3", "<p>3</p>"), ("/4", "<p>4</p><nav><a href=5>x</a></nav>"), ("/5", "<p>5</p>"));
        var node = new NodeTest("URLComponent").Set("urls", site.Url + "/1").Set("max_depth", depth);
        (await node.TextAsync("raw_results")).ShouldBe(texts.Replace(" ", "\n\n"));
        node.Logs.ShouldAllBe(l => l.Level == LogLevelName.Info);
        if (depth == 2)
            (await node.Set("prevent_outside", false).TextAsync("raw_results")).ShouldBe("1\n\n2\n\n3\n\noutside");
    }

    [Fact]
    public async Task No_more_pages_are_read_than_is_allowed_and_that_is_told()
    {
        var asked = 0;
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            var number = Interlocked.Increment(ref asked);
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync(string.Concat(Enumerable.Range(0, 50).Select(i => $"<a href='/{number}/{i}'>x</a>")));
        });
        var node = new NodeTest("URLComponent").Set("urls", site.Url).Set("max_depth", 3).Set("max_pages", 7);
        (await node.OutputAsync("page_results")).GetArrayLength().ShouldBe(7);
        asked.ShouldBe(7);
        node.Logs.Single(l => l.Level == LogLevelName.Warning).Text.ShouldContain("more than 7 pages");
    }

    [Fact]
    public async Task A_page_that_fails_is_left_out_or_fails_the_step()
    {
        await using var site = await SiteAsync(("/a", "A"));
        var node = new NodeTest("URLComponent").Set("urls", $"{site.Url}/a {site.Url}/gone?key=1 http://127.0.0.1:1/");
        (await node.TextAsync("raw_results")).ShouldBe("A");
        var warnings = node.Logs.Where(l => l.Level == LogLevelName.Warning).Select(l => l.Text).ToList();
        warnings.Count.ShouldBe(2);
        warnings[0].ShouldBe($"URLComponent: 127.0.0.1:{site.Port}/gone answered 404.");
        warnings[1].ShouldContain("127.0.0.1:1");
        var error = await node.Set("continue_on_failure", false).FailsAsync();
        (error.Code, error.Retryable).ShouldBe(("http_status", false));
        var none = await new NodeTest("URLComponent").Set("urls", "http://127.0.0.1:1/").FailsAsync();
        (none.Code, none.Retryable).ShouldBe(("connect_failed", true));
    }

    [Theory]
    [InlineData("application/pdf", "%PDF-1.7", "a PDF")]
    [InlineData("image/png", "\0\u00FF", "of the type image/png")]
    public async Task What_is_no_text_is_named(string type, string body, string kind)
    {
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            context.Response.ContentType = type;
            return context.Response.Body.WriteAsync(System.Text.Encoding.Latin1.GetBytes(body)).AsTask();
        });
        var error = await new NodeTest("URLComponent").Set("urls", site.Url).FailsAsync();
        (error.Code, error.Retryable).ShouldBe(("page_not_text", false));
        error.Message.ShouldContain(kind);
    }

    [Theory]
    [InlineData("application/json", "{\"a\":1}")]
    [InlineData("text/plain; charset=utf-8", "<p>as it is")]
    [InlineData("application/xml", "<a/>")]
    public async Task Other_texts_are_given_as_they_are(string type, string body)
    {
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            context.Response.ContentType = type;
            return context.Response.WriteAsync(body);
        });
        (await new NodeTest("URLComponent").Set("urls", site.Url).TextAsync("raw_results")).ShouldBe(body);
    }

    [Theory]
    [InlineData("html", "<h1>T</h1>")]
    [InlineData("text", "T")]
    [InlineData("markdown", "# T")]
    public async Task The_format_can_be_chosen(string format, string text)
    {
        await using var site = await SiteAsync(("/", "<h1>T</h1>"));
        (await new NodeTest("URLComponent").Set("urls", site.Url).Set("format", format).TextAsync("raw_results")).ShouldBe(text);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest", "address_refused")]
    [InlineData("file:///etc/passwd", "invalid_url")]
    [InlineData("", "missing_url")]
    public async Task What_must_not_be_called_is_not(string url, string code) => (await new NodeTest("URLComponent").Set("urls", url).FailsAsync()).Code.ShouldBe(code);

    [Fact]
    public async Task A_redirect_that_leaves_the_host_is_not_followed_into_the_result()
    {
        await using var other = await SiteAsync(("/x", "outside"));
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            if (context.Request.Path == "/away")
            {
                context.Response.Redirect(other.Url + "/x");
                return Task.CompletedTask;
            }
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<p>start</p><nav><a href=/away>x</a></nav>");
        });
        var node = new NodeTest("URLComponent").Set("urls", site.Url).Set("max_depth", 2);
        (await node.TextAsync("raw_results")).ShouldBe("start");
        (await new NodeTest("URLComponent").Set("urls", site.Url + "/away").TextAsync("raw_results")).ShouldBe("outside");
    }

    static Task<LoopbackSite> SiteAsync(params (string Path, string Html)[] pages) => LoopbackSite.StartAsync(context =>
    {
        context.Response.ContentType = "text/html";
        var page = pages.FirstOrDefault(p => p.Path == context.Request.Path);
        context.Response.StatusCode = page.Html is null ? 404 : 200;
        return context.Response.WriteAsync(page.Html ?? "");
    });
}
