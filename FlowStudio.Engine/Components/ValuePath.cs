using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FlowStudio.Engine.Components;

/// <summary>
/// A way into Data: <c>order.items[0].name</c>, with or without braces around it. <c>[-1]</c> is the last item of a list, <c>["any key"]</c> a key
/// with unusual characters, <c>[*]</c> every item of a list (or every value of an object): then the result is a list, without what is missing.
/// </summary>
sealed class ValuePath
{
    public const int MaxLength = 1000;

    /// <summary>As many as JSON that is accepted anywhere has levels.</summary>
    const int MaxSteps = JsonCheck.MaxDepth;

    readonly IReadOnlyList<Step> steps;

    ValuePath(IReadOnlyList<Step> steps, string text) => (this.steps, Text) = (steps, text);

    /// <summary>The path without braces and spaces around it.</summary>
    public string Text { get; }

    /// <summary>It names many values: what it finds is a list.</summary>
    public bool IsMany => steps.Any(s => s.Kind is StepKind.All);

    /// <summary>Whether a value is empty as paths are: then they mean the whole.</summary>
    public static bool IsEmpty(string text) => Bare(text).IsEmpty;

    /// <summary>Reads a path.</summary>
    /// <param name="problem">What is wrong, where (columns count from 1), and what to write, when the answer is null.</param>
    public static ValuePath? Parse(string text, out string problem)
    {
        problem = "";
        if (text.Length > MaxLength)
        {
            problem = $"It has {text.Length} characters; {MaxLength} are allowed.";
            return null;
        }
        var path = Bare(text);
        var offset = text.AsSpan().IndexOf(path) + 1;
        var read = new List<Step>();
        for (var at = 0; at < path.Length;)
        {
            if (read.Count == MaxSteps)
            {
                problem = $"It has more than {MaxSteps} steps.";
                return null;
            }
            var length = path[at] is '[' ? Bracket(path[at..], read, out problem) : Name(path[at..], read, out problem);
            if (problem.Length > 0)
            {
                problem = $"At column {offset + at}: {problem}";
                return null;
            }
            at += length;
        }
        return new ValuePath(read, path.ToString());
    }

    /// <summary>
    /// What is there; undefined when nothing is. A text that is JSON, as a model or a web service gives it, is gone into like the JSON itself.
    /// </summary>
    public JsonElement Find(JsonElement value)
    {
        var found = Walk(Opened(value));
        // A message is an object with keys of its own; its text may be the JSON that is meant.
        if (found.ValueKind is JsonValueKind.Undefined && ChatMessage.IsMessage(value))
            found = Walk(Opened(value.GetProperty("text"u8)));
        return found;
    }

    /// <summary>A text that is a JSON object or list as that; everything else as it is.</summary>
    public static JsonElement Opened(JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.String)
            return value;
        var text = JsonText.Of(value);
        return text.AsSpan().TrimStart() is ['{' or '[', ..] && JsonCheck.TryParse(Encoding.UTF8.GetBytes(text), out var parsed, out _) ? parsed : value;
    }

    JsonElement Walk(JsonElement value)
    {
        if (!IsMany)
            return steps.Aggregate(value, static (at, step) => step.Take(at));
        var found = new List<JsonElement> { value };
        foreach (var step in steps)
        {
            var next = new List<JsonElement>();
            foreach (var item in found)
                step.TakeAll(item, next);
            found = next;
        }
        return JsonText.Element(found, static (json, items) =>
        {
            json.WriteStartArray();
            foreach (var item in items)
                json.WriteRawValue(JsonText.Utf8(item), skipInputValidation: true);
            json.WriteEndArray();
        });
    }

    /// <summary>Without spaces, and without the braces that templates have around a path.</summary>
    static ReadOnlySpan<char> Bare(string text)
    {
        var path = text.AsSpan().Trim();
        return path is ['{', .., '}'] ? path[1..^1].Trim() : path;
    }

    /// <summary>Reads a name, and the dot before it; returns how much it read.</summary>
    static int Name(ReadOnlySpan<char> rest, List<Step> into, out string problem)
    {
        problem = "";
        var start = 0;
        if (into.Count > 0)
        {
            if (rest[0] is not '.')
            {
                problem = $"'{First(rest)}' can't stand here. Write a dot before a name, or [0] for an item.";
                return 0;
            }
            start = 1;
        }
        var length = start;
        while (length < rest.Length && TemplateParser.IsKeyCharacter(rest[length]))
            length++;
        var name = rest[start..length].Trim();
        if (name.IsEmpty)
        {
            problem = length < rest.Length
                ? $"'{First(rest[length..])}' can't be in a name. Write order.items[0].name, or [\"any key\"] for a name with unusual characters."
                : "The path ends with a dot. Write the name of a value after it.";
            return 0;
        }
        into.Add(new(StepKind.Key, name.ToString(), Index: 0));
        return length;
    }

    /// <summary>Reads <c>[0]</c>, <c>[*]</c> or <c>["key"]</c>; returns how much it read.</summary>
    static int Bracket(ReadOnlySpan<char> rest, List<Step> into, out string problem)
    {
        problem = "";
        if (rest is ['[', '"', ..])
        {
            var quote = rest[2..].IndexOf("\"]", StringComparison.Ordinal);
            if (quote < 0)
                problem = "A key in brackets is not closed. Write [\"any key\"].";
            else
                into.Add(new(StepKind.Key, rest.Slice(2, quote).ToString(), Index: 0));
            return quote + 4;
        }
        var close = rest.IndexOf(']');
        if (close < 0)
        {
            problem = "A bracket is not closed. Write [0] for the first item of a list.";
            return 0;
        }
        var inside = rest[1..close].Trim();
        if (inside is "*")
            into.Add(new(StepKind.All, Key: "", Index: 0));
        else if (int.TryParse(inside, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
            into.Add(new(StepKind.Item, Key: "", index));
        else
            problem = "In brackets stands no number. Write [0] for the first item of a list, [*] for all, [\"any key\"] for a key.";
        return close + 1;
    }

    static string First(ReadOnlySpan<char> rest) =>
        char.IsControl(rest[0]) ? "a control character" : rest[..(char.IsHighSurrogate(rest[0]) && rest.Length > 1 ? 2 : 1)].ToString();

    enum StepKind
    {
        Key,
        Item,
        All,
    }

    sealed record Step(StepKind Kind, string Key, int Index)
    {
        public JsonElement Take(JsonElement value)
        {
            if (Kind is StepKind.Key)
                return value.ValueKind is JsonValueKind.Object && value.TryGetProperty(Key, out var child) ? child : default;
            if (value.ValueKind is not JsonValueKind.Array)
                return default;
            var at = Index < 0 ? value.GetArrayLength() + Index : Index;
            return at >= 0 && at < value.GetArrayLength() ? value[at] : default;
        }

        public void TakeAll(JsonElement value, List<JsonElement> into)
        {
            if (Kind is not StepKind.All)
            {
                if (Take(value) is { ValueKind: not JsonValueKind.Undefined } one)
                    into.Add(one);
            }
            else if (value.ValueKind is JsonValueKind.Array)
            {
                into.AddRange(value.EnumerateArray());
            }
            else if (value.ValueKind is JsonValueKind.Object)
            {
                into.AddRange(value.EnumerateObject().Select(p => p.Value));
            }
        }
    }
}
