using System.Buffers;
using Markdig;
using Markdig.Extensions.EmphasisExtras;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace FlowStudio.Web.Studio.Shared;

/// <summary>
/// Markdown of strangers (models, webhooks) to HTML that can only be read: no HTML of theirs, no image (showing one already tells its server something),
/// links to http, https and mailto only, no attribute but ours. What is too long, too deep or too slow to parse is given as plain text instead.
/// </summary>
public static class SafeMarkdown
{
    /// <summary>Characters; parsing some inputs takes quadratic time, and this is more than anybody reads in one piece.</summary>
    public const int MaxLength = 40_000;

    /// <summary>Opening brackets; unclosed ones are what makes link parsing slow.</summary>
    public const int MaxBrackets = 2_000;

    /// <summary>Marks of emphasis; matching openers with closers takes quadratic time where they never meet.</summary>
    public const int MaxMarks = 4_000;

    static readonly SearchValues<char> Marks = SearchValues.Create("*_~");

    static readonly MarkdownPipeline Pipeline =
        new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().UseEmphasisExtras(EmphasisExtraOptions.Strikethrough).UseAutoLinks().Build();

    /// <summary>The HTML, or null with the reason why the text is to be shown as it is.</summary>
    public static string? Render(string text, out string? whyPlain)
    {
        if (text.Length > MaxLength)
        {
            whyPlain = $"longer than {MaxLength} characters";
            return null;
        }
        if (text.AsSpan().Count('[') > MaxBrackets)
        {
            whyPlain = $"more than {MaxBrackets} brackets";
            return null;
        }
        if (text.AsSpan().CountAny(Marks) > MaxMarks)
        {
            whyPlain = $"more than {MaxMarks} marks of emphasis";
            return null;
        }
        try
        {
            var document = Markdown.Parse(text, Pipeline);
            foreach (var part in document.Descendants().ToList())
                Disarm(part);
            whyPlain = null;
            return document.ToHtml(Pipeline);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            // Markdig refuses deep nesting by ArgumentException; whatever else a hostile text provokes must not end the reader's page.
            whyPlain = e.Message;
            return null;
        }
    }

    static void Disarm(MarkdownObject part)
    {
        part.RemoveData(typeof(HtmlAttributes));
        switch (part)
        {
            case LinkInline link:
                var url = link.GetDynamicUrl?.Invoke() ?? link.Url;
                link.GetDynamicUrl = null;
                if (link.IsImage)
                {
                    link.IsImage = false;
                    if (link.FirstChild is null)
                        link.AppendChild(new LiteralInline(url ?? "image"));
                }
                if (Allowed(url))
                {
                    link.Url = url;
                    Mark(link);
                }
                else
                {
                    Unwrap(link);
                }
                break;
            case AutolinkInline auto when auto.IsEmail || Allowed(auto.Url):
                Mark(auto);
                break;
            case AutolinkInline auto:
                auto.ReplaceBy(new LiteralInline(auto.Url));
                break;
        }
    }

    static bool Allowed(string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "mailto";

    static void Mark(Inline link)
    {
        var attributes = link.GetAttributes();
        attributes.AddProperty("rel", "noopener noreferrer nofollow");
        attributes.AddProperty("target", "_blank");
    }

    /// <summary>Leaves the words of a link where the link was.</summary>
    static void Unwrap(LinkInline link)
    {
        var words = new ContainerInline();
        while (link.FirstChild is { } child)
        {
            child.Remove();
            words.AppendChild(child);
        }
        link.ReplaceBy(words, copyChildren: false);
    }
}
