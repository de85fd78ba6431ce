using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>What a body says of an assistant; null where it says nothing.</summary>
sealed record AssistantFields(string? Name, string? Description, JsonElement? Config, JsonElement? Context, JsonElement? Metadata)
{
    const int MaxText = 4096;

    /// <exception cref="ApiException">Something in it is wrong: 422, or 400 where the platform says so.</exception>
    public static AssistantFields Read(GraphFields fields, SecretRedactor redactor)
    {
        var (config, context) = (fields.Object("config"), fields.Object("context"));
        Check(config, context);
        return new(fields.Text("name", MaxText), fields.Text("description", MaxText), Kept(config), Kept(context), Kept(fields.Object("metadata")));

        // A caller may send what the vault holds.
        JsonElement? Kept(JsonElement? value) => value is { } given ? redactor.Redact(given) : null;
    }

    /// <summary>Configuration and context as a body may have them: one of the two.</summary>
    /// <exception cref="ApiException">They are not so.</exception>
    public static void Check(JsonElement? config, JsonElement? context)
    {
        if (config is not { } given || !given.TryGetProperty("configurable", out var configurable))
            return;
        if (configurable.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
            throw GraphErrors.Invalid("'config.configurable' must be an object.");
        if (configurable.ValueKind is JsonValueKind.Object && configurable.GetPropertyCount() > 0 && context is { } both && both.GetPropertyCount() > 0)
            throw ApiException.BadRequest("invalid", "Cannot specify both 'config.configurable' and 'context'. Use one of them.");
    }

    /// <summary>A configuration laid over another: what is configurable is merged, of the rest the upper wins.</summary>
    public static JsonElement Merge(JsonElement under, JsonElement over)
    {
        var merged = JsonContains.Merge(Configurable(under), Configurable(over));
        var rest = JsonContains.Merge(under, over);
        return merged.GetPropertyCount() == 0 ? rest : JsonContains.Merge(rest, JsonText.Element(merged, static (json, inner) =>
        {
            json.WriteStartObject();
            json.WritePropertyName("configurable"u8);
            inner.WriteTo(json);
            json.WriteEndObject();
        }));
    }

    /// <summary>What of a configuration and a context has a place in a flow: texts for its Text Inputs. Null when there are none.</summary>
    public static JsonElement? Presets(FlowDocument document, JsonElement config, JsonElement context)
    {
        var names = document.Nodes.Where(n => n.Type == "TextInput" && !n.Disabled).SelectMany(n => (string[])[n.Title, n.Title.Trim().Replace(' ', '_').ToLowerInvariant(), n.Id])
            .Where(n => n.Length > 0).ToHashSet(StringComparer.Ordinal);
        if (names.Count == 0)
            return null;
        var found = JsonContains.Merge(Configurable(config), context).EnumerateObject().Where(m => names.Contains(m.Name)).ToList();
        return found.Count == 0 ? null : JsonText.Element(found, static (json, members) =>
        {
            json.WriteStartObject();
            foreach (var member in members)
                member.WriteTo(json);
            json.WriteEndObject();
        });
    }

    public static JsonElement Configurable(JsonElement config) =>
        config.TryGetProperty("configurable", out var inner) && inner.ValueKind is JsonValueKind.Object ? inner : JsonText.EmptyObject;

    /// <summary>An assistant with what is said here; metadata is merged, all else is replaced.</summary>
    public Assistant LaidOver(Assistant before) => before with
    {
        Name = Name ?? before.Name,
        Description = Description ?? before.Description,
        Config = Config ?? before.Config,
        Context = Context ?? before.Context,
        Metadata = Metadata is { } more ? JsonContains.Merge(before.Metadata, more) : before.Metadata,
    };
}
