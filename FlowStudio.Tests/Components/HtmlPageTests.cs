using System.Text;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Egress;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class HtmlPageTests
{
    static readonly Uri Address = new("https://site.example/docs/page");

    [Theory]
    [InlineData("<p>One  <b>two</b>\n three</p><p>Four</p>", "One two three\n\nFour")]
    [InlineData("a<br>b<div>c</div>d", "a\nb\nc\nd")]
    [InlineData("<h1>Title</h1>Text&nbsp;&amp; &eacute; &#x1F600;", "Title\n\nText & é 😀")]
    [InlineData("<ul><li>one<li>two<ol><li>a<li>b</ol></ul>", "- one\n- two\n\n  1. a\n  2. b")]
    [InlineData("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "a | b\n1 | 2")]
    [InlineData("x<script>bad()</script><style>.a{}</style><nav>menu</nav><!-- no --><noscript>no</noscript>y", "xy")]
    [InlineData("a<span hidden>no</span><i aria-hidden=true>no</i><p style='display: NONE'>no</p>b", "ab")]
    [InlineData("<pre>a\n  b</pre>c", "a\n  b\n\nc")]
    [InlineData("<body>menu<main><p>real</p></main>foot</body>", "real")]
    [InlineData("<body>menu<article>real</article></body>", "real")]
    [InlineData("<body><article>1</article><article>2</article></body>", "1\n\n2")]
    [InlineData("<p>unclosed <b>bold <p>next", "unclosed bold\n\nnext")]
    [InlineData("", "")]
    [InlineData("no tags at all", "no tags at all")]
    [InlineData("<img alt='x'><input value=v>text", "text")]
    public void A_page_reads_as_people_see_it(string html, string text) => new HtmlPage(html, Address).Text(markdown: false).ShouldBe(text);

    [Theory]
    [InlineData("<h2>Title</h2><p>a <b>bold</b> and <em>soft</em>, <code>x = 1</code>.", "## Title\n\na **bold** and *soft*, `x = 1`.")]
    [InlineData("See <a href='/a?b=1&amp;c'>this page</a>, <a href='#x'>not this</a>.", "See [this page](https://site.example/a?b=1&c), not this.")]
    [InlineData("<pre><code>if (a)\n  b();</code></pre>", "```\nif (a)\n  b();\n```")]
    [InlineData("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "| a | b |\n| --- | --- |\n| 1 | 2 |")]
    [InlineData("a<hr>b", "a\n\n---\n\nb")]
    public void As_markdown_its_shape_is_kept(string html, string text) => new HtmlPage(html, Address).Text(markdown: true).ShouldBe(text);

    [Fact]
    public void Title_description_and_links_are_found()
    {
        var page = new HtmlPage(
            """
            <html><head><title> A &amp;
             B </title><meta name="Description" content="What it&#39;s about"><base href="/base/"></head><body><nav><a href="one">1</a></nav>
            <a href="one#part">again</a><a href="//other.example/x">2</a><a href="mailto:a@b.c">3</a><a href="javascript:x()">4</a><a>5</a><a href="http://[bad">6</a></body></html>
            """, Address);
        (page.Title, page.Description).ShouldBe(("A & B", "What it's about"));
        page.Links().Select(l => l.AbsoluteUri).ShouldBe(["https://site.example/base/one", "https://other.example/x"]);
    }

    [Theory]
    [InlineData("text/html", "<meta charset=\"iso-8859-1\">", "é")]
    [InlineData("text/html", "<meta http-equiv=Content-Type content='text/html; charset=windows-1252'>", "é")]
    [InlineData("text/html; charset=iso-8859-1", "<meta charset=utf-8>", "é")]
    [InlineData("text/html", "<meta charset=nonsense>", "\uFFFD")]
    [InlineData(null, "", "\uFFFD")]
    public void The_charset_is_the_headers_or_else_the_pages_own(string? type, string head, string read)
    {
        var response = new GuardedResponse
        {
            Status = 200,
            Headers = type is null ? [] : [new("Content-Type", type)],
            Body = Encoding.Latin1.GetBytes(head + "<p>é</p>"),
            FinalUrl = Address.AbsoluteUri,
        };
        new HtmlPage(HtmlPage.Decode(response), Address).Text(markdown: false).ShouldBe(read);
    }

    [Theory]
    [InlineData("<div>", 400_000)]
    [InlineData("<ul><li>", 200_000)]
    [InlineData("<b><i><a href=x>", 100_000)]
    public void A_page_nested_without_end_is_refused(string tag, int times) =>
        Should.Throw<InvalidDataException>(() => new HtmlPage(string.Concat(Enumerable.Repeat(tag, times)), Address)).Message.ShouldContain("500");

    [Fact]
    public void As_deep_as_pages_are_it_is_read() =>
        new HtmlPage(string.Concat(Enumerable.Repeat("<div><b>", 200)) + "end", Address).Text(markdown: false).ShouldBe("end");
}
