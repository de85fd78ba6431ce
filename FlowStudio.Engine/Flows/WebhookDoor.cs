using System.Text.Json;

namespace FlowStudio.Engine.Flows;

/// <summary>What a caller of a flow's webhook waits for.</summary>
public enum AnswerTime
{
    /// <summary>That the run was accepted.</summary>
    AtOnce,

    /// <summary>What the run gives in the end.</summary>
    AtEnd,

    /// <summary>What the first Respond of the run says.</summary>
    ByRespond,
}

/// <summary>How a call by one method is taken.</summary>
/// <param name="LimitSeconds">How long the caller waits for an answer of the run's own; then it is told that the run was accepted.</param>
/// <param name="KeepsBody">A node of the flow reads the body as it was sent, beside what it means.</param>
public sealed record WebhookEntry(AnswerTime Answer, int LimitSeconds, bool KeepsBody);

/// <summary>
/// What calls of a flow's webhook meet, as its Webhook nodes say: which methods they take, and when each is answered. Read once per version, because
/// every call asks.
/// </summary>
public sealed class WebhookDoor
{
    /// <summary>The component that a webhook's call starts.</summary>
    public const string Component = "Webhook";

    /// <summary>The component whose word a caller may wait for.</summary>
    public const string Responder = "Respond";

    public const string AnswerField = "answer";
    public const string LimitField = "answer_limit";
    public const string MethodsField = "methods";

    /// <summary>The output that gives the body as it was sent.</summary>
    public const string BodyPort = "body";

    public const string AtOnce = "at once";
    public const string AtEnd = "when the run ends";
    public const string ByRespond = "what Respond says";

    public const string DefaultMethod = "POST";
    public const int DefaultLimit = 30, LeastLimit = 1, MostLimit = 300;

    readonly (string Method, WebhookEntry Entry)[] others;
    readonly WebhookEntry? post;

    WebhookDoor(FlowDocument document, List<(string Method, WebhookEntry Entry)> entries, bool isOpen)
    {
        Document = document;
        IsOpen = isOpen;
        post = entries.Find(e => e.Method == DefaultMethod).Entry;
        others = [.. entries.Where(e => e.Method != DefaultMethod)];
        Allowed = [.. Methods.Where(m => entries.Exists(e => e.Method == m))];
    }

    /// <summary>All that a webhook can take, in the order in which people read them.</summary>
    public static IReadOnlyList<string> Methods { get; } = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    public FlowDocument Document { get; }

    /// <summary>Whether the flow has a Webhook node that is not disabled: without one no call starts it.</summary>
    public bool IsOpen { get; }

    /// <summary>The methods that are taken.</summary>
    public IReadOnlyList<string> Allowed { get; }

    /// <summary>How a call by this method is taken; null when none of the nodes takes it.</summary>
    public WebhookEntry? Find(string method)
    {
        if (method == DefaultMethod)
            return post;
        foreach (var (other, entry) in others)
        {
            if (other == method)
                return entry;
        }
        return null;
    }

    /// <summary>Reads the Webhook nodes of a document; a setting that is no good counts as its default.</summary>
    public static WebhookDoor Of(FlowDocument document)
    {
        var nodes = document.Nodes.Where(static n => n is { Type: Component, Disabled: false }).ToList();
        var entries = new List<(string, WebhookEntry)>();
        foreach (var method in Methods)
        {
            var takers = nodes.FindAll(n => MethodsOf(n).Contains(method, StringComparer.Ordinal));
            if (takers.Count == 0)
                continue;
            // Of several the first that wants more than a receipt decides.
            var speaker = takers.Find(n => AnswerOf(n) is not AnswerTime.AtOnce) ?? takers[0];
            var keeps = takers.Exists(n => document.Edges.Any(e => e.From.Node == n.Id && e.From.Port == BodyPort));
            entries.Add((method, new WebhookEntry(AnswerOf(speaker), LimitOf(speaker), keeps)));
        }
        return new WebhookDoor(document, entries, nodes.Count > 0);
    }

    /// <summary>What a Webhook node answers with.</summary>
    public static AnswerTime AnswerOf(Node node) => Setting(node, AnswerField) is { ValueKind: JsonValueKind.String } value
        ? value.GetString() switch
        {
            AtEnd => AnswerTime.AtEnd,
            ByRespond => AnswerTime.ByRespond,
            _ => AnswerTime.AtOnce,
        }
        : AnswerTime.AtOnce;

    /// <summary>The methods that a Webhook node takes.</summary>
    public static IReadOnlyList<string> MethodsOf(Node node)
    {
        if (Setting(node, MethodsField) is not { ValueKind: JsonValueKind.Array } chosen)
            return [DefaultMethod];
        return [.. chosen.EnumerateArray().Where(static m => m.ValueKind is JsonValueKind.String).Select(static m => m.GetString() ?? "")];
    }

    static int LimitOf(Node node) => Setting(node, LimitField) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var seconds)
        ? (int)Math.Clamp(seconds, LeastLimit, MostLimit)
        : DefaultLimit;

    static JsonElement? Setting(Node node, string name) => node.Settings.TryGetValue(name, out var value) ? value : null;
}
