using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>
/// Makes a flow of a Langflow file. Its code is never run: components that exist here do its work, others keep their place. Secrets that a file holds are
/// not kept, only the names of variables.
/// </summary>
sealed class LangflowImport
{
    const int MaxNotes = 200;
    const int MaxName = 200;
    const int MaxDescription = FlowRules.MaxDescriptionLength;

    readonly ComponentCatalog catalog;
    readonly List<Node> nodes = [];
    readonly List<Note> stickers = [];
    readonly List<Edge> edges = [];
    readonly HashSet<(PortRef, PortRef)> drawn = [];
    readonly List<ImportNote> notes = [];
    readonly List<ImportedNode> mapped = [];
    readonly List<ImportedNode> placeholders = [];
    readonly List<LangflowNode> originals = [];
    readonly List<LangflowEdge> arrows = [];

    LangflowImport(ComponentCatalog catalog) => this.catalog = catalog;

    /// <summary>The flow, and what became of the file; what its models lack is told by others.</summary>
    /// <exception cref="ForeignFlowException">It holds no flow.</exception>
    public static ForeignFlow Read(JsonElement file, Guid id, ComponentCatalog catalog) => new LangflowImport(catalog).Read(file, id);

    ForeignFlow Read(JsonElement file, Guid id)
    {
        if (file.ValueKind is not JsonValueKind.Object)
            throw new ForeignFlowException("A flow's file is a JSON object with name and data.");
        if (LangflowNode.Flag(file, "is_component"))
            throw new ForeignFlowException("The file is a saved component of Langflow, not a flow. Export the flow that uses it.");
        var data = LangflowNode.Member(file, "data");
        if (data.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null or JsonValueKind.Undefined))
            throw new ForeignFlowException("The file's data is not an object with nodes and edges.");
        originals.AddRange(LangflowNode.Items(data, "nodes").Select(n => new LangflowNode(n)));
        arrows.AddRange(LangflowNode.Items(data, "edges").Select(e => new LangflowEdge(e)));
        if (originals.Count > FlowValidator.MaxNodes || arrows.Count > FlowValidator.MaxEdges)
            throw new ForeignFlowException($"The flow has {originals.Count} nodes and {arrows.Count} edges; {FlowValidator.MaxNodes} and {FlowValidator.MaxEdges} are the most.");
        if (originals.Exists(n => n.Id.Length == 0))
            throw new ForeignFlowException("A node of the file has no id.");
        if (originals.GroupBy(n => n.Id, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ForeignFlowException($"Two nodes of the file have the id {LangflowNode.Cut(twice.Key, 60)}.");

        var kept = originals.ConvertAll(KeepNode);
        var keptEdges = arrows.ConvertAll(a => JsonNode.Parse(a.Json.GetRawText()));
        TakeApart();
        foreach (var original in originals)
            AddNode(original);
        var places = nodes.ToDictionary(n => n.Id, StringComparer.Ordinal);
        var sources = originals.ToDictionary(n => n.Id, n => (LangflowNode?)n, StringComparer.Ordinal);
        foreach (var arrow in arrows)
            AddEdge(arrow, places, sources);
        var name = LangflowNode.Cut(LangflowNode.Text(file, "name")?.Trim() is { Length: > 0 } given ? given : "Untitled flow", MaxName);
        var document = new FlowDocument
        {
            Nodes = nodes,
            Edges = edges,
            Notes = stickers,
            Viewport = ViewportOf(LangflowNode.Member(data, "viewport")),
            Extra = KeptFile.Extra(Top(file), kept, keptEdges),
        };
        TellProblems(document);
        var flow = new Flow
        {
            Id = id,
            Name = name,
            Description = LangflowNode.Cut(LangflowNode.Text(file, "description") ?? "", MaxDescription),
            EndpointName = Endpoint(LangflowNode.Text(file, "endpoint_name")),
            Tags = [.. LangflowNode.Items(file, "tags").Where(t => t.ValueKind is JsonValueKind.String).Select(t => LangflowNode.Cut((t.GetString() ?? "").Trim(), FlowRules.MaxTagLength))
                .Where(t => t.Length > 0).Distinct(StringComparer.Ordinal).Take(FlowRules.MaxTags)],
            Draft = document,
        };
        return new(flow, new ImportReport("Langflow", mapped, placeholders, [.. notes.Take(MaxNotes)], []));
    }

    /// <summary>Groups give way to what is in them.</summary>
    void TakeApart()
    {
        var flat = LangflowGroups.Of(originals, arrows);
        if (flat.Groups.Count == 0)
            return;
        if (flat.Nodes.Count > FlowValidator.MaxNodes || flat.Edges.Count > FlowValidator.MaxEdges)
            throw new ForeignFlowException($"The flow has {flat.Nodes.Count} nodes and {flat.Edges.Count} edges, those in groups counted; {FlowValidator.MaxNodes} and {FlowValidator.MaxEdges} are the most.");
        originals.Clear();
        originals.AddRange(flat.Nodes);
        arrows.Clear();
        arrows.AddRange(flat.Edges.Select(e => e.Edge));
        foreach (var group in flat.Groups)
        {
            var count = group.Members.Count == 1 ? "the node in it stands for itself" : $"the {group.Members.Count} nodes in it stand for themselves";
            Note(null, $"The group {LangflowNode.Cut(group.Original.Title, 60)} was taken apart: {count}.", "As long as they stay as they are, an export for Langflow has the group again.");
        }
    }

    void AddNode(LangflowNode original)
    {
        if (original.IsNote)
        {
            stickers.Add(Sticker(original));
            return;
        }
        var made = Own(original) ?? Known(original) ?? Unknown(original);
        nodes.Add(made with { Extra = KeptFile.Extra(original.Id) });
    }

    /// <summary>A node that was drawn here and exported: its settings came along.</summary>
    Node? Own(LangflowNode original)
    {
        var own = LangflowNode.Member(original.Data, "flowstudio");
        if (LangflowNode.Text(own, "type") is not { } type || catalog.Find(type) is not { } descriptor)
            return null;
        var node = NodeOf(original, descriptor, LangflowNode.Member(own, "settings") is { ValueKind: JsonValueKind.Object } settings
            ? settings.EnumerateObject().Select(s => KeyValuePair.Create(s.Name, s.Value)) : []);
        mapped.Add(new(original.Id, node.Label, original.Type, descriptor.Title));
        return node with
        {
            Disabled = LangflowNode.Flag(own, "disabled"),
            Timeout = LangflowNode.Number(own, "timeout") is > 0 and <= 604_800 and var timeout ? timeout : null,
            Retries = LangflowNode.Number(own, "retries") is >= 0 and <= 20 and var retries ? (int)retries : null,
        };
    }

    Node? Known(LangflowNode original)
    {
        if (LangflowMapping.OfTheirs(original.Type) is not { } mapping || catalog.Find(mapping.Ours) is not { } descriptor
            || LangflowNode.Member(original.Inner, "flow").ValueKind is JsonValueKind.Object)
            return null;
        var node = NodeOf(original, descriptor, Checked(original, mapping, descriptor));
        if (mapping.IsPrompt && arrows.Exists(a => a.Target == original.Id && a.Field == PromptPart.After))
            node.Settings[PromptPart.After] = JsonText.EmptyText;
        mapped.Add(new(original.Id, node.Label, original.Type, descriptor.Title));
        if (node.Type == "Webhook")
            Tell(node, ("its address asks for the flow's token, which Langflow's callers do not send.", "Take the address from the flow's API tab, or open the webhook to all in its settings."));
        if (mapping.Remark is { } remark)
            Tell(node, remark);
        if (mapping.AsksModel && !arrows.Exists(a => a.Target == original.Id && a.Field is { } field && mapping.InputOf(field) == "model") && ModelPart.Read(original).Remark is { } model)
            Tell(node, model);
        return node;
    }

    Node Unknown(LangflowNode original)
    {
        var inputs = arrows.Where(a => a.Target == original.Id).Select(a => a.Field ?? "loop").Distinct(StringComparer.Ordinal);
        var outputs = arrows.Where(a => a.Source == original.Id && a.Output is { } name && name != ToolPort.Name).Select(a => (Name: a.Output ?? "", Type: TypeOf(a.Types)))
            .DistinctBy(o => o.Name, StringComparer.Ordinal);
        var type = original.Type.Length > 0 ? original.Type : "without a type";
        var node = new Node
        {
            Id = original.Id,
            Type = Placeholder.TypeName,
            Title = LangflowNode.Cut(original.Title.Length > 0 ? original.Title : type, MaxName),
            Position = PositionOf(original),
            Settings = new(StringComparer.Ordinal)
            {
                ["component"] = JsonText.Element(LangflowNode.Cut(type, MaxName)),
                ["inputs"] = KeptFile.ToElement(new JsonArray([.. inputs.Select(i => (JsonNode?)i)])),
                ["outputs"] = KeptFile.ToElement(new JsonArray([.. outputs.Select(o => (JsonNode?)new JsonObject { ["name"] = o.Name, ["type"] = o.Type })])),
            },
        };
        placeholders.Add(new(original.Id, node.Label, type, "Placeholder"));
        return node;
    }

    static string TypeOf(IEnumerable<string> types)
    {
        var all = types.ToHashSet(StringComparer.Ordinal);
        return all.Contains("LanguageModel") ? "model" : all.Contains("Tool") ? "tool" : "any";
    }

    static Node NodeOf(LangflowNode original, ComponentDescriptor descriptor, IEnumerable<KeyValuePair<string, JsonElement>> settings) => new()
    {
        Id = original.Id,
        Type = descriptor.Type,
        Title = LangflowNode.Cut(original.Title.Length > 0 ? original.Title : descriptor.Title, MaxName),
        Position = PositionOf(original),
        Settings = new(settings, StringComparer.Ordinal),
    };

    /// <summary>The settings that the component takes; of the others it is told which and why not.</summary>
    IEnumerable<KeyValuePair<string, JsonElement>> Checked(LangflowNode original, ComponentMapping mapping, ComponentDescriptor descriptor)
    {
        foreach (var (name, value) in mapping.Settings(original))
        {
            if (descriptor.Fields.FirstOrDefault(f => f.Name == name) is { } field && field.Reject(value) is { } reason)
            {
                if (JsonText.Of(value).Length > 0)
                    Note(original.Id, $"{original.Title}: {field.Title} {reason}, so it was not taken over.", "Set it in the node's settings.");
                continue;
            }
            yield return KeyValuePair.Create(name, value);
        }
    }

    void AddEdge(LangflowEdge arrow, Dictionary<string, Node> places, Dictionary<string, LangflowNode?> sources)
    {
        var (edge, problem) = LangflowPorts.Map(arrow, places.GetValueOrDefault, sources.GetValueOrDefault, catalog);
        if (edge is not null)
        {
            if (drawn.Add((edge.From, edge.To)))
                edges.Add(edge);
        }
        else
        {
            Note(null, problem, "Draw it here if it is needed; on export it is given back as it was.");
        }
    }

    /// <summary>What validation finds is said at once, each with what to do.</summary>
    void TellProblems(FlowDocument document)
    {
        foreach (var problem in new FlowValidator(catalog).Validate(document).Where(p => p.Severity is ProblemSeverity.Error))
            Note(problem.NodeId, problem.Message, problem.Advice);
    }

    void Tell(Node node, (string Message, string Advice) remark) => Note(node.Id, $"{node.Label}: {remark.Message}", remark.Advice);

    void Note(string? nodeId, string message, string advice) => notes.Add(new(nodeId, message, advice));

    string? Endpoint(string? name)
    {
        if (string.IsNullOrEmpty(name))
            return null;
        if (FlowNames.Refuse(name) is not { } reason)
            return name;
        Note(null, $"The flow's endpoint name was left out: {reason}", "Give it another in the flow's settings.");
        return null;
    }

    /// <summary>The node's JSON without the secrets it holds: what is stored once stays in versions, backups and exports.</summary>
    JsonNode? KeepNode(LangflowNode original)
    {
        var json = JsonNode.Parse(original.Json.GetRawText());
        if (json is JsonObject node)
            DropSecrets(node, original.Id, original.Title, depth: 0);
        return json;
    }

    /// <summary>Also those of the nodes in a group, which the group's own fields repeat.</summary>
    void DropSecrets(JsonObject node, string id, string title, int depth)
    {
        if ((node["data"] as JsonObject)?["node"] is not JsonObject inner)
            return;
        if (inner["template"] is JsonObject template)
        {
            foreach (var (name, field) in template)
            {
                if (field is not JsonObject described || !IsSecret(described) || described["load_from_db"]?.GetValueKind() is JsonValueKind.True)
                    continue;
                if (described["value"] is JsonValue held && held.GetValueKind() is JsonValueKind.String && held.GetValue<string>().Length > 0)
                {
                    described["value"] = "";
                    Note(depth == 0 ? id : null, $"{title}: the file held a secret in {LangflowNode.Cut(name, 60)}; it was not kept.", "Keep it under Variables, and give the variable's name in the node's settings.");
                }
            }
        }
        if (((inner["flow"] as JsonObject)?["data"] as JsonObject)?["nodes"] is JsonArray members)
        {
            foreach (var member in members.OfType<JsonObject>())
                DropSecrets(member, id, title, depth + 1);
        }
    }

    static bool IsSecret(JsonObject field) => field["password"]?.GetValueKind() is JsonValueKind.True
        || (field["_input_type"] is JsonValue kind && kind.GetValueKind() is JsonValueKind.String && kind.GetValue<string>().Contains("Secret", StringComparison.Ordinal));

    static JsonObject Top(JsonElement file)
    {
        var top = new JsonObject();
        foreach (var member in file.EnumerateObject().Where(m => m.Name != "data"))
            top[member.Name] = JsonNode.Parse(member.Value.GetRawText());
        var data = new JsonObject();
        if (LangflowNode.Member(file, "data") is { ValueKind: JsonValueKind.Object } inner)
        {
            foreach (var member in inner.EnumerateObject().Where(m => m.Name is not ("nodes" or "edges")))
                data[member.Name] = JsonNode.Parse(member.Value.GetRawText());
        }
        top["data"] = data;
        return top;
    }

    public static Note Sticker(LangflowNode original)
    {
        var style = LangflowNode.Member(original.Json, "style");
        var measured = LangflowNode.Member(original.Json, "measured");
        double? Side(string name) => LangflowNode.Number(original.Json, name) ?? LangflowNode.Number(measured, name) ?? LangflowNode.Number(style, name);
        return new Note
        {
            Id = original.Id,
            Text = LangflowNode.Text(original.Inner, "description") ?? "",
            Position = PositionOf(original),
            Width = Side("width") is { } width ? Math.Clamp(width, 40, 4000) : null,
            Height = Side("height") is { } height ? Math.Clamp(height, 40, 4000) : null,
            Color = StickerColors.Ours(LangflowNode.Text(original.Template, "backgroundColor")),
            Extra = KeptFile.Extra(original.Id),
        };
    }

    public static Position PositionOf(LangflowNode original)
    {
        var place = LangflowNode.Member(original.Json, "position");
        return new(LangflowNode.Number(place, "x") ?? 0, LangflowNode.Number(place, "y") ?? 0);
    }

    public static Viewport? ViewportOf(JsonElement viewport) =>
        LangflowNode.Number(viewport, "x") is { } x && LangflowNode.Number(viewport, "y") is { } y ? new(x, y, Math.Clamp(LangflowNode.Number(viewport, "zoom") ?? 1, 0.05, 4)) : null;
}

/// <summary>The colours of notes. Here a note is yellow, gray, blue, green or pink.</summary>
static class StickerColors
{
    static readonly (string Theirs, string? Ours)[] All = [("amber", null), ("neutral", "gray"), ("transparent", "gray"), ("blue", "blue"), ("lime", "green"), ("rose", "pink")];

    public static string? Ours(string? theirs) => Array.Find(All, c => c.Theirs == theirs).Ours;

    public static string Theirs(string? ours) => Array.Find(All, c => c.Ours == (string.IsNullOrEmpty(ours) ? null : ours)).Theirs ?? "amber";
}
