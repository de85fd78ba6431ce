using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>What a command must say to start a flow by its webhook.</summary>
/// <param name="BaseUrl">The server as its reader reached it, e.g. <c>http://localhost:7860/</c>.</param>
/// <param name="Flow">The flow's endpoint name, or its id.</param>
/// <param name="Token">The flow's token; null shows a placeholder where one is needed.</param>
/// <param name="Body">JSON on one line.</param>
public sealed record WebhookCall(string BaseUrl, string Flow, WebhookAccess Access, string? Token, string Body)
{
    public const string TokenHeader = "X-Webhook-Token";

    public string Url => $"{BaseUrl.TrimEnd('/')}/api/v1/webhook/{Uri.EscapeDataString(Flow)}";
}

/// <summary>A piece of a snippet; <paramref name="Quoted"/> is drawn as a text.</summary>
public readonly record struct SnippetPart(string Text, bool Quoted);

/// <summary>Commands for callers; pure, and compared with golden files.</summary>
public static class Snippets
{
    public static string Curl(WebhookCall call) => string.Concat(CurlParts(call).Select(p => p.Text));

    /// <summary>The command in pieces, so that what is quoted can be coloured.</summary>
    public static IReadOnlyList<SnippetPart> CurlParts(WebhookCall call)
    {
        var parts = new List<SnippetPart> { new("curl -X POST \\\n  ", Quoted: false), new($"\"{call.Url}\"", Quoted: true) };
        Header("Content-Type: application/json");
        if (call.Access is WebhookAccess.Token)
            Header($"{WebhookCall.TokenHeader}: {call.Token ?? "<the flow's token>"}");
        parts.Add(new(" \\\n  -d ", Quoted: false));
        parts.Add(new(Shell(call.Body), Quoted: true));
        return parts;

        void Header(string header)
        {
            parts.Add(new(" \\\n  -H ", Quoted: false));
            parts.Add(new(Shell(header), Quoted: true));
        }
    }

    /// <summary>In single quotes, as POSIX shells read it: nothing inside is special but the quote itself.</summary>
    public static string Shell(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
