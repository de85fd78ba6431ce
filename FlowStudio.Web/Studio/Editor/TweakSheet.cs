using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor.Inspector;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>A setting of a node that a call can change for its own run.</summary>
/// <param name="Title">What the editor calls it.</param>
/// <param name="Field">How it is edited; null for the value of a template's variable, which is a text.</param>
/// <param name="Now">What it is without a tweak. Never a secret: in its place stands <see cref="TweakSheet.Hidden"/>.</param>
public sealed record TweakField(string NodeId, string Name, string Title, Field? Field, JsonElement Now);

/// <summary>A node with what can be changed of it.</summary>
public sealed record TweakNode(Node Node, ComponentDescriptor Component, IReadOnlyList<TweakField> Fields);

/// <summary>What may be changed for one run, and what its caller chose to change. Not thread-safe; no Blazor.</summary>
/// <param name="nodes">In the order of the document.</param>
public sealed class TweakSheet(IReadOnlyList<TweakNode> nodes)
{
    /// <summary>Stands where a secret would: whoever pastes the program puts in a value, or the name of a variable.</summary>
    public const string Hidden = "<secret>", HiddenName = "<name of a variable>";

    static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly Dictionary<(string Node, string Field), JsonElement> chosen = [];

    public IReadOnlyList<TweakNode> Nodes => nodes;

    /// <summary>How many settings are changed.</summary>
    public int Count => chosen.Count;

    public int CountOf(TweakNode node) => node.Fields.Count(IsChosen);

    public bool IsChosen(TweakField field) => chosen.ContainsKey((field.NodeId, field.Name));

    /// <summary>What the call gives: as it was chosen, or as it is.</summary>
    public JsonElement Value(TweakField field) => chosen.TryGetValue((field.NodeId, field.Name), out var value) ? value : field.Now;

    /// <summary>The value as the text a person edits.</summary>
    public string Text(TweakField field) => IsJson(field) ? JsonDraft.Show(Value(field)) : JsonText.Of(Value(field));

    /// <summary>Whether the value is edited as JSON.</summary>
    public static bool IsJson(TweakField field) => field.Field?.Kind is FieldKind.Json or FieldKind.KeyValues or FieldKind.Files || VariableReference.TryRead(field.Now, out _);

    /// <summary>Takes a setting into the call, as it is; or leaves it out.</summary>
    public void Toggle(TweakField field)
    {
        if (!chosen.Remove((field.NodeId, field.Name)))
            chosen[(field.NodeId, field.Name)] = field.Now;
    }

    public void Set(TweakField field, JsonElement value) => chosen[(field.NodeId, field.Name)] = value;

    /// <summary>Takes what was typed: as JSON or a number where the setting has one, else as the text it is.</summary>
    public void SetText(TweakField field, string text) =>
        Set(field, IsJson(field) || (text.Length == 0 && field.Field?.Kind is FieldKind.Number or FieldKind.Integer) ? JsonDraft.Read(text) ?? JsonText.Null
            : field.Field?.FromText(text) ?? JsonText.Element(text));

    /// <summary>The object of a call's body, on one line: by node and field.</summary>
    public string Json()
    {
        var all = new JsonObject();
        foreach (var node in nodes)
        {
            var fields = new JsonObject();
            foreach (var field in node.Fields.Where(IsChosen))
                fields[field.Name] = JsonNode.Parse(Value(field).GetRawText());
            if (fields.Count > 0)
                all[node.Node.Id] = fields;
        }
        return all.ToJsonString(OneLine);
    }

    /// <summary>What stays chosen when the flow has changed: what is still there.</summary>
    public TweakSheet Over(IReadOnlyList<TweakNode> changed)
    {
        var next = new TweakSheet(changed);
        foreach (var field in changed.SelectMany(n => n.Fields).Where(IsChosen))
            next.Set(field, Value(field));
        return next;
    }

    /// <summary>To begin with nothing is changed; but where no message starts the flow, its webhook gets the body.</summary>
    public static TweakSheet First(IReadOnlyList<TweakNode> nodes, string? body)
    {
        var sheet = new TweakSheet(nodes);
        if (body is not null && nodes.FirstOrDefault(n => n.Node.Type == "Webhook")?.Fields.FirstOrDefault(f => f.Name == "data") is { } payload)
            sheet.Set(payload, JsonText.Element(body));
        return sheet;
    }

    /// <summary>The nodes of a flow whose settings mean something, without those that are bypassed.</summary>
    /// <param name="redact">Takes known secrets out of a text.</param>
    public static IReadOnlyList<TweakNode> NodesOf(FlowDocument document, Func<string, ComponentDescriptor?> descriptorOf, Func<string, string> redact) =>
    [
        .. from node in document.Nodes
           where !node.Disabled
           let component = descriptorOf(node.Type)
           where component is { IsHidden: false }
           let fields = FieldsOf(node, component, document, redact)
           where fields.Count > 0
           select new TweakNode(node, component, fields),
    ];

    static IReadOnlyList<TweakField> FieldsOf(Node node, ComponentDescriptor component, FlowDocument document, Func<string, string> redact)
    {
        // How a webhook is called and answered means nothing to a run that another way began.
        var settings = component.Fields.Where(f => SettingText.Applies(component, node, f) && (node.Type != "Webhook" || f.Name == "data"))
            .Select(f => new TweakField(node.Id, f.Name, f.Title, f, Clean(Shown(f, node.Settings.TryGetValue(f.Name, out var own) ? own : f.DefaultValue), redact)));
        var wired = document.Edges.Where(e => e.To.Node == node.Id).Select(e => e.To.Port).ToHashSet(StringComparer.Ordinal);
        var variables = component.DynamicInputs?.Invoke(node).Where(p => !wired.Contains(p.Name))
            .Select(p => new TweakField(node.Id, p.Name, $"{{{p.Name}}}", Field: null, Clean(node.Settings.TryGetValue(p.Name, out var own) ? own : JsonText.Element(""), redact)));
        return [.. settings, .. variables ?? []];
    }

    static JsonElement Shown(Field field, JsonElement value)
    {
        if (field.Kind is FieldKind.Secret)
            return value is { ValueKind: JsonValueKind.String } name && VariableReference.IsName(name.GetString() ?? "") ? value : JsonText.Element(HiddenName);
        if (field.Kind is not FieldKind.KeyValues)
            return value.ValueKind is JsonValueKind.Undefined ? JsonText.Null : value;
        var rows = KeyValueTable.Rows(value);
        return rows.Any(KeyValueTable.ShowsSecret)
            ? KeyValueTable.Value([.. rows.Select(r => KeyValueTable.ShowsSecret(r) ? r with { Value = Hidden } : r)]) ?? JsonText.Null
            : value;
    }

    static JsonElement Clean(JsonElement value, Func<string, string> redact)
    {
        var text = value.GetRawText();
        var clean = redact(text);
        return clean == text ? value : JsonCheck.TryParse(System.Text.Encoding.UTF8.GetBytes(clean), out var parsed, out _) ? parsed : JsonText.Element(Hidden);
    }
}
