using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>The paths into a value that a template can name: first those to texts and numbers, of each kind the shallow ones first. Pure.</summary>
public static class PathSuggestions
{
    /// <summary>More would not be read, and the browser is sent all of them.</summary>
    public const int MaxPaths = 200;

    const int MaxDepth = 8, MaxKeys = 80, MaxPreview = 48;

    /// <summary>Every path of a value, as one would write it, with a look at what is there. Of a list, the first item stands for all.</summary>
    public static IReadOnlyList<CodePath> Of(JsonElement value)
    {
        var found = new List<(string Path, JsonElement Value)>();
        var level = new List<(string Path, JsonElement Value)> { ("", value) };
        for (var depth = 0; depth < MaxDepth && level.Count > 0 && found.Count < MaxPaths; depth++)
        {
            var next = new List<(string Path, JsonElement Value)>();
            foreach (var (path, at) in level.SelectMany(Children).Take(MaxPaths - found.Count))
            {
                found.Add((path, at));
                next.Add((path, at));
            }
            level = next;
        }
        // What is written into a text is rarely a whole object.
        return [.. found.OrderBy(f => f.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array).Select(f => new CodePath(f.Path, Preview(f.Value)))];
    }

    /// <summary>The beginning of a value, in one line.</summary>
    public static string Preview(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => Count(value.GetPropertyCount(), "key"),
        JsonValueKind.Array => Count(value.GetArrayLength(), "item"),
        JsonValueKind.Null or JsonValueKind.Undefined => "null",
        _ => Cut(JsonText.Of(value)),
    };

    static IEnumerable<(string Path, JsonElement Value)> Children((string Path, JsonElement Value) at)
    {
        if (at.Value.ValueKind is JsonValueKind.Array)
            return at.Value.GetArrayLength() > 0 ? [($"{at.Path}[0]", at.Value[0])] : [];
        return at.Value.ValueKind is JsonValueKind.Object
            ? at.Value.EnumerateObject().Where(p => !p.Name.Contains('"', StringComparison.Ordinal)).Take(MaxKeys).Select(p => (Join(at.Path, p.Name), p.Value))
            : [];
    }

    static string Join(string path, string key) => !IsPlain(key) ? $"{path}[\"{key}\"]" : path.Length == 0 ? key : $"{path}.{key}";

    /// <summary>Stands in a path without quotes. Stricter than the engine, which takes some more characters: what is doubtful is quoted.</summary>
    static bool IsPlain(string key) => key.Length > 0 && key.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '$' or '@');

    static string Cut(string text)
    {
        var line = text.AsSpan(0, Math.Min(text.Length, MaxPreview)).ToString().ReplaceLineEndings(" ");
        return text.Length > MaxPreview ? line + "…" : line;
    }

    static string Count(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");
}
