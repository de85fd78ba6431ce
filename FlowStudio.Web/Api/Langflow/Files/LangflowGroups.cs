using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>A group of a file: a node that holds a flow of its own.</summary>
/// <param name="Original">The node, as the file has it.</param>
/// <param name="Members">The ids of what is in it, groups in it taken apart too.</param>
sealed record LangflowGroup(LangflowNode Original, IReadOnlyList<string> Members);

/// <summary>An edge between nodes that stand for themselves.</summary>
/// <param name="Edge">The edge, both ends where they really are.</param>
/// <param name="Index">Which edge of the file it was; null for one inside a group.</param>
/// <param name="Group">The group it is inside of.</param>
readonly record struct FlatEdge(LangflowEdge Edge, int? Index, string? Group);

/// <summary>
/// A file's nodes and edges with its groups taken apart, as Langflow does it when it ungroups: a group shows fields and outputs of the nodes in it as its own,
/// each with a <c>proxy</c> that says whose it is. What the group's fields hold goes before what the nodes in it hold.
/// </summary>
sealed class LangflowGroups
{
    /// <summary>Groups inside of groups; what is deeper stays a group, which is not known here.</summary>
    const int MaxDepth = 20;

    const int MaxNodes = 20_000;

    readonly List<LangflowNode> nodes = [];
    readonly List<LangflowGroup> groups = [];
    readonly HashSet<string> taken;
    List<FlatEdge> edges;

    LangflowGroups(IReadOnlyList<LangflowNode> nodes, IReadOnlyList<LangflowEdge> edges)
    {
        this.edges = [.. edges.Select((e, i) => new FlatEdge(e, i, Group: null))];
        taken = nodes.Select(n => n.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            if (!IsGroup(node))
            {
                this.nodes.Add(node);
                continue;
            }
            var from = this.nodes.Count;
            Expand(node, node.Id, 0);
            groups.Add(new(node, [.. this.nodes.Skip(from).Select(n => n.Id)]));
        }
    }

    /// <summary>All nodes and notes that stand for themselves, those of a group in its place.</summary>
    public IReadOnlyList<LangflowNode> Nodes => nodes;

    public IReadOnlyList<FlatEdge> Edges => edges;

    public IReadOnlyList<LangflowGroup> Groups => groups;

    public static LangflowGroups Of(IReadOnlyList<LangflowNode> nodes, IReadOnlyList<LangflowEdge> edges) => new(nodes, edges);

    static bool IsGroup(LangflowNode node) => Flow(node) is { ValueKind: JsonValueKind.Object } flow && LangflowNode.Items(flow, "nodes").Any();

    /// <summary>Nodes and edges of a group.</summary>
    static JsonElement Flow(LangflowNode node) => LangflowNode.Member(LangflowNode.Member(node.Inner, "flow"), "data");

    void Expand(LangflowNode group, string top, int depth)
    {
        var flow = Flow(group);
        var inner = LangflowNode.Items(flow, "nodes").Select(n => new LangflowNode(n)).Where(n => n.Id.Length > 0).DistinctBy(n => n.Id, StringComparer.Ordinal).ToList();
        var ids = inner.ToDictionary(n => n.Id, n => Free(n.Id, group.Id), StringComparer.Ordinal);
        var (x, y) = Shift(group, inner);
        var held = Fields(group);
        // The ends of edges that lead to the group, and those inside of it.
        edges = [.. edges.Select(e => e with { Edge = Outside(e.Edge, group, ids) }), .. LangflowNode.Items(flow, "edges").Select(e => new FlatEdge(Inside(new(e), ids), Index: null, top))];
        foreach (var node in inner)
        {
            var own = new LangflowNode(KeptFile.ToElement(Taken(node, ids[node.Id], held.Where(h => h.Id == node.Id), x, y)));
            if (IsGroup(own) && depth < MaxDepth && nodes.Count < MaxNodes)
                Expand(own, top, depth + 1);
            else
                nodes.Add(own);
        }
    }

    string Free(string id, string group)
    {
        var free = id;
        for (var i = 0; !taken.Add(free); i++)
            free = i == 0 ? $"{group}-{id}" : $"{group}-{id}-{i}";
        return free;
    }

    /// <summary>How far the group was moved since it was made, which left what is in it where it was.</summary>
    static (double X, double Y) Shift(LangflowNode group, List<LangflowNode> inner)
    {
        var places = inner.ConvertAll(LangflowImport.PositionOf);
        var at = LangflowImport.PositionOf(group);
        return places.Count == 0 ? (0, 0) : (at.X - places.Average(p => p.X), at.Y - places.Average(p => p.Y));
    }

    /// <summary>The group's fields that are those of nodes in it.</summary>
    static List<(string Key, string Id, string Field, JsonElement Value)> Fields(LangflowNode group) => group.Template.ValueKind is not JsonValueKind.Object ? [] :
    [
        .. group.Template.EnumerateObject().Select(f => (f.Name, Proxy: LangflowNode.Member(f.Value, "proxy"), f.Value))
            .Where(f => f.Proxy.ValueKind is JsonValueKind.Object)
            .Select(f => (f.Name, LangflowNode.Text(f.Proxy, "id") ?? "", LangflowNode.Text(f.Proxy, "field") ?? "", f.Value)),
    ];

    static JsonObject Taken(LangflowNode node, string id, IEnumerable<(string Key, string Id, string Field, JsonElement Value)> held, double x, double y)
    {
        var json = JsonNode.Parse(node.Json.GetRawText()) as JsonObject ?? [];
        json["id"] = id;
        var place = LangflowImport.PositionOf(node);
        json["position"] = new JsonObject { ["x"] = place.X + x, ["y"] = place.Y + y };
        if (json["data"] is not JsonObject data)
            return json;
        if (data.ContainsKey("id"))
            data["id"] = id;
        if ((data["node"] as JsonObject)?["template"] is not JsonObject template)
            return json;
        foreach (var (_, _, name, value) in held)
        {
            if (template[name] is not JsonObject field)
                continue;
            foreach (var part in (ReadOnlySpan<string>)["value", "load_from_db", "file_path"])
            {
                if (LangflowNode.Member(value, part) is { ValueKind: not JsonValueKind.Undefined } given)
                    field[part] = JsonNode.Parse(given.GetRawText());
            }
        }
        return json;
    }

    static LangflowEdge Outside(LangflowEdge edge, LangflowNode group, Dictionary<string, string> ids)
    {
        var isSource = edge.Source == group.Id;
        var isTarget = edge.Target == group.Id;
        if (!isSource && !isTarget)
            return edge;
        var from = isSource ? OutputOf(group, edge.Output) : null;
        var to = isTarget ? edge.Returns ? OutputOf(group, LangflowNode.Text(edge.TargetHandle, "name")) : FieldOf(group, edge) : null;
        // What leads nowhere leads to the group, which is not among the nodes any more: it is told, and given back.
        return (isSource && from is null) || (isTarget && to is null) ? edge
            : edge.With(from is { } f && ids.TryGetValue(f.Id, out var source) ? (source, f.Name) : null, to is { } t && ids.TryGetValue(t.Id, out var target) ? (target, t.Name) : null);
    }

    static LangflowEdge Inside(LangflowEdge edge, Dictionary<string, string> ids) => edge.With(
        ids.TryGetValue(edge.Source, out var source) && source != edge.Source ? (source, edge.Output ?? "") : null,
        ids.TryGetValue(edge.Target, out var target) && target != edge.Target ? (target, edge.Field ?? LangflowNode.Text(edge.TargetHandle, "name") ?? "") : null);

    /// <summary>Whose field it is that an edge leads to: the edge says so, or the group's field does.</summary>
    static (string Id, string Name)? FieldOf(LangflowNode group, LangflowEdge edge)
    {
        var proxy = LangflowNode.Member(edge.TargetHandle, "proxy");
        if (proxy.ValueKind is not JsonValueKind.Object)
            proxy = LangflowNode.Member(group.Field(edge.Field ?? ""), "proxy");
        return LangflowNode.Text(proxy, "id") is { } id && LangflowNode.Text(proxy, "field") is { } field ? (id, field) : null;
    }

    /// <summary>Whose output it is. Older files say only its name, and a group has one node whose output is free.</summary>
    static (string Id, string Name)? OutputOf(LangflowNode group, string? name)
    {
        if (name is null)
            return null;
        foreach (var output in LangflowNode.Items(group.Inner, "outputs").Where(o => LangflowNode.Text(o, "name") == name))
        {
            var proxy = LangflowNode.Member(output, "proxy");
            if (LangflowNode.Text(proxy, "id") is { } id)
                return (id, LangflowNode.Text(proxy, "name") ?? name);
        }
        var inner = LangflowNode.Items(Flow(group), "nodes").Select(n => new LangflowNode(n)).ToList();
        if (inner.FirstOrDefault(n => n.Id.Length > 0 && name.StartsWith(n.Id + "_", StringComparison.Ordinal)) is { Json.ValueKind: JsonValueKind.Object } owner)
            return (owner.Id, name[(owner.Id.Length + 1)..]);
        var used = LangflowNode.Items(Flow(group), "edges").Select(e => LangflowNode.Text(e, "source")).ToHashSet(StringComparer.Ordinal);
        return inner.FindAll(n => !n.IsNote && !used.Contains(n.Id)) is [var last] ? (last.Id, name) : null;
    }
}
