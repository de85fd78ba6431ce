using System.Text.Json;

namespace FlowStudio.Engine.Threads;

/// <summary>Objects that are laid over one another and looked for in one another.</summary>
public static class JsonContains
{
    /// <summary>Whether a value has another in it: objects by their members, lists by their items, anything else when it is equal (PostgreSQL's <c>@&gt;</c>).</summary>
    public static bool In(JsonElement whole, JsonElement part)
    {
        if (part.ValueKind != whole.ValueKind)
            return false;
        return part.ValueKind switch
        {
            JsonValueKind.Object => part.EnumerateObject().All(m => whole.TryGetProperty(m.Name, out var value) && In(value, m.Value)),
            JsonValueKind.Array => part.EnumerateArray().All(p => whole.EnumerateArray().Any(w => In(w, p))),
            _ => JsonElement.DeepEquals(whole, part),
        };
    }

    /// <summary>The members of both objects; those of <paramref name="over"/> win. Anything that is no object counts as an empty one.</summary>
    public static JsonElement Merge(JsonElement under, JsonElement over)
    {
        if (over.ValueKind is not JsonValueKind.Object || over.GetPropertyCount() == 0)
            return under.ValueKind is JsonValueKind.Object ? under : JsonText.EmptyObject;
        if (under.ValueKind is not JsonValueKind.Object || under.GetPropertyCount() == 0)
            return over;
        return JsonText.Element((under, over), static (json, both) =>
        {
            json.WriteStartObject();
            foreach (var member in both.under.EnumerateObject().Where(m => !both.over.TryGetProperty(m.Name, out _)))
                member.WriteTo(json);
            foreach (var member in both.over.EnumerateObject())
                member.WriteTo(json);
            json.WriteEndObject();
        });
    }
}
