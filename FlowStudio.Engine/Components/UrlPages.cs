using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>Reads web pages, and those they link to.</summary>
public sealed class UrlPages(GuardedHttp http) : IComponent
{
    const string AsText = "text", AsHtml = "html", AsMarkdown = "markdown";

    /// <summary>Pages that are asked for at the same time.</summary>
    const int AtOnce = 4;

    /// <summary>Bytes of one page.</summary>
    const long MaxPageBytes = 8 * 1024 * 1024;

    /// <summary>Characters of all pages, after which no further one is read: a node's output is JSON of 16 MiB at most, unless the server allows more.</summary>
    const int MaxText = 8 * 1024 * 1024;

    /// <summary>What links lead to and is certainly no text.</summary>
    static readonly string[] OtherEndings = [".pdf", ".zip", ".gz", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".ico", ".mp3", ".mp4", ".webm", ".exe", ".dmg", ".woff", ".woff2", ".css", ".js"];

    static readonly InputPort UrlsInput = new("urls", PortType.Message, PortType.Data, PortType.Table)
    {
        Title = "URLs",
        Required = true,
        ToolParameter = true,
        Help = "Addresses of pages, one per line, or a list of them; goes before the setting.",
    };

    static readonly TextField Urls = Field.Multiline("urls", "Addresses of pages, one per line.") with { Title = "URLs", Placeholder = "https://" };

    static readonly TextField Format = Field.Choice("format", "text: what a reader sees. markdown: the same with headings, lists, links and tables marked. html: the page's source.",
        AsText, AsMarkdown, AsHtml);

    static readonly NumberField MaxDepth = Field.Integer("max_depth", "1: these pages alone. 2: those they link to as well. 3: and those these link to.").Default(1).Between(1, 3) with
    {
        Title = "Depth",
    };

    static readonly SwitchField PreventOutside = Field.Switch("prevent_outside", "Follow links within the same host only.").Default(value: true) with
    {
        Title = "Stay on the host",
        Advanced = true,
    };

    static readonly NumberField MaxPages = Field.Integer("max_pages", "The most pages that are read.").Default(20).Between(1, 200) with { Title = "Max pages", Unit = "pages", Advanced = true };

    static readonly NumberField Timeout = Field.Number("timeout", "How long to wait for one page.").Default(30).Between(0.1, 600) with { Unit = "s", Advanced = true };

    static readonly SwitchField ContinueOnFailure = Field.Switch("continue_on_failure", "Leave out pages that cannot be read, as long as one can be.").Default(value: true) with
    {
        Title = "Go on without failed pages",
        Advanced = true,
    };

    static readonly KeyValuesField Headers = Field.KeyValues("headers", "Sent with each request.") with { Advanced = true };

    static readonly OutputPort Raw = new("raw_results", PortType.Message) { Title = "Text", Help = "What stands on the pages, one after the other." };
    static readonly OutputPort Pages = new("page_results", PortType.Table) { Title = "Pages", Help = "One row per page: url, title, description, content_type, text." };

    public static ComponentDescriptor Descriptor { get; } =
        new("URLComponent", "URL", Category.Data, Effects.External, "Reads web pages as text, and pages they link to.")
        {
            Inputs = [UrlsInput],
            Fields = [Urls, Format, MaxDepth, PreventOutside, MaxPages, Timeout, ContinueOnFailure, Headers],
            Outputs = [Raw, Pages],
            Highlights = ["urls"],
            Timeout = TimeSpan.FromMinutes(10),
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var crawl = new Crawl(http, node, (int)node.Get(MaxDepth), (int)node.Get(MaxPages), node.Get(Format), node.Get(PreventOutside), node.Get(ContinueOnFailure),
            new GuardedRequest("GET", "")
            {
                Headers = node.Get(Headers),
                Timeout = TimeSpan.FromSeconds(node.Get(Timeout)),
                FollowRedirects = true,
                MaxResponseBytes = MaxPageBytes,
            });
        var pages = await crawl.RunAsync(Addresses(node), cancellationToken);
        var text = string.Join("\n\n", pages.Select(p => p.Text));
        node.Log(string.Create(CultureInfo.InvariantCulture, $"{pages.Count} pages, {text.Length:N0} characters."));
        var rows = JsonText.Element(pages, static (writer, all) =>
        {
            writer.WriteStartArray();
            foreach (var page in all)
            {
                writer.WriteStartObject();
                writer.WriteString("url"u8, page.Url);
                writer.WriteString("title"u8, page.Title);
                writer.WriteString("description"u8, page.Description);
                writer.WriteString("content_type"u8, page.ContentType);
                writer.WriteString("text"u8, page.Text);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        });
        return NodeResult.Of([new(Raw.Name, JsonText.Element(text)), new(Pages.Name, rows)]);
    }

    static List<string> Addresses(NodeContext node)
    {
        var addresses = new List<string>();
        if (node.Input(UrlsInput) is { } given)
            Add(given);
        else
            AddLines(node.Get(Urls));
        if (addresses.Count == 0)
            throw new NodeException("missing_url", $"{node.Node.Label}: there is no address of a page.", "Write one into the settings, or connect the input URLs.");
        return [.. addresses.Distinct(StringComparer.Ordinal)];

        void Add(JsonElement value)
        {
            if (value.ValueKind is JsonValueKind.Array)
            {
                foreach (var item in value.EnumerateArray())
                    Add(item);
            }
            else if (value.ValueKind is JsonValueKind.Object && value.TryGetProperty("url", out var url))
            {
                Add(url);
            }
            else
            {
                AddLines(JsonText.OfMessage(value));
            }
        }

        void AddLines(string text) => addresses.AddRange(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(ApiRequest.Address));
    }

    sealed record Page(string Url, string Title, string Description, string ContentType, string Text, IReadOnlyList<Uri> Links);

    /// <summary>One go over pages, level by level; what is found comes in the order of the addresses and links, however fast each page is.</summary>
    sealed class Crawl(GuardedHttp http, NodeContext node, int maxDepth, int maxPages, string format, bool stay, bool goOn, GuardedRequest template)
    {
        readonly HashSet<string> seen = new(StringComparer.Ordinal);
        readonly List<Page> pages = [];
        NodeException? failure;
        int length, asked;
        bool full;

        public async Task<IReadOnlyList<Page>> RunAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken)
        {
            var level = addresses;
            for (var depth = 1; depth <= maxDepth && level.Count > 0 && !full; depth++)
            {
                var hosts = depth == 1 ? null : addresses.Select(Host).ToHashSet(StringComparer.OrdinalIgnoreCase);
                var found = new List<Page>();
                foreach (var some in level.Where(seen.Add).Chunk(AtOnce))
                {
                    var now = some.Take(maxPages - asked).ToArray();
                    if (now.Length < some.Length || length > MaxText)
                    {
                        node.Log(LogLevelName.Warning, length > MaxText ? "The pages have more text than a step can pass on; the rest was not read."
                            : string.Create(CultureInfo.InvariantCulture, $"There are more than {maxPages} pages; the rest was not read. Max pages allows more."));
                        full = true;
                        now = length > MaxText ? [] : now;
                    }
                    asked += now.Length;
                    foreach (var (page, problem) in await Task.WhenAll(now.Select(url => ReadAsync(url, depth < maxDepth && !full, cancellationToken))))
                    {
                        if (problem is not null)
                            Failed(problem);
                        // One that a redirect led away from the host, or to a page that is there already.
                        if (page is null || hosts is not null && stay && !hosts.Contains(Host(page.Url)) || pages.Exists(p => p.Url == page.Url))
                            continue;
                        pages.Add(page);
                        found.Add(page);
                        length += page.Text.Length;
                    }
                    if (full)
                        break;
                }
                level = [.. found.SelectMany(p => p.Links.Where(link => Leads(link, p.Url))).Select(l => l.AbsoluteUri).Distinct(StringComparer.Ordinal)];
            }
            return pages.Count > 0 ? pages : throw failure ?? new NodeException("missing_page", $"{node.Node.Label}: no page could be read.");
        }

        bool Leads(Uri link, string from) => (!stay || string.Equals(link.Authority, Host(from), StringComparison.OrdinalIgnoreCase))
            && !OtherEndings.Contains(Path.GetExtension(link.AbsolutePath), StringComparer.OrdinalIgnoreCase);

        static string Host(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.Authority : "";

        async Task<(Page? Page, NodeException? Problem)> ReadAsync(string url, bool links, CancellationToken cancellationToken)
        {
            try
            {
                var response = await http.SendAsync(template with { Url = url }, cancellationToken);
                if (!response.IsSuccess)
                {
                    throw new NodeException("http_status", string.Create(CultureInfo.InvariantCulture, $"{node.Node.Label}: {Shown(url)} answered {response.Status}."),
                        response.Status is 401 or 403 ? "The page is not for everyone. Send what it asks for among the headers, or leave it out." : "Check the address.",
                        retryable: response.Status is 429 or >= 500);
                }
                return (Take(response, url, links), null);
            }
            catch (EgressException e)
            {
                return (null, new NodeException(EgressCodes.Of(e.Kind), $"{node.Node.Label}: {Shown(url)} could not be read. {e.Message}", retryable: e.IsTransient, inner: e));
            }
            catch (NodeException e)
            {
                return (null, e);
            }
        }

        void Failed(NodeException e)
        {
            if (!goOn)
                throw e;
            node.Log(LogLevelName.Warning, e.Message);
            failure ??= e;
        }

        Page Take(GuardedResponse response, string url, bool links)
        {
            var type = (response.Header("Content-Type") ?? "").Split(';')[0].Trim().ToLowerInvariant();
            var body = response.Body.Span;
            if (type == "application/pdf" || body.StartsWith("%PDF-"u8))
                throw NoText(url, "a PDF");
            if (type.Length > 0 && !type.StartsWith("text/", StringComparison.Ordinal) && !type.Contains("json", StringComparison.Ordinal) && !type.Contains("xml", StringComparison.Ordinal)
                && !type.Contains("javascript", StringComparison.Ordinal) && (body.Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(body)))
            {
                throw NoText(url, $"of the type {Excerpt.Of(type, 60)}");
            }
            var text = HtmlPage.Decode(response);
            var isHtml = type is "text/html" or "application/xhtml+xml" || (type.Length == 0 && text.AsSpan().TrimStart().StartsWith("<", StringComparison.Ordinal));
            if (!isHtml || !Uri.TryCreate(response.FinalUrl, UriKind.Absolute, out var address) || Parse(url, text, address) is not { } page)
                return new(response.FinalUrl, "", "", type, text, []);
            return new(response.FinalUrl, page.Title, page.Description, type, format == AsHtml ? text : page.Text(format == AsMarkdown), links ? [.. page.Links()] : []);
        }

        /// <summary>Null: its source is all that can be given.</summary>
        HtmlPage? Parse(string url, string text, Uri address)
        {
            try
            {
                return new HtmlPage(text, address);
            }
            catch (InvalidDataException) when (format == AsHtml)
            {
                return null;
            }
            catch (InvalidDataException e)
            {
                throw new NodeException("unreadable_page", $"{node.Node.Label}: {Shown(url)} cannot be read: {e.Message}.", "Leave it out, or set Format to html.", inner: e);
            }
        }

        NodeException NoText(string url, string kind) => new("page_not_text", $"{node.Node.Label}: {Shown(url)} is {kind}, which cannot be read as text.",
            "Leave it out, or fetch it with API Request and Save to file.");

        /// <summary>Host and path: which page it was must be told; what a query holds need not.</summary>
        static string Shown(string url) => Excerpt.Of(Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.Authority + parsed.AbsolutePath : url.Split('?')[0], 120);
    }
}
