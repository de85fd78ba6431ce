using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using FlowStudio.Engine.Egress;
using HtmlAgilityPack;

namespace FlowStudio.Engine.Components;

/// <summary>A page of HTML: what a reader sees of it, and where it leads.</summary>
sealed partial class HtmlPage
{
    static readonly FrozenSet<string> Unread = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "script", "style", "noscript", "template", "svg", "canvas", "iframe", "object", "head", "title", "nav", "footer", "aside", "button", "select", "textarea", "dialog", "#comment");

    /// <summary>Elements that stand apart from others, and how many line ends do that.</summary>
    static readonly FrozenDictionary<string, int> Breaks = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase)
    {
        ["p"] = 2,
        ["h1"] = 2,
        ["h2"] = 2,
        ["h3"] = 2,
        ["h4"] = 2,
        ["h5"] = 2,
        ["h6"] = 2,
        ["ul"] = 2,
        ["ol"] = 2,
        ["dl"] = 2,
        ["table"] = 2,
        ["blockquote"] = 2,
        ["pre"] = 2,
        ["section"] = 2,
        ["article"] = 2,
        ["header"] = 2,
        ["figure"] = 2,
        ["hr"] = 2,
        ["div"] = 1,
        ["li"] = 1,
        ["tr"] = 1,
        ["dt"] = 1,
        ["dd"] = 1,
        ["main"] = 1,
        ["form"] = 1,
        ["figcaption"] = 1,
        ["address"] = 1,
        ["details"] = 1,
        ["summary"] = 1,
        ["caption"] = 1,
        ["option"] = 1,
        ["label"] = 1,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>About as deep as browsers go. The parser's time grows with the square of the depth, which is a stranger's to choose.</summary>
    const int MaxDepth = 500;

    readonly HtmlDocument document = new() { OptionMaxNestedChildNodes = MaxDepth };
    readonly Uri address;

    /// <exception cref="InvalidDataException">Its elements are nested deeper than any page for readers.</exception>
    public HtmlPage(string html, Uri address)
    {
        try
        {
            document.LoadHtml(html);
        }
        catch (Exception e) when (e.GetType() == typeof(Exception))
        {
            // The parser has no type of its own for this, its only refusal.
            throw new InvalidDataException($"its elements are nested more than {MaxDepth} deep", e);
        }
        this.address = Attribute("base", "href") is { Length: > 0 } given && Uri.TryCreate(address, given, out var root) ? root : address;
        Title = Line(document.DocumentNode.Descendants("title").FirstOrDefault()?.InnerText ?? "");
        Description = Line(document.DocumentNode.Descendants("meta")
            .FirstOrDefault(m => m.GetAttributeValue("name", "").Equals("description", StringComparison.OrdinalIgnoreCase))?.GetAttributeValue("content", "") ?? "");
    }

    public string Title { get; }

    public string Description { get; }

    /// <summary>Addresses that the page links to, in its order, each once, without fragments; http and https only.</summary>
    public IEnumerable<Uri> Links() => document.DocumentNode.Descendants("a").Select(a => Absolute(a.GetAttributeValue("href", ""))).OfType<Uri>()
        .Select(url => new UriBuilder(url) { Fragment = "" }.Uri).Distinct();

    /// <summary>The answer's text: by byte order mark or Content-Type; else by the page's own word, which browsers look for in its beginning.</summary>
    public static string Decode(GuardedResponse response)
    {
        var type = response.Header("Content-Type") ?? "";
        if (type.Contains("charset=", StringComparison.OrdinalIgnoreCase))
            return response.Text();
        var beginning = Encoding.Latin1.GetString(response.Body.Span[..Math.Min(response.Body.Length, 2048)]);
        if (CharsetPattern().Match(beginning) is not { Success: true } said)
            return response.Text();
        return new GuardedResponse
        {
            Status = response.Status,
            Headers = [new("Content-Type", $"text/html; charset={said.Groups["name"].Value}")],
            Body = response.Body,
            FinalUrl = response.FinalUrl,
        }.Text();
    }

    /// <summary>What can be read: of the page's main part where it names one, without menus, scripts and what is hidden.</summary>
    public string Text(bool markdown)
    {
        var writer = new PageWriter(markdown);
        var open = new Stack<(HtmlNode Node, bool Leaving)>();
        open.Push((Main(), false));
        while (open.TryPop(out var next))
        {
            var (node, leaving) = next;
            if (leaving)
            {
                Leave(writer, node);
            }
            else if (node.NodeType is HtmlNodeType.Text)
            {
                writer.Write(WebUtility.HtmlDecode(((HtmlTextNode)node).Text));
            }
            else if (!IsHidden(node))
            {
                Enter(writer, node);
                open.Push((node, true));
                for (var child = node.LastChild; child is not null; child = child.PreviousSibling)
                    open.Push((child, false));
            }
        }
        return writer.ToString();
    }

    HtmlNode Main()
    {
        var root = document.DocumentNode;
        return root.Descendants("main").FirstOrDefault() ?? root.Descendants().FirstOrDefault(n => n.GetAttributeValue("role", "") == "main")
            ?? (root.Descendants("article").Take(2).ToArray() is [var only] ? only : null) ?? root.Descendants("body").FirstOrDefault() ?? root;
    }

    static bool IsHidden(HtmlNode node) => Unread.Contains(node.Name) || node.Attributes["hidden"] is not null || node.GetAttributeValue("aria-hidden", "") == "true"
        || HiddenPattern().IsMatch(node.GetAttributeValue("style", ""));

    void Enter(PageWriter writer, HtmlNode node)
    {
        if (Breaks.TryGetValue(node.Name, out var lines))
            writer.Break(lines);
        switch (node.Name)
        {
            case "br":
                writer.Break(1);
                break;
            case "li":
                writer.Item(node.ParentNode?.Name == "ol" ? Number(node) : null);
                break;
            case "ul" or "ol":
                writer.Indent(1);
                break;
            case "pre":
                writer.Preformatted(begin: true);
                break;
            case "td" or "th":
                writer.Cell();
                break;
            case "hr":
                writer.Mark("---");
                break;
            case ['h', >= '1' and <= '6' and var level]:
                writer.Mark(new string('#', level - '0') + " ");
                break;
            case "b" or "strong":
                writer.Mark("**");
                break;
            case "i" or "em":
                writer.Mark("*");
                break;
            case "code" when !writer.IsPreformatted:
                writer.Mark("`");
                break;
            case "a" when Absolute(node.GetAttributeValue("href", "")) is not null:
                writer.Mark("[");
                break;
        }
    }

    void Leave(PageWriter writer, HtmlNode node)
    {
        switch (node.Name)
        {
            case "ul" or "ol":
                writer.Indent(-1);
                break;
            case "pre":
                writer.Preformatted(begin: false);
                break;
            case "tr":
                writer.Row(node.Elements("th").Count());
                break;
            case "b" or "strong":
                writer.CloseMark("**");
                break;
            case "i" or "em":
                writer.CloseMark("*");
                break;
            case "code" when !writer.IsPreformatted:
                writer.CloseMark("`");
                break;
            case "a" when Absolute(node.GetAttributeValue("href", "")) is { } url:
                writer.CloseMark($"]({url.AbsoluteUri})");
                break;
        }
        if (Breaks.TryGetValue(node.Name, out var lines))
            writer.Break(lines);
    }

    static int Number(HtmlNode item)
    {
        var number = 1;
        for (var before = item.PreviousSibling; before is not null; before = before.PreviousSibling)
            number += before.Name == "li" ? 1 : 0;
        return number;
    }

    Uri? Absolute(string href)
    {
        href = WebUtility.HtmlDecode(href).Trim();
        return href.Length > 0 && href[0] != '#' && Uri.TryCreate(address, href, out var url) && url.Scheme is "http" or "https" ? url : null;
    }

    string? Attribute(string element, string name) => document.DocumentNode.Descendants(element).FirstOrDefault()?.GetAttributeValue(name, "");

    static string Line(string text) => string.Join(' ', WebUtility.HtmlDecode(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex("<meta[^>]{0,200}charset\\s*=\\s*[\"']?(?<name>[A-Za-z0-9_:.-]{1,40})", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex CharsetPattern();

    [GeneratedRegex("(display\\s*:\\s*none|visibility\\s*:\\s*hidden)", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex HiddenPattern();

    /// <summary>Writes text as it is read: white space means one space, blocks are lines, and there is never more than one empty line.</summary>
    sealed class PageWriter(bool markdown)
    {
        readonly StringBuilder text = new();
        int breaks, depth;
        bool space, preformatted, atMark;

        public bool IsPreformatted => preformatted;

        public void Write(string piece)
        {
            if (preformatted)
            {
                if (piece.Length > 0)
                    Append(piece);
                return;
            }
            var start = 0;
            for (var i = 0; i <= piece.Length; i++)
            {
                if (i < piece.Length && !char.IsWhiteSpace(piece[i]))
                    continue;
                if (i > start)
                    Append(piece.AsSpan(start, i - start));
                if (i < piece.Length)
                    space = true;
                start = i + 1;
            }
        }

        public void Break(int lines)
        {
            if (preformatted)
            {
                Append("\n");
                return;
            }
            breaks = Math.Max(breaks, lines);
            space = false;
        }

        /// <summary>A sign of Markdown, before what it belongs to.</summary>
        public void Mark(string sign)
        {
            if (!markdown || preformatted)
                return;
            Append(sign);
            atMark = true;
        }

        /// <summary>A sign of Markdown, after what it belongs to: right behind it.</summary>
        public void CloseMark(string sign)
        {
            if (!markdown || preformatted)
                return;
            var (spaceAfter, breaksAfter) = (space, breaks);
            (space, breaks, atMark) = (false, 0, false);
            Append(sign);
            (space, breaks) = (spaceAfter, breaksAfter);
        }

        public void Indent(int by) => depth = Math.Max(0, depth + by);

        public void Item(int? number)
        {
            Append(new string(' ', Math.Min(Math.Max(0, depth - 1), 20) * 2));
            Append(number is null ? "- " : string.Create(CultureInfo.InvariantCulture, $"{number}. "));
            atMark = true;
        }

        public void Cell()
        {
            space = false;
            Append(breaks > 0 || text.Length == 0 ? markdown ? "| " : "" : " | ");
            atMark = true;
        }

        public void Row(int headings)
        {
            CloseMark(" |");
            if (!markdown || headings == 0)
                return;
            Break(1);
            Append(string.Concat(Enumerable.Repeat("| --- ", Math.Min(headings, 1000))) + "|");
        }

        public void Preformatted(bool begin)
        {
            if (begin)
            {
                if (markdown)
                    Append("```\n");
                preformatted = true;
            }
            else
            {
                preformatted = false;
                if (markdown)
                    Append(text is [.., '\n'] ? "```" : "\n```");
            }
        }

        public override string ToString() => text.ToString().Trim();

        void Append(ReadOnlySpan<char> piece)
        {
            if (breaks > 0 && text.Length > 0)
                text.Append('\n', breaks);
            else if (space && text.Length > 0 && !atMark)
                text.Append(' ');
            (breaks, space, atMark) = (0, false, false);
            text.Append(piece);
        }
    }
}
