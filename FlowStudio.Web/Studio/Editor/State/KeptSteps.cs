using System.Buffers;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>
/// The history as text, to be kept with the draft. A step is its name and the items it changed, before and after, each list written as in a flow's file.
/// Bounded: the newest steps are kept.
/// </summary>
static class KeptSteps
{
    public const int MaxSteps = 500;

    /// <summary>Of the text before it is compressed.</summary>
    public const int MaxBytes = 2_000_000;

    const int Form = 1;

    /// <summary>The steps that can be taken back and done again.</summary>
    public static byte[] Write(EditHistory history)
    {
        // Of what could be done again the nearest, of what was done the newest: both from where the document stands outwards.
        var undone = Newest(history.Undone, MaxSteps / 2, MaxBytes / 2, out var bytes);
        var done = Newest(history.Done.Reverse(), MaxSteps - undone.Count, MaxBytes - bytes, out _);
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, JsonText.Relaxed))
        {
            json.WriteStartObject();
            json.WriteNumber("form"u8, Form);
            List(json, "done"u8, Enumerable.Reverse(done));
            List(json, "undone"u8, undone);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The steps, or none when the text is not of this form: a history is a help, and no reason to refuse a flow.</summary>
    public static (IReadOnlyList<EditStep> Done, IReadOnlyList<EditStep> Undone) Read(byte[] text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.GetProperty("form").GetInt32() == Form ? (Steps(json.RootElement.GetProperty("done")), Steps(json.RootElement.GetProperty("undone"))) : ([], []);
        }
        catch (Exception e) when (e is JsonException or FlowFormatException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            return ([], []);
        }
    }

    static List<byte[]> Newest(IEnumerable<EditStep> steps, int count, int room, out int bytes)
    {
        var kept = new List<byte[]>();
        bytes = 0;
        foreach (var step in steps.Take(count))
        {
            var text = step.Text ??= Text(step);
            if (bytes + text.Length > room)
                break;
            bytes += text.Length;
            kept.Add(text);
        }
        return kept;
    }

    static void List(Utf8JsonWriter json, ReadOnlySpan<byte> name, IEnumerable<byte[]> steps)
    {
        json.WriteStartArray(name);
        foreach (var step in steps)
            json.WriteRawValue(step, skipInputValidation: true);
        json.WriteEndArray();
    }

    static byte[] Text(EditStep step)
    {
        var (delta, buffer) = (step.Delta, new ArrayBufferWriter<byte>(512));
        using (var json = new Utf8JsonWriter(buffer, JsonText.Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("name"u8, step.Name);
            Side(json, "before"u8, delta, forward: false);
            Side(json, "after"u8, delta, forward: true);
            // Per list: how many at the beginning of both sides are one item that changed, then where the others stand.
            json.WriteStartArray("at"u8);
            At(json, delta.Nodes);
            At(json, delta.Edges);
            At(json, delta.Notes);
            json.WriteEndArray();
            json.WriteBoolean("extra"u8, delta.Extra is not null);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    static void Side(Utf8JsonWriter json, ReadOnlySpan<byte> name, DocumentDelta delta, bool forward)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(
            FlowJson.ToUtf8(new FlowDocument
            {
                Nodes = Items(delta.Nodes, forward),
                Edges = Items(delta.Edges, forward),
                Notes = Items(delta.Notes, forward),
                Extra = forward ? delta.Extra?.After : delta.Extra?.Before,
            }),
            skipInputValidation: true);
    }

    static IReadOnlyList<T> Items<T>(ListDelta<T> list, bool forward)
        where T : class =>
        forward ? [.. list.Changed.Select(c => c.After), .. list.Added.Select(a => a.Item)] : [.. list.Changed.Select(c => c.Before), .. list.Removed.Select(r => r.Item)];

    static void At<T>(Utf8JsonWriter json, ListDelta<T> list)
        where T : class
    {
        json.WriteStartArray();
        json.WriteNumberValue(list.Changed.Count);
        foreach (var places in (IReadOnlyList<Placed<T>>[])[list.Removed, list.Added])
        {
            json.WriteStartArray();
            foreach (var place in places)
                json.WriteNumberValue(place.At);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    static List<EditStep> Steps(JsonElement list)
    {
        var steps = new List<EditStep>();
        foreach (var step in list.EnumerateArray())
        {
            var before = FlowJson.Parse(step.GetProperty("before").GetRawText());
            var after = FlowJson.Parse(step.GetProperty("after").GetRawText());
            var at = step.GetProperty("at");
            var extra = step.GetProperty("extra").GetBoolean() ? new ExtraChange(before.Extra, after.Extra) : null;
            var delta = new DocumentDelta(List(before.Nodes, after.Nodes, at[0]), List(before.Edges, after.Edges, at[1]), List(before.Notes, after.Notes, at[2]), extra);
            steps.Add(new(step.GetProperty("name").GetString() ?? "", delta) { Text = Encoding.UTF8.GetBytes(step.GetRawText()) });
        }
        return steps;
    }

    static ListDelta<T> List<T>(IReadOnlyList<T> before, IReadOnlyList<T> after, JsonElement at)
        where T : class
    {
        var changed = at[0].GetInt32();
        return new(
            [.. before.Take(changed).Zip(after.Take(changed)).Select(p => new Replaced<T>(p.First, p.Second))],
            [.. before.Skip(changed).Zip(at[1].EnumerateArray()).Select(p => new Placed<T>(p.Second.GetInt32(), p.First))],
            [.. after.Skip(changed).Zip(at[2].EnumerateArray()).Select(p => new Placed<T>(p.Second.GetInt32(), p.First))]);
    }
}
