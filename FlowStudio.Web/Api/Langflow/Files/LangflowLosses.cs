using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>What Langflow will not know of a flow that is written for it: told before the file is taken, node by node.</summary>
sealed class LangflowLosses(ComponentCatalog catalog)
{
    const int Most = 100;

    static readonly string[] OfModels = ["provider", "model_name", "api_key", "base_url", "temperature", "max_tokens", "seed"];

    public IReadOnlyList<ImportNote> Of(Flow flow)
    {
        var kept = KeptFile.Of(flow.Draft);
        var notes = new List<ImportNote>();
        var made = 0;
        foreach (var node in flow.Draft.Nodes)
        {
            var source = LangflowExport.SourceOf(node, kept);
            if (node.Type == Placeholder.TypeName || catalog.Find(node.Type) is not { } descriptor)
                continue;
            made += source is null ? 1 : 0;
            Tell(node, descriptor, source, notes);
        }
        if (made > 0)
        {
            notes.Add(new(null, $"{(made == 1 ? "1 node was" : $"{made} nodes were")} made here, so the file has none of Langflow's code for {(made == 1 ? "it" : "them")}.",
                "Langflow marks such components as outdated: choose Update all there, and it fills the code in."));
        }
        if (Variables(flow.Draft) is { Count: > 0 } names)
            notes.Add(new(null, $"The file has names of variables, not their values: {string.Join(", ", names)}.", "Langflow reads its own global variables by these names; a node that names none there asks for its key."));
        var settings = Settings(flow).ToList();
        if (settings.Count > 0)
            notes.Add(new(null, $"Langflow has no place for the flow's {Listed(settings)}.", settings.Count == 1 ? "It stays here." : "They stay here."));
        return notes.Count <= Most ? notes : [.. notes.Take(Most), new(null, $"{notes.Count - Most} more of the kind.", "")];
    }

    void Tell(Node node, ComponentDescriptor descriptor, LangflowNode? source, List<ImportNote> notes)
    {
        var mapping = LangflowMapping.Find(node.Type, source?.Type);
        if (mapping is null)
        {
            notes.Add(new(node.Id, $"{node.Label}: Langflow has no component {descriptor.Title}. The node keeps its place and its settings in the file, but does not run there.",
                "Put Langflow's own components there. Imported here again it is what it was."));
            return;
        }
        var lost = Lost(node, descriptor, mapping, source).ToList();
        if (lost.Count > 0)
            notes.Add(new(node.Id, $"{node.Label}: Langflow's component has no setting for {Listed(lost)}.", "The component's own default holds there."));
        if (mapping.AsksModel && Text(node, "provider") is "demo" or "")
            notes.Add(new(node.Id, $"{node.Label} asks the demo model, which only FlowStudio has.", source is null ? "Choose a model in Langflow." : "The file keeps the model that it had."));
        var own = new List<string>();
        if (node.Disabled)
            own.Add("that the node is switched off");
        if (node.Timeout is not null)
            own.Add("its time limit");
        if (node.Retries is not null)
            own.Add("its retries");
        if (node.Pinned is not null)
            own.Add("its pinned output");
        if (own.Count > 0)
            notes.Add(new(node.Id, $"{node.Label}: Langflow does not know {Listed(own)}.", ""));
    }

    static IEnumerable<string> Lost(Node node, ComponentDescriptor descriptor, ComponentMapping mapping, LangflowNode? source)
    {
        var before = source is { } original ? mapping.Settings(original) : [];
        foreach (var (name, value) in node.Settings)
        {
            // A Prompt's variables are no fields of the component, and Langflow has them too.
            if (descriptor.Fields.FirstOrDefault(f => f.Name == name) is not { } field || mapping.Fields.Any(f => f.Ours == name))
                continue;
            if ((mapping.AsksModel && OfModels.Contains(name, StringComparer.Ordinal)) || (mapping.IsPrompt && name == "template"))
                continue;
            if (JsonElement.DeepEquals(value, field.DefaultValue) || (before.TryGetValue(name, out var same) && JsonElement.DeepEquals(same, value)) || JsonText.Of(value).Length == 0)
                continue;
            yield return field.Title;
        }
    }

    List<string> Variables(FlowDocument document)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var node in document.Nodes)
        {
            var secrets = catalog.Find(node.Type)?.Fields.Where(f => f.Kind is FieldKind.Secret).Select(f => f.Name).ToHashSet(StringComparer.Ordinal) ?? [];
            foreach (var (name, value) in node.Settings)
            {
                names.UnionWith(References(value));
                if (secrets.Contains(name) && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } secret)
                    names.Add(secret);
            }
        }
        return [.. names];
    }

    static IEnumerable<string> References(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object when VariableReference.TryRead(value, out var reference) => [reference.Name],
        JsonValueKind.Object => value.EnumerateObject().SelectMany(m => References(m.Value)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(References),
        _ => [],
    };

    static IEnumerable<string> Settings(Flow flow)
    {
        if (flow.Draft.Nodes.Any(n => n.Type == "Webhook") && flow.WebhookAccess is WebhookAccess.Token or WebhookAccess.Signed)
            yield return "webhook access";
        if (flow.CompletionWebhook is not null)
            yield return "completion webhook";
        if (flow.Limits != new FlowLimits())
            yield return "limits";
    }

    static string Listed(List<string> words) => words.Count == 1 ? words[0] : $"{string.Join(", ", words.Take(words.Count - 1))} and {words[^1]}";

    static string Text(Node node, string name) => node.Settings.TryGetValue(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() ?? "" : "";
}
