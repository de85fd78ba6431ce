using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Tests.Execution;

/// <summary>What a flow of pure nodes must give, computed the plain way: each node asks for its inputs, recursively. Knows no scheduler.</summary>
sealed class ReferenceEvaluator(FlowDocument document, JsonElement input)
{
    readonly Dictionary<string, string?> known = new(StringComparer.Ordinal);

    /// <summary>The text a node gives; null when it is skipped.</summary>
    public string? TextOf(string id)
    {
        if (known.TryGetValue(id, out var text))
            return text;
        var node = document.Node(id) ?? throw new KeyNotFoundException(id);
        return known[id] = node.Disabled ? null : node.Type switch
        {
            "DataToMessage" => Fill(node, path => JsonText.Of(input.TryGetProperty(path, out var value) ? value : JsonText.EmptyText)),
            "Prompt" => Variables(node).Any(v => TextOf(SourceOf(id, v)) is null) ? null : Fill(node, v => TextOf(SourceOf(id, v)) ?? ""),
            "ChatOutput" => TextOf(SourceOf(id, "input_value")),
            _ => throw new NotSupportedException(node.Type),
        };
    }

    string SourceOf(string id, string port) => document.Edges.Single(e => e.To.Node == id && e.To.Port == port).From.Node;

    static IEnumerable<string> Variables(Node node) => Template(node).Split('{').Skip(1).Select(p => p[..p.IndexOf('}', StringComparison.Ordinal)]);

    static string Template(Node node) => node.Settings["template"].GetString() ?? "";

    static string Fill(Node node, Func<string, string> value)
    {
        var parts = Template(node).Split('{');
        return parts[0] + string.Concat(parts.Skip(1).Select(p => value(p[..p.IndexOf('}', StringComparison.Ordinal)]) + p[(p.IndexOf('}', StringComparison.Ordinal) + 1)..]));
    }
}
