using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Tests.Execution;

/// <summary>
/// What a flow of pure nodes must give, computed the plain way: each node asks for its inputs, recursively, once per iteration of the loops it hangs on.
/// Knows neither scheduler nor plan.
/// </summary>
sealed class ReferenceEvaluator(FlowDocument document, JsonElement input)
{
    readonly Dictionary<(string, string), Dictionary<string, JsonElement>?> known = [];
    readonly Dictionary<string, IReadOnlyList<string>> loops = new(StringComparer.Ordinal);

    /// <summary>Every step that must be there: a node in an iteration, and what it gives; null when it is skipped.</summary>
    public IEnumerable<(string Node, int[] Path, IReadOnlyDictionary<string, JsonElement>? Gives)> Steps() =>
        document.Nodes.SelectMany(node => Paths(LoopsAround(node.Id), []).Select(path => (node.Id, path, (IReadOnlyDictionary<string, JsonElement>?)Gives(node.Id, path))));

    /// <summary>The loops a node hangs on, outermost first.</summary>
    IReadOnlyList<string> LoopsAround(string id)
    {
        if (loops.TryGetValue(id, out var around))
            return around;
        around = [];
        foreach (var from in Into(id).Select(e => e.From))
        {
            IReadOnlyList<string> chain = from.Port == "item" ? [.. LoopsAround(from.Node), from.Node] : LoopsAround(from.Node);
            around = chain.Count > around.Count ? chain : around;
        }
        return loops[id] = around;
    }

    /// <summary>All iterations that some loops, each inside of the one before, go through.</summary>
    IEnumerable<int[]> Paths(IReadOnlyList<string> around, int[] path) =>
        path.Length == around.Count ? [path] : Enumerable.Range(0, Items(around[path.Length], path)?.Count ?? 0).SelectMany(i => Paths(around, [.. path, i]));

    /// <summary>What a node gives by port; null when it is skipped.</summary>
    Dictionary<string, JsonElement>? Gives(string id, int[] path)
    {
        var key = (id, string.Join('.', path));
        if (!known.TryGetValue(key, out var gives))
            known[key] = gives = Compute(document.Node(id) ?? throw new KeyNotFoundException(id), path);
        return gives;
    }

    Dictionary<string, JsonElement>? Compute(Node node, int[] path)
    {
        if (node.Disabled)
            return null;
        if (node.Type == "Webhook")
            return One("output_data", input);
        if (node.Type == "Loop")
            return Items(node.Id, path) is { } items ? One("done", List(Enumerable.Range(0, items.Count).Select(i => Back(node.Id, [.. path, i])).OfType<JsonElement>())) : null;
        var comes = Into(node.Id).ToDictionary(e => e.To.Port, e => Carried(e.From, path), StringComparer.Ordinal);
        if (comes.Values.Any(v => v is null))
            return null;
        var values = comes.ToDictionary(c => c.Key, c => c.Value ?? default, StringComparer.Ordinal);
        return node.Type switch
        {
            "DataToMessage" => One("text", JsonText.Element(values["data"] is { ValueKind: JsonValueKind.Array } list
                ? string.Join('\n', list.EnumerateArray().Select(item => Fill(node, name => At(item, name)))) : Fill(node, name => At(values["data"], name)))),
            "Prompt" => One("prompt", JsonText.Element(Fill(node, name => JsonText.Of(values[name])))),
            "IfElse" => One(JsonText.Of(values["input_text"]).Contains(JsonText.Of(node.Settings["match_text"]), StringComparison.Ordinal) ? "true_result" : "false_result", values["input_text"]),
            "Delay" => One("output", values["input"]),
            "ChatOutput" => One("message", values["input_value"]),
            _ => throw new NotSupportedException(node.Type),
        };
    }

    /// <summary>What leaves a port, as a node in an iteration sees it: of the same iteration, or of those around.</summary>
    JsonElement? Carried(PortRef from, int[] path)
    {
        var depth = LoopsAround(from.Node).Count;
        if (from.Port == "item")
            return Items(from.Node, path[..depth])?[path[depth]];
        return Gives(from.Node, path[..depth])?.TryGetValue(from.Port, out var value) is true ? value : null;
    }

    /// <summary>A loop's list; null when it is skipped.</summary>
    IReadOnlyList<JsonElement>? Items(string loop, int[] path)
    {
        if (document.Node(loop) is not { Disabled: false } || Carried(Into(loop).Single(e => e.To.Port == "data").From, path) is not { } data)
            return null;
        return data.ValueKind is JsonValueKind.Array ? [.. data.EnumerateArray()] : [data];
    }

    JsonElement? Back(string loop, int[] path) =>
        document.Edges.FirstOrDefault(e => e.To.Node == loop && e.To.Port == "loop") is { } edge ? Carried(edge.From, path) : null;

    IEnumerable<Edge> Into(string id) => document.Edges.Where(e => e.To.Node == id && e.To.Port != "loop");

    static Dictionary<string, JsonElement> One(string port, JsonElement value) => new(StringComparer.Ordinal) { [port] = value };

    static JsonElement List(IEnumerable<JsonElement> items) => JsonDocument.Parse($"[{string.Join(',', items.Select(i => i.GetRawText()))}]").RootElement;

    /// <summary>What <c>{name}</c> means for a value: a key of an object; of anything else, <c>{text}</c> is the value itself.</summary>
    static string At(JsonElement value, string name) => value.ValueKind is not JsonValueKind.Object ? name == "text" ? JsonText.Of(value) : ""
        : value.TryGetProperty(name, out var found) ? JsonText.Of(found) : "";

    static string Fill(Node node, Func<string, string> value)
    {
        var parts = (node.Settings["template"].GetString() ?? "").Split('{');
        return parts[0] + string.Concat(parts.Skip(1).Select(p => value(p[..p.IndexOf('}', StringComparison.Ordinal)]) + p[(p.IndexOf('}', StringComparison.Ordinal) + 1)..]));
    }
}
