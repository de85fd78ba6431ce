using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Api.Langflow.Files;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>
/// Settings that hold for one run: <c>{"node id, display name or type": {"field": value}}</c>; a value beside those objects is for every node that has such
/// a field. Fields go by their names there or here. Unknown ones are passed over, code always is.
/// </summary>
sealed class Tweaks(ComponentCatalog catalog, FlowIntake intake)
{
    const int MaxTweaks = 1000;

    /// <summary>The document with the tweaks; the same when they change nothing.</summary>
    /// <exception cref="FastApiException">A value does not fit its field.</exception>
    public FlowDocument Apply(FlowDocument document, RunWish wish)
    {
        if (wish.Tweaks.ValueKind is not JsonValueKind.Object || wish.Tweaks.GetPropertyCount() == 0)
            return document;
        if (wish.Tweaks.GetPropertyCount() > MaxTweaks)
            throw FastApiException.Invalid("too_long", $"Dictionary should have at most {MaxTweaks} items", "body", "tweaks");
        var kept = KeptFile.Of(document);
        var nodes = document.Nodes.ToList();
        var changed = false;
        for (var i = 0; i < nodes.Count; i++)
        {
            var node = nodes[i];
            var theirs = KeptFile.IdOf(node.Extra) is { } id ? kept?.Find(id)?.Type : null;
            foreach (var tweak in wish.Tweaks.EnumerateObject())
            {
                if (tweak.Value.ValueKind is not JsonValueKind.Object)
                    Set(ref node, tweak.Name, tweak.Value, tweak.Name, wish, everywhere: true);
                else if (IsMeant(node, tweak.Name, theirs))
                {
                    foreach (var field in tweak.Value.EnumerateObject())
                        Set(ref node, field.Name, field.Value, tweak.Name, wish, everywhere: false);
                }
            }
            changed |= !ReferenceEquals(node, nodes[i]);
            nodes[i] = node;
        }
        // What only an export needs is not stored with every such run.
        return changed ? document with { Nodes = [.. nodes.Select(n => n with { Extra = null })], Extra = null } : document;
    }

    bool IsMeant(Node node, string name, string? theirs) => node.Id == name || node.Title == name || node.Type == name || theirs == name
        || LangflowMapping.OfOurs(node.Type).Theirs.Contains(name, StringComparer.Ordinal) || (node.Title.Length == 0 && catalog.Find(node.Type)?.Title == name);

    void Set(ref Node node, string name, JsonElement value, string key, RunWish wish, bool everywhere)
    {
        if (name == "code" || catalog.Find(node.Type) is not { } descriptor)
            return;
        if (node.Type == "ChatInput" && name == "input_value" && wish.Input is { Length: > 0 } && wish.InputType is not "text")
            throw new FastApiException(StatusCodes.Status400BadRequest, "If you pass an input_value to the chat input, you cannot pass a tweak with the same name.");
        var mapping = LangflowMapping.OfOurs(node.Type);
        if (name == "model" && mapping.AsksModel && value.ValueKind is JsonValueKind.Array && value.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } model)
        {
            foreach (var (theirs, ours) in (ReadOnlySpan<(string, string)>)[("provider", "provider"), ("name", "model_name")])
            {
                if (LangflowNode.Member(model, theirs) is { ValueKind: JsonValueKind.String } part)
                    Set(ref node, ours, part, key, wish, everywhere);
            }
            return;
        }
        var field = mapping.Fields.FirstOrDefault(f => f.Ours == name || f.Theirs.Contains(name, StringComparer.Ordinal));
        var setting = field?.Ours ?? (mapping.AsksModel && name is "openai_api_key" or "anthropic_api_key" ? "api_key" : name);
        var known = descriptor.Fields.FirstOrDefault(f => f.Name == setting);
        if (known is null && descriptor.DynamicInputs?.Invoke(node).Any(p => p.Name == setting) is not true)
            return;
        var now = field is null ? Plain(setting, value, known) : field.Read(KeptFile.ToElement(new System.Text.Json.Nodes.JsonObject { ["value"] = System.Text.Json.Nodes.JsonNode.Parse(value.GetRawText()) })) ?? value;
        if (known is { Kind: FieldKind.Secret } && !intake.IsName(now))
        {
            throw FastApiException.Invalid("value_error",
                $"{node.Label}: {known.Title} takes the name of a variable, not the secret itself. Keep it under Variables and give its name.", "body", "tweaks", key, name);
        }
        if (known?.Reject(now) is { } reason && now.ValueKind is not JsonValueKind.Null)
        {
            // What is for all nodes is for those that can take it.
            if (everywhere)
                return;
            throw FastApiException.Invalid("value_error", $"{node.Label}: {known.Title} {reason}.", "body", "tweaks", key, name);
        }
        if (node.Settings.TryGetValue(setting, out var before) && JsonElement.DeepEquals(before, now))
            return;
        node = node with { Settings = new(node.Settings, StringComparer.Ordinal) { [setting] = now } };
    }

    static JsonElement Plain(string name, JsonElement value, Field? field)
    {
        if (value.ValueKind is not JsonValueKind.String || field is null)
            return value;
        var text = value.GetString() ?? "";
        return name == "provider" && ModelNames.Find(text) is { } service ? JsonText.Element(service.Provider) : field.FromText(text);
    }
}
