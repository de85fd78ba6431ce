using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace FlowStudio.Engine.Components;

/// <summary>What is wrong in a template, where, and what to write instead.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in UTF-16 characters.</param>
public sealed record TemplateError(int Line, int Column, string Message, string Advice)
{
    public override string ToString() => $"Line {Line}, column {Column}: {Message} {Advice}";
}

/// <summary>
/// A text with placeholders: <c>{name}</c>, <c>{a.b}</c>, <c>{a[0]}</c>, <c>{items[0].name}</c>, <c>{a["any key"]}</c>; <c>{{</c> and <c>}}</c>
/// stand for braces. Substitution only, never code, and in one pass: what is filled in is not looked at again. Parsing and filling take time
/// linear in what they read and write.
/// </summary>
public sealed class TextTemplate
{
    /// <summary>The longest text that filling makes, in characters: a short template over large values could otherwise fill the memory.</summary>
    public const int MaxLength = 16 * 1024 * 1024;

    /// <summary>Longer templates are parsed each time rather than kept.</summary>
    const int MaxCachedLength = 16 * 1024;

    static readonly BoundedCache<string, TextTemplate> Cache = new(1024);

    readonly string source;
    readonly IReadOnlyList<Piece> pieces;
    readonly TemplatePaths paths;

    internal TextTemplate(string source, IReadOnlyList<Piece> pieces, TemplatePaths paths, IReadOnlyList<TemplateError> errors) =>
        (this.source, this.pieces, this.paths, Errors) = (source, pieces, paths, errors);

    /// <summary>What is wrong with it, first things first, the first twenty; a template with errors is never filled.</summary>
    public IReadOnlyList<TemplateError> Errors { get; }

    /// <summary>The paths it reads, each once, in order of appearance, as one would write them.</summary>
    public IReadOnlyList<string> Paths => paths.Names;

    /// <summary>The parsed form of a text; the same text is parsed once.</summary>
    public static TextTemplate Parse(string text) => text.Length > MaxCachedLength
        ? TemplateParser.Parse(text)
        : Cache.Get(text, state: 0, static (key, _) => TemplateParser.Parse(key));

    /// <summary>The text with every placeholder replaced by what <paramref name="data"/> has there; nothing there is the empty string.</summary>
    /// <param name="wholeNames">Names that stand for the whole of <paramref name="data"/> where it has no keys of that name.</param>
    /// <exception cref="NodeException">The template has errors, or the text would be longer than <see cref="MaxLength"/>.</exception>
    public string Fill(JsonElement data, params ReadOnlySpan<string> wholeNames)
    {
        ThrowIfWrong();
        if (paths.Names.Count == 0)
            return Assemble([]);
        var values = new JsonElement[paths.Names.Count];
        paths.Resolve(data, values, wholeNames);
        return Assemble(values);
    }

    /// <summary>The text with every placeholder replaced by what <paramref name="value"/> says for its path.</summary>
    /// <inheritdoc cref="Fill(JsonElement, ReadOnlySpan{string})" path="/exception"/>
    public string Fill(Func<string, JsonElement> value)
    {
        ThrowIfWrong();
        var values = new JsonElement[paths.Names.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = value(paths.Names[i]);
        return Assemble(values);
    }

    /// <summary>What is at its path, when the template is one placeholder and nothing else: JSON null where nothing is. Otherwise false.</summary>
    public bool TryTake(JsonElement data, out JsonElement value, params ReadOnlySpan<string> wholeNames)
    {
        value = JsonText.Null;
        if (Errors.Count > 0 || pieces is not [{ Slot: >= 0 } piece])
            return false;
        var values = new JsonElement[paths.Names.Count];
        paths.Resolve(data, values, wholeNames);
        if (values[piece.Slot].ValueKind is not JsonValueKind.Undefined)
            value = values[piece.Slot];
        return true;
    }

    string Assemble(JsonElement[] values)
    {
        if (pieces.Count == 1 && pieces[0].Slot < 0)
            return source.Substring(pieces[0].Start, pieces[0].Length);
        // Each value is turned into text once, however often it stands in the template.
        var texts = new string[values.Length];
        for (var i = 0; i < values.Length; i++)
            texts[i] = JsonText.Of(values[i]);
        long length = 0;
        foreach (var piece in pieces)
            length += piece.Slot < 0 ? piece.Length : texts[piece.Slot].Length;
        if (length > MaxLength)
        {
            throw new NodeException("text_too_long", $"The filled template would have {length} characters; {MaxLength} are allowed.",
                "Fill in fewer or smaller values.");
        }
        return string.Create((int)length, (pieces, texts, source), static (span, state) =>
        {
            foreach (var piece in state.pieces)
            {
                var part = piece.Slot < 0 ? state.source.AsSpan(piece.Start, piece.Length) : state.texts[piece.Slot];
                part.CopyTo(span);
                span = span[part.Length..];
            }
        });
    }

    void ThrowIfWrong()
    {
        if (Errors is [var first, ..])
            throw new NodeException("invalid_template", $"The template is wrong at line {first.Line}, column {first.Column}: {first.Message}", first.Advice);
    }

    /// <summary>A stretch of the template's own text, or the value in a slot.</summary>
    /// <param name="Slot">-1: text.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Piece(int Start, int Length, int Slot);
}

/// <summary>The paths of a template as a tree, so that each object they lead through is looked at once, however many there are.</summary>
sealed class TemplatePaths
{
    /// <summary>From here on an object's properties are walked once instead of searched per key.</summary>
    const int ManyKeys = 8;

    readonly Branch root = new();
    readonly List<string> names = [];

    public IReadOnlyList<string> Names => names;

    /// <summary>The slot of a path; the same path has the same slot.</summary>
    public int Slot(IReadOnlyList<PathStep> path)
    {
        var at = root;
        foreach (var step in path)
            at = at.Next(step);
        if (at.Slot < 0)
        {
            at.Slot = names.Count;
            names.Add(Write(path));
        }
        return at.Slot;
    }

    /// <summary>Puts what is at each path into its slot; slots of missing ones stay undefined.</summary>
    public void Resolve(JsonElement data, JsonElement[] slots, ReadOnlySpan<string> wholeNames)
    {
        foreach (var name in wholeNames)
        {
            if (root.Key(name) is { } branch && (data.ValueKind is not JsonValueKind.Object || !data.TryGetProperty(name, out _)))
                branch.Resolve(data, slots);
        }
        root.Resolve(data, slots);
    }

    /// <summary>The usual form: dots where a name allows it, brackets where not.</summary>
    static string Write(IReadOnlyList<PathStep> path)
    {
        if (path is [{ Key: { } single }] && TemplateParser.IsPlainKey(single))
            return single;
        var text = new StringBuilder();
        foreach (var step in path)
        {
            if (step.Key is not { } key)
                text.Append('[').Append(step.Index).Append(']');
            else if (TemplateParser.IsPlainKey(key))
                text.Append(text.Length > 0 ? "." : "").Append(key);
            else
                text.Append("[\"").Append(key).Append("\"]");
        }
        return text.ToString();
    }

    sealed class Branch
    {
        readonly Dictionary<string, Branch> keys = new(StringComparer.Ordinal);
        readonly Dictionary<int, Branch> items = [];

        public int Slot { get; set; } = -1;

        public Branch Next(PathStep step)
        {
            ref var next = ref step.Key is { } key
                ? ref CollectionsMarshal.GetValueRefOrAddDefault(keys, key, out _)
                : ref CollectionsMarshal.GetValueRefOrAddDefault(items, step.Index, out _);
            return next ??= new Branch();
        }

        public Branch? Key(string name) => keys.GetValueOrDefault(name);

        // As deep as the longest path, which the parser bounds.
        public void Resolve(JsonElement value, JsonElement[] slots)
        {
            if (Slot >= 0)
                slots[Slot] = value;
            if (value.ValueKind is JsonValueKind.Object && keys.Count > 0)
                ResolveKeys(value, slots);
            else if (value.ValueKind is JsonValueKind.Array && items.Count > 0)
                ResolveItems(value, slots);
        }

        void ResolveKeys(JsonElement value, JsonElement[] slots)
        {
            if (keys.Count <= ManyKeys)
            {
                foreach (var (key, branch) in keys)
                {
                    if (value.TryGetProperty(key, out var child))
                        branch.Resolve(child, slots);
                }
                return;
            }
            foreach (var property in value.EnumerateObject())
            {
                if (keys.TryGetValue(property.Name, out var branch))
                    branch.Resolve(property.Value, slots);
            }
        }

        void ResolveItems(JsonElement value, JsonElement[] slots)
        {
            if (items.Count <= ManyKeys)
            {
                var length = value.GetArrayLength();
                foreach (var (index, branch) in items)
                {
                    if (index < length)
                        branch.Resolve(value[index], slots);
                }
                return;
            }
            var i = 0;
            foreach (var item in value.EnumerateArray())
            {
                if (items.TryGetValue(i++, out var branch))
                    branch.Resolve(item, slots);
            }
        }
    }
}

/// <summary>A step of a path: into an object by key, or into a list by index.</summary>
[StructLayout(LayoutKind.Auto)]
readonly record struct PathStep(string? Key, int Index);
