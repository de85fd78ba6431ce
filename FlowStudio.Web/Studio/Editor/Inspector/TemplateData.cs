using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Runs;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>Where the data comes from that a template is tried with.</summary>
public enum TemplateSource
{
    /// <summary>Nowhere: nothing has run yet.</summary>
    None,

    /// <summary>The run on the canvas.</summary>
    Run,

    /// <summary>Outputs pinned to the nodes before.</summary>
    Pinned,

    /// <summary>The sample that the flow's start holds.</summary>
    Sample,
}

/// <summary>
/// What a node's templates can name, from what really came in last: the run on the canvas, else pinned outputs, else the start's sample. Pure.
/// </summary>
public sealed record TemplateData(TemplateSource Source, DateTimeOffset? At, IReadOnlyDictionary<string, JsonElement> Ports)
{
    /// <summary>Characters of a preview; the whole is in the node's output.</summary>
    public const int MaxPreview = 2_000;

    static readonly IReadOnlyDictionary<string, JsonElement> Nothing = new Dictionary<string, JsonElement>(StringComparer.Ordinal);

    /// <summary>What a message of a conversation has: the Memory's template is filled with these.</summary>
    static readonly IReadOnlyList<CodePath> OfMessages = [new("sender_name", "Ada"), new("sender", "User"), new("text", "what was said"), new("timestamp", "when"), new("session_id", "which session")];

    /// <summary>What came into the node, by input port.</summary>
    public static TemplateData Of(RunProgress? run, FlowDocument document, ComponentCatalog catalog, Node node)
    {
        if (run is not null && StepInputs.Of(run, document, node.Id, run.Latest(node.Id)?.Iteration ?? []) is { ValueKind: JsonValueKind.Object } came
            && document.Edges.Any(e => e.To.Node == node.Id))
            return new(TemplateSource.Run, run.AcceptedAt, ByPort(came.EnumerateObject().Select(p => (p.Name, p.Value))));
        var pinned = ByPort(document.Edges.Where(e => e.To.Node == node.Id).Select(e => (e.To.Port, Value: Pinned(document, e.From))).Where(p => p.Value.HasValue).Select(p => (p.Port, p.Value.GetValueOrDefault())));
        if (pinned.Count > 0)
            return new(TemplateSource.Pinned, At: null, pinned);
        var samples = ByPort(document.Edges.Where(e => e.To.Node == node.Id).Select(e => (e.To.Port, Value: Sample(document, catalog, e.From))).Where(p => p.Value.HasValue).Select(p => (p.Port, p.Value.GetValueOrDefault())));
        return samples.Count > 0 ? new(TemplateSource.Sample, At: null, samples) : new(TemplateSource.None, At: null, Nothing);
    }

    /// <summary>The paths to offer in a template, best first.</summary>
    public IReadOnlyList<CodePath> Paths(FlowDocument document, ComponentCatalog catalog, FieldModel model)
    {
        if (model.Component.DynamicInputs is not null)
            return Variables(document, catalog, model);
        if (model.Node.Type == Memory.Descriptor.Type)
            return OfMessages;
        var items = Items(model.Component);
        var paths = items.Count > 0 ? PathSuggestions.Of(items[0]) : [];
        List<CodePath> all = [.. paths];
        if (items is [{ ValueKind: not JsonValueKind.Object } plain, ..])
            all.Insert(0, new("text", PathSuggestions.Preview(plain)));
        if (items.Count > 0 && all.TrueForAll(p => p.Path != "data"))
            all.Add(new("data", "the whole of it"));
        // What other templates name has been thought of already, though nothing has come in to show for it.
        all.AddRange(document.Nodes.SelectMany(n => catalog.Find(n.Type)?.ReadsPaths?.Invoke(n) ?? []).Distinct(StringComparer.Ordinal)
            .Where(p => !all.Exists(known => known.Path == p)).Select(p => new CodePath(p, "named elsewhere")));
        return [.. all.Take(PathSuggestions.MaxPaths)];
    }

    /// <summary>What a template comes to with this data; null when there is nothing to fill it with, or it is wrong.</summary>
    public string? Preview(FieldModel model)
    {
        if (Source is TemplateSource.None || model.Field.Kind is not FieldKind.Template || model.Reference is not null || model.Node.Type is "Memory" or "Calculator")
            return null;
        var template = TextTemplate.Parse(model.Text);
        if (template.Errors.Count > 0)
            return null;
        try
        {
            if (model.Component.DynamicInputs is not null)
                return Cut(template.Fill(name => Ports.TryGetValue(name, out var value) ? Plain(value) : model.Node.Settings.TryGetValue(name, out var own) ? own : default));
            var items = Items(model.Component);
            return items.Count == 0 ? null : Cut(string.Join(Separator(model), items.Select(item => Fill(template, item))));
        }
        catch (NodeException e)
        {
            return e.Message;
        }
    }

    /// <summary>What the template is filled with, one after another: a list is taken item by item.</summary>
    List<JsonElement> Items(ComponentDescriptor component)
    {
        var input = component.Inputs.FirstOrDefault(i => Ports.ContainsKey(i.Name) && (i.Accepts.Contains(PortType.Data) || i.Accepts.Contains(PortType.Table)))
            ?? component.Inputs.FirstOrDefault(i => Ports.ContainsKey(i.Name));
        if (input is null)
            return [];
        var value = Opened(Ports[input.Name]);
        return value.ValueKind is JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
    }

    /// <summary>A Prompt's own variables, and names for what is not yet wired to it.</summary>
    List<CodePath> Variables(FlowDocument document, ComponentCatalog catalog, FieldModel model)
    {
        List<CodePath> all = [.. TextTemplate.Parse(model.Text).Paths.Select(p => new CodePath(p, Ports.TryGetValue(p, out var value) ? PathSuggestions.Preview(Plain(value)) : "an input"))];
        foreach (var node in document.Nodes.Where(n => n.Id != model.Node.Id && catalog.Find(n.Type) is { IsOutput: false } d && d.Outputs.Any(o => o.Type is PortType.Message or PortType.Data)))
        {
            var name = Identifier(catalog.TitleOf(document, node.Id));
            if (name.Length > 0 && !all.Exists(p => p.Path == name))
                all.Add(new(name, "a new input"));
        }
        return all;
    }

    static string Identifier(string title) => string.Concat(title.ToLowerInvariant().Select(c => char.IsLetterOrDigit(c) ? c : '_')).Trim('_') is { Length: > 0 } name && !char.IsDigit(name[0]) ? name : "";

    static string Separator(FieldModel model) =>
        model.Component.Fields.FirstOrDefault(f => f.Name == "sep") is { } field ? JsonText.Of(model.Node.Settings.TryGetValue("sep", out var own) ? own : field.DefaultValue) : "\n";

    static string Fill(TextTemplate template, JsonElement item) => item.ValueKind is JsonValueKind.Object ? template.Fill(item, "data") : template.Fill(item, "data", "text", "payload");

    /// <summary>A message as its text, which may be the JSON that is meant.</summary>
    static JsonElement Opened(JsonElement value)
    {
        var plain = Plain(value);
        return plain.ValueKind is JsonValueKind.String && JsonDraft.Read(plain.GetString() ?? "") is { ValueKind: JsonValueKind.Object or JsonValueKind.Array } json ? json
            : plain.ValueKind is JsonValueKind.String ? value : plain;
    }

    static JsonElement Plain(JsonElement value) => ValueView.IsText(value) && value.ValueKind is JsonValueKind.Object ? value.GetProperty("text") : value;

    static JsonElement? Pinned(FlowDocument document, PortRef from) =>
        document.Node(from.Node)?.Pinned is { } pinned && pinned.TryGetValue(from.Port, out var value) ? value : null;

    /// <summary>What a start without a run gives: its sample, when that is JSON.</summary>
    static JsonElement? Sample(FlowDocument document, ComponentCatalog catalog, PortRef from)
    {
        if (document.Node(from.Node) is not { } node || catalog.Find(node.Type) is not { IsTrigger: true } trigger || trigger.Outputs is not [var first, ..] || first.Name != from.Port)
            return null;
        var field = trigger.Fields.FirstOrDefault(f => f.Kind is FieldKind.Multiline && node.Settings.ContainsKey(f.Name));
        return field is null || JsonText.Of(node.Settings[field.Name]) is not { Length: > 0 } text ? null : JsonDraft.Read(text);
    }

    static Dictionary<string, JsonElement> ByPort(IEnumerable<(string Port, JsonElement Value)> values)
    {
        var ports = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (port, value) in values)
            ports.TryAdd(port, value);
        return ports;
    }

    static string Cut(string text) => text.Length > MaxPreview ? text[..MaxPreview] + "…" : text;
}
