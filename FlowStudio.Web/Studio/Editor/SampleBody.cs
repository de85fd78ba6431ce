using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>A body that has what a flow reads, with values that look like what their names say; pure.</summary>
public static class SampleBody
{
    const int MaxPaths = 40, MaxIndex = 4;

    static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonSerializerOptions Lines = new(OneLine) { WriteIndented = true };

    /// <summary>The paths that nodes fed by a trigger's data read, in the order of the document, each once.</summary>
    public static IReadOnlyList<string> PathsRead(FlowDocument document, Func<string, ComponentDescriptor?> descriptorOf)
    {
        var triggers = document.Nodes.Where(n => descriptorOf(n.Type) is { IsTrigger: true }).Select(n => n.Id).ToHashSet(StringComparer.Ordinal);
        var fed = document.Edges.Where(e => triggers.Contains(e.From.Node)).Select(e => e.To.Node).ToHashSet(StringComparer.Ordinal);
        var paths = document.Nodes.Where(n => fed.Contains(n.Id)).SelectMany(n => descriptorOf(n.Type)?.ReadsPaths?.Invoke(n) ?? []);
        return [.. paths.Distinct(StringComparer.Ordinal).Take(MaxPaths)];
    }

    /// <summary>An object with a value at each path; an example of its own when nothing is read.</summary>
    public static string Json(IReadOnlyList<string> paths, bool indented)
    {
        JsonNode root = new JsonObject();
        foreach (var path in paths)
        {
            if (Parts(path) is { Count: > 0 } parts)
                Put(root, parts, 0);
        }
        if (root.AsObject().Count == 0)
            root["text"] = "Hello";
        var text = root.ToJsonString(indented ? Lines : OneLine);
        // The compact form with a space after colons and commas is easier to read and to change in a terminal.
        return indented ? text : Spaced(text);
    }

    static void Put(JsonNode owner, IReadOnlyList<object> parts, int at)
    {
        var last = at == parts.Count - 1;
        JsonNode? Next() => last ? Sample(parts) : parts[at + 1] is int ? new JsonArray() : new JsonObject();
        switch (owner, parts[at])
        {
            case (JsonObject map, string key):
                if (map[key] is null or JsonValue && !(last && map[key] is not null))
                    map[key] = Next();
                if (!last && map[key] is { } inner)
                    Put(inner, parts, at + 1);
                break;
            case (JsonArray list, int index):
                while (list.Count <= index)
                    list.Add(list.Count == index ? Next() : Sample(parts));
                if (!last && list[index] is { } item)
                    Put(item, parts, at + 1);
                break;
        }
    }

    static JsonValue Sample(IReadOnlyList<object> parts)
    {
        var name = (parts.OfType<string>().LastOrDefault() ?? "").ToLowerInvariant();
        return name switch
        {
            "id" or "number" or "no" => JsonValue.Create(4711),
            _ when name.EndsWith("_id", StringComparison.Ordinal) || name.EndsWith("id", StringComparison.Ordinal) && name.Length > 3 => JsonValue.Create(4711),
            "name" or "customer" or "user" or "first_name" or "firstname" => JsonValue.Create("Ada"),
            "last_name" or "lastname" => JsonValue.Create("Lovelace"),
            "email" or "mail" => JsonValue.Create("ada@example.com"),
            "status" or "state" => JsonValue.Create("paid"),
            "currency" => JsonValue.Create("EUR"),
            "language" or "lang" or "locale" => JsonValue.Create("en"),
            "url" or "link" => JsonValue.Create("https://example.com"),
            "date" or "time" or "at" or "timestamp" => JsonValue.Create("2026-11-21T14:02:11Z"),
            _ when name.EndsWith("_at", StringComparison.Ordinal) => JsonValue.Create("2026-11-21T14:02:11Z"),
            "amount" or "total" or "price" or "sum" => JsonValue.Create(118.40m),
            "count" or "quantity" or "qty" or "age" => JsonValue.Create(3),
            "text" or "message" or "body" or "input" or "input_value" or "question" => JsonValue.Create("Hello"),
            "" => JsonValue.Create("value"),
            _ => JsonValue.Create(name.Replace('_', ' ')),
        };
    }

    /// <summary><c>items[0].name</c> as its steps; null when it is no path that a sample can have.</summary>
    static List<object>? Parts(string path)
    {
        // A key with unusual characters, alone: {["hub.challenge"]}.
        if (path is ['[', '"', .. var key, '"', ']'] && !key.Contains('"', StringComparison.Ordinal))
            return [key];
        var parts = new List<object>();
        foreach (var dotted in path.Split('.'))
        {
            var bracket = dotted.IndexOf('[', StringComparison.Ordinal);
            var name = bracket < 0 ? dotted : dotted[..bracket];
            if (name.Length > 0)
                parts.Add(name);
            for (var open = bracket; open >= 0; open = dotted.IndexOf('[', open + 1))
            {
                var close = dotted.IndexOf(']', open);
                if (close < 0 || !int.TryParse(dotted.AsSpan(open + 1, close - open - 1), out var index) || index is < 0 or > MaxIndex)
                    return null;
                parts.Add(index);
            }
        }
        return parts is [string, ..] ? parts : null;
    }

    /// <summary>Compact JSON with a space after each colon and comma.</summary>
    internal static string Spaced(string compact)
    {
        var text = new System.Text.StringBuilder(compact.Length + 16);
        var quoted = false;
        for (var i = 0; i < compact.Length; i++)
        {
            var c = compact[i];
            text.Append(c);
            if (quoted && c == '\\')
                text.Append(compact[++i]);
            else if (c == '"')
                quoted = !quoted;
            else if (!quoted && c is ':' or ',' && !quoted)
                text.Append(' ');
        }
        return text.ToString();
    }
}
