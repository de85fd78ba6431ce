using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>
/// Writes a flow as Langflow's file. What came from one is given back as it was, with what was changed here: an import exported at once is the same flow.
/// What was drawn here has Langflow's names where it has such a component; Langflow fills in the code when it updates the component.
/// </summary>
sealed class LangflowExport(ComponentCatalog catalog)
{
    /// <summary>The version whose format is written.</summary>
    const string FormatVersion = "1.8.4";

    public JsonObject Write(Flow flow)
    {
        var document = flow.Draft;
        var kept = KeptFile.Of(document);
        var file = Copy(kept?.Top) as JsonObject ?? [];
        Set(file, "id", flow.Id.ToString());
        Set(file, "name", flow.Name);
        if (LangflowNode.Cut(Text(file, "description"), FlowRules.MaxDescriptionLength) != flow.Description)
            file["description"] = flow.Description;
        file["endpoint_name"] = flow.EndpointName;
        file["is_component"] ??= false;
        file["last_tested_version"] ??= FormatVersion;
        file["tags"] = new JsonArray([.. flow.Tags.Select(t => (JsonNode?)t)]);
        if (file["data"] is not JsonObject data)
            file["data"] = data = [];
        var whole = kept?.Flat.Groups.Where(g => IsWhole(g, document, kept)).ToList() ?? [];
        data["nodes"] = new JsonArray([.. Nodes(document, kept, whole)]);
        data["edges"] = new JsonArray([.. Edges(document, kept, whole)]);
        var looked = LangflowImport.ViewportOf(LangflowNode.Member(LangflowNode.Member(kept?.Top ?? default, "data"), "viewport"));
        if (document.Viewport != looked || data["viewport"] is null)
        {
            var view = document.Viewport ?? new(0, 0, 1);
            data["viewport"] = new JsonObject { ["x"] = view.X, ["y"] = view.Y, ["zoom"] = view.Zoom };
        }
        return file;
    }

    /// <summary>Every component that can be placed, by category, as a new node of it is written.</summary>
    public JsonObject Components()
    {
        var all = new JsonObject();
        foreach (var category in catalog.All.GroupBy(d => d.Category))
        {
            var types = new JsonObject();
            foreach (var descriptor in category)
            {
                var node = NewNode(new Node { Id = descriptor.Type, Type = descriptor.Type, Position = new(0, 0) })["data"]?["node"]?.DeepClone();
                types[LangflowMapping.OfOurs(descriptor.Type).Theirs[0]] = node;
            }
            all[category.Key.ToString().ToLower(CultureInfo.InvariantCulture)] = types;
        }
        return all;
    }

    /// <summary>Nodes and notes: those of the file in its order, then the others.</summary>
    List<JsonNode?> Nodes(FlowDocument document, KeptFile? kept, List<LangflowGroup> whole)
    {
        var order = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var original in kept?.Nodes ?? [])
        {
            order[original.Id] = order.Count;
            foreach (var member in kept?.Flat.Groups.FirstOrDefault(g => g.Original.Id == original.Id)?.Members ?? [])
                order.TryAdd(member, order.Count);
        }
        var inside = whole.SelectMany(g => g.Members).ToHashSet(StringComparer.Ordinal);
        var all = document.Nodes.Where(n => !inside.Contains(n.Id)).Select(n => (n.Id, Json: (JsonNode?)NodeOf(n, kept)))
            .Concat(document.Notes.Where(n => !inside.Contains(n.Id)).Select(n => (n.Id, Json: (JsonNode?)NoteOf(n, kept))))
            .Concat(whole.Select(g => (g.Original.Id, Json: Copy(g.Original.Json))));
        return [.. all.OrderBy(n => order.GetValueOrDefault(n.Id, int.MaxValue)).Select(n => n.Json)];
    }

    /// <summary>Whether all that was in a group is here as it was, and nothing else hangs on it: then it is the group that is given back.</summary>
    bool IsWhole(LangflowGroup group, FlowDocument document, KeptFile kept)
    {
        var members = group.Members.ToHashSet(StringComparer.Ordinal);
        foreach (var id in group.Members)
        {
            var written = document.Node(id) is { } node ? KeptFile.IdOf(node.Extra) == id ? NodeOf(node, kept) : null
                : document.Notes.FirstOrDefault(n => n.Id == id) is { } note && KeptFile.IdOf(note.Extra) == id ? NoteOf(note, kept) : null;
            if (written is null || kept.Find(id) is not { } original || !JsonElement.DeepEquals(KeptFile.ToElement(written), original.Json))
                return false;
        }
        var drawn = document.Edges.Select(e => (e.From, e.To)).ToHashSet();
        var known = new HashSet<(PortRef, PortRef)>();
        foreach (var arrow in kept.Flat.Edges)
        {
            if (LangflowPorts.Map(arrow.Edge, document.Node, id => SourceOf(document.Node(id), kept), catalog).Edge is not { } edge)
                continue;
            known.Add((edge.From, edge.To));
            if (arrow.Group == group.Original.Id && !drawn.Contains((edge.From, edge.To)))
                return false;
        }
        return drawn.All(e => (!members.Contains(e.From.Node) && !members.Contains(e.To.Node)) || known.Contains(e));
    }

    JsonObject NodeOf(Node node, KeptFile? kept)
    {
        if (SourceOf(node, kept) is not { } original || Copy(original.Json) is not JsonObject json || json["data"] is not JsonObject data)
            return NewNode(node);
        var known = LangflowMapping.OfTheirs(original.Type) is { } mapping && mapping.Ours == node.Type ? mapping : null;
        Place(json, data, node.Id, node.Position, original);
        if (data["node"] is not JsonObject inner)
            return json;
        if (node.Title.Length > 0 && node.Title != LangflowNode.Cut(original.Title.Length > 0 ? original.Title : catalog.Find(node.Type)?.Title ?? node.Type, 200))
        {
            inner["display_name"] = node.Title;
            if (data.ContainsKey("display_name"))
                data["display_name"] = node.Title;
        }
        if (data["flowstudio"] is not null)
            data["flowstudio"] = OwnPart(node);
        if (known is not null && inner["template"] is JsonObject template)
            WriteSettings(known, inner, template, original, node);
        return json;
    }

    static void WriteSettings(ComponentMapping mapping, JsonObject inner, JsonObject template, LangflowNode original, Node node)
    {
        if (mapping.AsksModel)
            ModelPart.Write(template, original, node.Settings);
        if (mapping.IsPrompt)
            PromptPart.Write(inner, original, node.Settings);
        foreach (var field in mapping.Fields)
        {
            if (!node.Settings.TryGetValue(field.Ours, out var now))
                continue;
            var theirs = field.NameIn(name => template[name] is JsonObject);
            if (theirs is not null && field.Read(original.Field(theirs)) is { } before && JsonElement.DeepEquals(before, now))
                continue;
            theirs ??= field.NewName;
            if (template[theirs] is not JsonObject target)
                template[theirs] = target = NewField(field);
            field.Write(target, now);
        }
    }

    JsonObject NoteOf(Note note, KeptFile? kept)
    {
        if (Original(note.Extra, kept) is not { } original || Copy(original.Json) is not JsonObject json || json["data"] is not JsonObject data)
        {
            json = new JsonObject { ["id"] = note.Id, ["type"] = "noteNode", ["position"] = PositionOf(note.Position) };
            json["data"] = data = new JsonObject { ["id"] = note.Id, ["type"] = "note", ["node"] = new JsonObject { ["display_name"] = "", ["documentation"] = "", ["template"] = new JsonObject() } };
            original = default;
        }
        Place(json, data, note.Id, note.Position, original);
        var before = original.Json.ValueKind is JsonValueKind.Object ? LangflowImport.Sticker(original) : null;
        if (data["node"] is not JsonObject inner)
            data["node"] = inner = [];
        if (before is null || before.Text != note.Text)
            inner["description"] = note.Text;
        if (before is null || before.Color != note.Color)
        {
            if (inner["template"] is not JsonObject template)
                inner["template"] = template = [];
            template["backgroundColor"] = StickerColors.Theirs(note.Color);
        }
        if (note.Width is { } width && before?.Width != width)
            json["width"] = width;
        if (note.Height is { } height && before?.Height != height)
            json["height"] = height;
        return json;
    }

    static void Place(JsonObject json, JsonObject data, string id, Position position, LangflowNode original)
    {
        Set(json, "id", id);
        if (data.ContainsKey("id"))
            Set(data, "id", id);
        if (original.Json.ValueKind is not JsonValueKind.Object || LangflowImport.PositionOf(original) != position)
            json["position"] = PositionOf(position);
    }

    /// <summary>A node that was drawn here. What Langflow has no field for stays with it in a property of our own.</summary>
    JsonObject NewNode(Node node)
    {
        var mapping = LangflowMapping.OfOurs(node.Type);
        var shape = catalog.ShapeOf(node);
        var template = new JsonObject { ["_type"] = "Component" };
        var title = node.Title.Length > 0 ? node.Title : catalog.Find(node.Type)?.Title ?? node.Type;
        var inner = new JsonObject
        {
            ["display_name"] = title,
            ["description"] = catalog.Find(node.Type)?.Summary ?? "",
            ["template"] = template,
            ["outputs"] = new JsonArray([.. (shape?.Outputs ?? []).Select(o => (JsonNode?)OutputOf(o, mapping))]),
            ["base_classes"] = new JsonArray(),
            ["custom_fields"] = new JsonObject(),
        };
        foreach (var field in mapping.Fields)
        {
            var json = NewField(field);
            if (node.Settings.TryGetValue(field.Ours, out var value))
                field.Write(json, value);
            template[field.NewName] = json;
        }
        foreach (var input in shape?.Inputs ?? [])
        {
            var name = mapping.FieldOf(input.Name);
            if (template[name] is not JsonObject json)
                template[name] = json = PromptPart.NewField(name, "other");
            json["input_types"] = new JsonArray([.. input.Accepts.Select(t => (JsonNode?)TypeName(t))]);
            json["list"] = input.Many;
        }
        if (mapping.AsksModel)
        {
            foreach (var name in (string[])["model_name", "provider", "api_key", "temperature", "max_tokens"])
                template[name] ??= PromptPart.NewField(name, "str");
            ModelPart.Write(template, new LangflowNode(KeptFile.ToElement(new JsonObject())), node.Settings);
        }
        if (mapping.IsPrompt)
            PromptPart.Write(inner, default, node.Settings);
        return new JsonObject
        {
            ["id"] = node.Id,
            ["type"] = "genericNode",
            ["position"] = PositionOf(node.Position),
            ["data"] = new JsonObject { ["id"] = node.Id, ["type"] = mapping.Theirs[0], ["node"] = inner, ["flowstudio"] = OwnPart(node) },
        };
    }

    static JsonObject OwnPart(Node node)
    {
        var own = new JsonObject
        {
            ["type"] = node.Type,
            ["settings"] = new JsonObject(node.Settings.Select(s => KeyValuePair.Create(s.Key, JsonNode.Parse(s.Value.GetRawText())))),
        };
        if (node.Disabled)
            own["disabled"] = true;
        if (node.Timeout is { } timeout)
            own["timeout"] = timeout;
        if (node.Retries is { } retries)
            own["retries"] = retries;
        return own;
    }

    static JsonObject OutputOf(OutputPort port, ComponentMapping mapping) => new()
    {
        ["name"] = mapping.TheirOutputOf(port.Name),
        ["display_name"] = port.Title,
        ["types"] = new JsonArray(TypeName(port.Type)),
        ["selected"] = TypeName(port.Type),
        ["cache"] = true,
        ["value"] = "__UNDEFINED__",
    };

    static JsonObject NewField(FieldMapping field) => PromptPart.NewField(field.NewName, field.Form switch
    {
        FieldForm.Flag => "bool",
        FieldForm.Number => "float",
        FieldForm.Integer => "int",
        FieldForm.Pairs => "table",
        FieldForm.Json => "table",
        _ => "str",
    });

    IEnumerable<JsonNode?> Edges(FlowDocument document, KeptFile? kept, List<LangflowGroup> whole)
    {
        var ofWhole = whole.SelectMany(g => g.Members.Append(g.Original.Id)).ToHashSet(StringComparer.Ordinal);
        var nodes = document.Nodes.DistinctBy(n => n.Id, StringComparer.Ordinal).ToDictionary(n => n.Id, StringComparer.Ordinal);
        var drawn = document.Edges.Select(e => (e.From, e.To)).ToHashSet();
        var given = new HashSet<(PortRef, PortRef)>();
        foreach (var arrow in kept?.Flat.Edges ?? [])
        {
            var isIn = nodes.ContainsKey(arrow.Edge.Source) || ofWhole.Contains(arrow.Edge.Source);
            if (!isIn || !(nodes.ContainsKey(arrow.Edge.Target) || ofWhole.Contains(arrow.Edge.Target)))
                continue;
            if (IsRenewed(arrow.Edge.Source) || IsRenewed(arrow.Edge.Target))
                continue;
            var (edge, _) = LangflowPorts.Map(arrow.Edge, nodes.GetValueOrDefault, id => SourceOf(nodes.GetValueOrDefault(id), kept), catalog);
            // What could not be drawn here is not lost there.
            if (edge is not null && !drawn.Contains((edge.From, edge.To)))
                continue;
            if (edge is not null)
                given.Add((edge.From, edge.To));
            // A group that is given back has its own edges in it, and those that lead to it lead to the group.
            if (arrow.Index is not { } index)
            {
                if (!whole.Exists(g => g.Original.Id == arrow.Group))
                    yield return Copy(arrow.Edge.Json);
                continue;
            }
            yield return Copy(ofWhole.Contains(arrow.Edge.Source) || ofWhole.Contains(arrow.Edge.Target) ? kept?.Edges[index].Json : arrow.Edge.Json);
        }
        foreach (var edge in document.Edges.Where(e => !given.Contains((e.From, e.To))))
        {
            if (nodes.TryGetValue(edge.From.Node, out var from) && nodes.TryGetValue(edge.To.Node, out var to))
                yield return NewEdge(edge, from, to, kept);
        }

        // Its ports are those of another component now: its edges are written anew.
        bool IsRenewed(string id) => nodes.TryGetValue(id, out var node) && Original(node.Extra, kept) is not null && SourceOf(node, kept) is null;
    }

    JsonObject NewEdge(Edge edge, Node from, Node to, KeptFile? kept)
    {
        var (source, target) = (MappingOf(from, kept), MappingOf(to, kept));
        var type = catalog.ShapeOf(from)?.Output(edge.From.Port)?.Type ?? PortType.Any;
        var start = new JsonObject
        {
            ["dataType"] = source.Type,
            ["id"] = from.Id,
            ["name"] = source.Mapping.TheirOutputOf(edge.From.Port),
            ["output_types"] = new JsonArray(TypeName(type)),
        };
        var shape = catalog.ShapeOf(to);
        var field = target.Mapping.FieldOf(edge.To.Port);
        var end = shape?.ReturnPort == edge.To.Port
            ? new JsonObject { ["dataType"] = target.Type, ["id"] = to.Id, ["name"] = shape.ItemPort, ["output_types"] = new JsonArray("Data") }
            : new JsonObject
            {
                ["fieldName"] = field,
                ["id"] = to.Id,
                ["inputTypes"] = Copy(LangflowNode.Member(SourceOf(to, kept)?.Field(field) ?? default, "input_types")) as JsonArray
                    ?? new JsonArray([.. (shape?.Input(edge.To.Port)?.Accepts ?? []).Select(t => (JsonNode?)TypeName(t))]),
                ["type"] = LangflowNode.Text(SourceOf(to, kept)?.Field(field) ?? default, "type") ?? "other",
            };
        var (startText, endText) = (LangflowEdge.HandleText(start), LangflowEdge.HandleText(end));
        return new JsonObject
        {
            ["id"] = $"xy-edge__{from.Id}{startText}-{to.Id}{endText}",
            ["source"] = from.Id,
            ["target"] = to.Id,
            ["sourceHandle"] = startText,
            ["targetHandle"] = endText,
            ["data"] = new JsonObject { ["sourceHandle"] = start, ["targetHandle"] = end },
            ["animated"] = false,
            ["className"] = "",
            ["selected"] = false,
        };
    }

    static (ComponentMapping Mapping, string Type) MappingOf(Node node, KeptFile? kept)
    {
        if (SourceOf(node, kept) is { } original)
            return (LangflowMapping.OfTheirs(original.Type) is { } known && known.Ours == node.Type ? known : new ComponentMapping(node.Type, original.Type), original.Type);
        var mapping = LangflowMapping.OfOurs(node.Type);
        return (mapping, mapping.Theirs[0]);
    }

    /// <summary>The node of the file that this one still is; null for one that was made here, or became something else.</summary>
    public static LangflowNode? SourceOf(Node? node, KeptFile? kept)
    {
        if (node is null || Original(node.Extra, kept) is not { } original)
            return null;
        if (LangflowMapping.OfTheirs(original.Type) is { } mapping && mapping.Ours == node.Type)
            return mapping.StillIs?.Invoke(original, node.Settings) is false ? null : original;
        return node.Type == Placeholder.TypeName || LangflowNode.Text(LangflowNode.Member(original.Data, "flowstudio"), "type") == node.Type ? original : null;
    }

    static LangflowNode? Original(IDictionary<string, JsonElement>? extra, KeptFile? kept) => KeptFile.IdOf(extra) is { } id ? kept?.Find(id) : null;

    static string TypeName(PortType type) => type switch
    {
        PortType.Message => "Message",
        PortType.Table => "DataFrame",
        PortType.Model => "LanguageModel",
        PortType.Tool => "Tool",
        _ => "Data",
    };

    static JsonObject PositionOf(Position position) => new() { ["x"] = position.X, ["y"] = position.Y };

    /// <summary>Sets a text only where it is another: the rest stays letter by letter.</summary>
    static void Set(JsonObject owner, string name, string text)
    {
        if (Text(owner, name) != text)
            owner[name] = text;
    }

    static string Text(JsonObject owner, string name) => owner[name] is JsonValue value && value.GetValueKind() is JsonValueKind.String ? value.GetValue<string>() : "";

    static JsonNode? Copy(JsonElement? json) => json is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } value ? JsonNode.Parse(value.GetRawText()) : null;
}
