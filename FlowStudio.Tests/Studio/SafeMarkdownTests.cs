using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using FlowStudio.Web.Studio.Shared;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class SafeMarkdownTests
{
    static readonly string[] Tags =
        ["A", "BLOCKQUOTE", "BR", "CODE", "DEL", "EM", "H1", "H2", "H3", "H4", "H5", "H6", "HR", "LI", "OL", "P", "PRE", "STRONG", "TABLE", "TBODY", "TD", "TH", "THEAD", "TR", "UL"];

    /// <summary>What is not on this list is a finding: elements, attributes, and where links lead.</summary>
    static List<string> Findings(string html)
    {
        var body = new HtmlParser().ParseDocument($"<body>{html}</body>").Body!;
        var findings = new List<string>();
        foreach (var element in body.QuerySelectorAll("*"))
        {
            if (!Tags.Contains(element.TagName, StringComparer.Ordinal))
                findings.Add($"<{element.TagName}>");
            foreach (var attribute in element.Attributes)
            {
                var fine = (element.TagName, attribute.Name) switch
                {
                    ("A", "href") => Uri.TryCreate(attribute.Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "mailto",
                    ("A", "rel" or "target" or "title") => true,
                    ("TH" or "TD", "style") => attribute.Value is "text-align: left;" or "text-align: center;" or "text-align: right;",
                    ("OL", "start") => attribute.Value.All(char.IsAsciiDigit),
                    _ => false,
                };
                if (!fine)
                    findings.Add($"{element.TagName} {attribute.Name}=\"{attribute.Value}\"");
            }
        }
        return findings;
    }

    public static IEnumerable<TheoryDataRow<string>> Dangerous()
    {
        string[] targets =
        [
            "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java&#10;script:alert(1)", "&#106;avascript:alert(1)", "&#x6A;avascript&colon;alert(1)", "javascript&#58;alert(1)",
            "\u0001javascript:alert(1)", " javascript:alert(1)", "vbscript:msgbox(1)", "data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
            "file:///etc/passwd", "blob:https://x.test/1", "filesystem:https://x.test/1", "view-source:https://x.test", "about:blank", "ws://x.test", "ftp://x.test/a", "tel:+1", "intent://x#Intent;end",
            "//evil.test/x", "/runs", "../x", "#main", "?x=1", "x", "", "http:", "https:javascript:alert(1)//", "jav\u00ADascript:alert(1)", "%6Aavascript:alert(1)", "javascript\\:alert(1)",
        ];
        foreach (var target in targets)
        {
            yield return new($"[click]({target})");
            yield return new($"[click](<{target}>)");
            yield return new($"![pixel]({target})");
            yield return new($"<{target}>");
            yield return new($"[click][r]\n\n[r]: {target}");
            yield return new($"[r]\n\n[r]: <{target}> \"title\" onmouseover=alert(1)");
        }
        string[] whole =
        [
            "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<iframe src=javascript:alert(1)></iframe>", "<a href=javascript:alert(1)>x</a>", "<style>*{background:url(//evil.test)}</style>",
            "<math><mtext></p><img src onerror=alert(1)>", "<!--><img src=x onerror=alert(1)>-->", "<details open ontoggle=alert(1)>", "<base href=//evil.test>", "<form action=//evil.test><input name=q></form>",
            "<meta http-equiv=refresh content=0;url=//evil.test>", "<object data=//evil.test>", "<link rel=stylesheet href=//evil.test>", "<body onload=alert(1)>", "<template><script>alert(1)</script></template>",
            "![track](https://evil.test/p.png)", "[![track](https://evil.test/p.png)](https://good.test)", "![x][i]\n\n[i]: https://evil.test/p.png", "[a](https://x.test \"\\\" onmouseover=alert(1) x=\\\"\")",
            "[a](https://x.test\" onclick=\"alert(1))", "[a](<https://x.test/\" onclick=\"alert(1)>)", "<https://x.test/\"onclick=alert(1)>", "# heading {onclick=alert(1) .x}", "para {#id onclick=alert(1)}",
            "[a](https://x.test){target=_self onclick=alert(1)}", "```js onclick=alert(1)\ncode\n```", "```\"><img/src/onerror=alert(1)>\ncode\n```", "`<img src=x onerror=alert(1)>`", "| <img src=x> |\n|:-:|\n| [x](javascript:alert(1)) |",
            "- <script>alert(1)</script>\n- [x](data:text/html,1)", "> ![q](data:image/svg+xml,<svg/onload=alert(1)>)", "www.evil.test\"onclick=alert(1)", "https://x.test/<script>alert(1)</script>", "mailto:a@b.test?\"onclick=alert(1)",
            "[x](mailto:a@b.test\"onclick=alert(1))", "&lt;script&gt;alert(1)&lt;/script&gt;", "\\<script>alert(1)\\</script>", "[<img src=x onerror=alert(1)>](https://x.test)", "![<script>](https://x.test/a.png)",
            "~~<script>alert(1)</script>~~", "[a]: javascript:alert(1)\n[a]", "1. x\n\n    <script>alert(1)</script>", "a  \n<img src=x>", "<scr\0ipt>alert(1)</scr\0ipt>", "\uFEFF<script>alert(1)</script>", "<x onclick=alert(1)>click",
            "[x](javascript:alert(1)//https://good.test)", "ftp://x.test/a tel:+123", "www.x.test/%22onmouseover=alert(1)", "![](javascript:alert(1))", "[](javascript:alert(1))", "[![]()](javascript:alert(1))",
        ];
        foreach (var text in whole)
            yield return new(text);
    }

    [Theory]
    [MemberData(nameof(Dangerous))]
    public void Nothing_of_a_stranger_can_run_load_or_lead_astray(string markdown)
    {
        var html = SafeMarkdown.Render(markdown, out var whyPlain);
        whyPlain.ShouldBeNull();
        Findings(html!).ShouldBeEmpty(html);
    }

    [Fact]
    public void There_are_more_than_a_hundred_of_them() => Dangerous().Count().ShouldBeGreaterThan(200);

    [Fact]
    public void The_oracle_finds_what_Markdown_alone_lets_through()
    {
        Findings("<p><a href=\"javascript:alert(1)\">x</a><img src=x><b onclick=y>z</b></p>").Count.ShouldBe(5);
    }

    [Theory]
    [InlineData("[docs](https://x.test/a?b=1&c=2 \"A title\")", "https://x.test/a?b=1&c=2", "docs")]
    [InlineData("<https://x.test/a>", "https://x.test/a", "https://x.test/a")]
    [InlineData("see https://x.test/a.", "https://x.test/a", "https://x.test/a")]
    [InlineData("<a@b.test>", "mailto:a@b.test", "a@b.test")]
    [InlineData("![A **chart**](https://x.test/c.png)", "https://x.test/c.png", "A chart")]
    [InlineData("![](https://x.test/c.png)", "https://x.test/c.png", "https://x.test/c.png")]
    public void Good_links_stay_and_open_elsewhere(string markdown, string href, string text)
    {
        var link = new HtmlParser().ParseDocument(SafeMarkdown.Render(markdown, out _)!).QuerySelector("a")!;
        link.GetAttribute("href").ShouldBe(href);
        link.TextContent.ShouldBe(text);
        link.GetAttribute("target").ShouldBe("_blank");
        link.GetAttribute("rel").ShouldBe("noopener noreferrer nofollow");
    }

    [Fact]
    public void A_refused_link_leaves_its_words() =>
        new HtmlParser().ParseDocument(SafeMarkdown.Render("Please [click **here**](javascript:x) now", out _)!).Body!.TextContent.Trim().ShouldBe("Please click here now");

    [Fact]
    public void Ordinary_Markdown_looks_as_it_should()
    {
        var html = SafeMarkdown.Render("# One\n\n- a\n- ~~b~~\n\n| x | y |\n|---|--:|\n| 1 | 2 |\n\n```json\n{}\n```\n\n> q", out _)!;
        foreach (var tag in new[] { "<h1>", "<li>a</li>", "<del>b</del>", "<table>", "<pre><code>", "<blockquote>" })
            html.ShouldContain(tag);
    }

    public static IEnumerable<TheoryDataRow<string, string>> Heavy() =>
    [
        new("long", new string('x', SafeMarkdown.MaxLength + 1)),
        new("open brackets", string.Concat(Enumerable.Repeat("[a](", SafeMarkdown.MaxLength / 4))),
        new("deep quotes", new string('>', 20_000) + "x"),
        new("deep lists", string.Concat(Enumerable.Repeat("- ", 15_000))),
        new("deep emphasis", string.Concat(Enumerable.Repeat("*a **b ", 5_000))),
        new("emphasis at the bound", string.Concat(Enumerable.Repeat("*a **b ", SafeMarkdown.MaxMarks / 3))),
        new("brackets at the bound", string.Concat(Enumerable.Repeat("[", SafeMarkdown.MaxBrackets))),
        new("images at the bound", string.Concat(Enumerable.Repeat("![", SafeMarkdown.MaxBrackets))),
        new("links at the bound", string.Concat(Enumerable.Repeat("[a](", SafeMarkdown.MaxBrackets))),
        new("backticks", string.Concat(Enumerable.Range(1, 250).Select(n => new string('`', n) + " "))),
        new("pipes", new string('|', SafeMarkdown.MaxLength)),
        new("entities", string.Concat(Enumerable.Repeat("&#", SafeMarkdown.MaxLength / 2))),
        new("angles", new string('<', SafeMarkdown.MaxLength)),
        new("stars", new string('*', SafeMarkdown.MaxLength)),
        new("stars apart", string.Concat(Enumerable.Repeat("* a *b ", SafeMarkdown.MaxLength / 7))),
        new("underscores", string.Concat(Enumerable.Repeat("_a", SafeMarkdown.MaxLength / 2))),
        new("tildes", string.Concat(Enumerable.Repeat("~~a", SafeMarkdown.MaxLength / 3))),
        new("closing brackets", new string(']', SafeMarkdown.MaxLength)),
        new("parentheses", "[a]" + new string('(', SafeMarkdown.MaxLength - 3)),
        new("backslashes", new string('\\', SafeMarkdown.MaxLength)),
        new("addresses", string.Concat(Enumerable.Repeat("http://a", SafeMarkdown.MaxLength / 8))),
        new("hosts", string.Concat(Enumerable.Repeat("www.", SafeMarkdown.MaxLength / 4))),
        new("mails", string.Concat(Enumerable.Repeat("<a@b", SafeMarkdown.MaxLength / 4))),
        new("table", "|a|b|\n|-|-|\n" + string.Concat(Enumerable.Repeat("|x|y|\n", SafeMarkdown.MaxLength / 6 - 3))),
        new("wide table", string.Concat(Enumerable.Repeat("|a", 6_000)) + "\n" + string.Concat(Enumerable.Repeat("|-", 6_000)) + "\n|x"),
        new("pipes by line", string.Concat(Enumerable.Repeat("|\n", SafeMarkdown.MaxLength / 2))),
        new("definitions", string.Concat(Enumerable.Range(0, 1_900).Select(i => $"[a{i}]: https://x.test\n"))),
        new("one definition, many uses", "[a]: https://x.test\n\n" + string.Concat(Enumerable.Repeat("[a] ", 1_900))),
        new("quotes by line", string.Concat(Enumerable.Range(1, 250).Select(n => new string('>', n) + "a\n"))),
        new("numbered nesting", string.Concat(Enumerable.Range(0, 280).Select(n => new string(' ', n * 3 % 200) + "1. a\n"))),
        new("fences", string.Concat(Enumerable.Repeat("```\n", SafeMarkdown.MaxLength / 4))),
        new("carriage returns", new string('\r', SafeMarkdown.MaxLength)),
        new("tabs", new string('\t', SafeMarkdown.MaxLength)),
        new("half a surrogate", string.Concat(Enumerable.Repeat("\ud83d[", 1_000))),
        new("quotes in lists in quotes", string.Concat(Enumerable.Repeat("> - ", 9_000))),
    ];

    [Theory]
    [InlineData("> ", 200)]
    [InlineData("- ", 500)]
    [InlineData("x", SafeMarkdown.MaxLength + 1)]
    [InlineData("[", SafeMarkdown.MaxBrackets + 1)]
    [InlineData("*", SafeMarkdown.MaxMarks + 1)]
    public void What_is_too_long_or_too_deep_is_plain_text_and_says_why(string piece, int times)
    {
        SafeMarkdown.Render(string.Concat(Enumerable.Repeat(piece, times)) + "x", out var whyPlain).ShouldBeNull();
        whyPlain.ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [MemberData(nameof(Heavy))]
    public void A_heavy_text_neither_throws_nor_lets_anything_through(string what, string markdown)
    {
        what.ShouldNotBeEmpty();
        var html = SafeMarkdown.Render(markdown, out var whyPlain);
        (html is null).ShouldBe(whyPlain is not null);
        if (html is not null)
            Findings(html).ShouldBeEmpty();
    }
}
