using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Files;

namespace FlowStudio.Engine.Components;

/// <summary>How a file's text is understood.</summary>
enum FileShape
{
    Text,
    Json,
    JsonLines,
    Csv,
}

/// <summary>What stands in a file, as values.</summary>
/// <param name="Data">The whole.</param>
/// <param name="Rows">The same as rows of a table.</param>
sealed record FileContent(JsonElement Data, IReadOnlyList<JsonElement> Rows)
{
    /// <summary>By the name's ending, else by the type.</summary>
    public static FileShape ShapeOf(StoredFile file)
    {
        var type = file.ContentType.AsSpan();
        if (type.IndexOf(';') is >= 0 and var end)
            type = type[..end];
        return (Path.GetExtension(file.Name).ToLowerInvariant(), type.Trim().ToString().ToLowerInvariant()) switch
        {
            (".csv" or ".tsv", _) => FileShape.Csv,
            (".json", _) => FileShape.Json,
            (".jsonl" or ".ndjson", _) => FileShape.JsonLines,
            (".txt" or ".md" or ".markdown", _) => FileShape.Text,
            (_, "text/csv" or "text/tab-separated-values") => FileShape.Csv,
            (_, "application/jsonl" or "application/x-ndjson" or "application/jsonlines") => FileShape.JsonLines,
            (_, "application/json" or "text/json") => FileShape.Json,
            (_, var other) => other.EndsWith("+json", StringComparison.Ordinal) ? FileShape.Json : FileShape.Text,
        };
    }

    /// <exception cref="NodeException">The text is not what it should be; the message names file and line.</exception>
    public static FileContent Of(StoredFile file, string text, FileShape shape, Action<string> warn, string label)
    {
        switch (shape)
        {
            case FileShape.Json:
                var json = Parse(text, file, line: null, label);
                return new(json, json.ValueKind is JsonValueKind.Array ? [.. json.EnumerateArray()] : [json]);
            case FileShape.JsonLines:
                var lines = Lines(text, file, label);
                return new(List(lines), lines);
            case FileShape.Csv:
                var rows = CsvTable.Read(text, warn, problem => new NodeException("invalid_csv", $"{label}: {file.Name} cannot be read as CSV: {problem}",
                    "Correct the file, or read it as text."));
                return new(List(rows), rows);
            default:
                var whole = JsonText.Element((file, text), static (writer, state) =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("file_id"u8, state.file.Id);
                    writer.WriteString("name"u8, state.file.Name);
                    writer.WriteString("text"u8, state.text);
                    writer.WriteEndObject();
                });
                return new(whole, [whole]);
        }
    }

    public static JsonElement List(IReadOnlyList<JsonElement> items) => JsonText.Element(items, static (writer, all) =>
    {
        writer.WriteStartArray();
        foreach (var item in all)
            item.WriteTo(writer);
        writer.WriteEndArray();
    });

    static List<JsonElement> Lines(string text, StoredFile file, string label)
    {
        var values = new List<JsonElement>();
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (!line.IsWhiteSpace())
                values.Add(Parse(line.ToString(), file, number, label));
        }
        return values;
    }

    static JsonElement Parse(string text, StoredFile file, int? line, string label)
    {
        if (JsonCheck.TryParse(Encoding.UTF8.GetBytes(text), out var value, out var problem))
            return value;
        var place = line is null ? "" : string.Create(CultureInfo.InvariantCulture, $", line {line}");
        throw new NodeException("invalid_json", $"{label}: {file.Name}{place} is not JSON that can be kept: {problem}.", "Correct the file, or read it as text.");
    }
}
