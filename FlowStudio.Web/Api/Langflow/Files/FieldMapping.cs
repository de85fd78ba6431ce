using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>How a field's value is written in either file.</summary>
enum FieldForm
{
    Text,
    Flag,
    Number,

    /// <summary>A number without fraction.</summary>
    Integer,

    /// <summary>One of some words.</summary>
    Choice,

    /// <summary>The name of a variable that holds a secret.</summary>
    Secret,

    /// <summary>A list of texts there, lines of one text here.</summary>
    Lines,

    /// <summary>Rows of key and value.</summary>
    Pairs,

    /// <summary>As it is.</summary>
    Json,
}

/// <summary>A setting here and the field there that means the same.</summary>
/// <param name="Ours">The setting's name.</param>
/// <param name="Form">How it is written.</param>
/// <param name="Theirs">The field's names, the newest first; none: the same as here.</param>
sealed record FieldMapping(string Ours, FieldForm Form, params string[] Theirs)
{
    public double Min { get; init; } = double.MinValue;

    public double Max { get; init; } = double.MaxValue;

    /// <summary>Words there and here, where they differ.</summary>
    public (string Theirs, string Ours)[] Words { get; init; } = [];

    IEnumerable<string> Names => Theirs.Length > 0 ? Theirs : [Ours];

    /// <summary>The field's name in a template: the first that it has.</summary>
    public string? NameIn(Func<string, bool> has) => Names.FirstOrDefault(has);

    /// <summary>The name that a new template gets.</summary>
    public string NewName => Names.First();

    /// <summary>The setting for a field; null when the field says nothing that can be taken over.</summary>
    public JsonElement? Read(JsonElement field)
    {
        var value = LangflowNode.Member(field, "value");
        if (LangflowNode.Flag(field, "load_from_db") && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } variable && VariableOf(variable) is { } name)
            return Form is FieldForm.Secret ? JsonText.Element(name) : Reference(name);
        return Form switch
        {
            FieldForm.Text when value.ValueKind is JsonValueKind.String => value,
            FieldForm.Flag when value.ValueKind is JsonValueKind.True or JsonValueKind.False => value,
            FieldForm.Number or FieldForm.Integer => ReadNumber(value),
            FieldForm.Choice when value.ValueKind is JsonValueKind.String => JsonText.Element(Word(value.GetString() ?? "")),
            FieldForm.Lines => ReadLines(value),
            FieldForm.Pairs => ReadPairs(value),
            FieldForm.Json when value.ValueKind is JsonValueKind.Object or JsonValueKind.Array => value,
            _ => null,
        };
    }

    /// <summary>Writes a setting into a field, all other properties of which stay.</summary>
    public void Write(JsonObject field, JsonElement setting)
    {
        if (VariableReference.TryRead(setting, out var reference))
        {
            field["value"] = reference.Name;
            field["load_from_db"] = true;
            return;
        }
        if (Form is FieldForm.Secret)
        {
            field["value"] = JsonText.Of(setting);
            field["load_from_db"] = JsonText.Of(setting).Length > 0;
            return;
        }
        if (field.ContainsKey("load_from_db"))
            field["load_from_db"] = false;
        field["value"] = Form switch
        {
            FieldForm.Lines when field["list"]?.GetValueKind() is JsonValueKind.True => new JsonArray([.. JsonText.Of(setting).Split('\n').Select(l => (JsonNode?)l)]),
            FieldForm.Choice => Array.Find(Words, w => w.Ours == JsonText.Of(setting)) is { Theirs: { } theirs } ? theirs : JsonText.Of(setting),
            _ => JsonNode.Parse(setting.GetRawText()),
        };
    }

    /// <summary>The variable of a name in Langflow, whose names may be any text; null when nothing is left of it.</summary>
    public static string? VariableOf(string name)
    {
        if (VariableReference.IsName(name))
            return name;
        var plain = new StringBuilder(name.Length);
        foreach (var c in name.Take(64))
            plain.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        if (plain.Length > 0 && char.IsAsciiDigit(plain[0]))
            plain.Insert(0, '_');
        var text = plain.ToString(0, Math.Min(plain.Length, 64));
        return text.Trim('_').Length > 0 && VariableReference.IsName(text) ? text : null;
    }

    static JsonElement Reference(string name) => JsonText.Element(name, static (json, n) =>
    {
        json.WriteStartObject();
        json.WriteString("variable"u8, n);
        json.WriteEndObject();
    });

    string Word(string theirs) => Array.Find(Words, w => w.Theirs.Equals(theirs, StringComparison.OrdinalIgnoreCase)) is { Ours: { } ours } ? ours : theirs;

    JsonElement? ReadNumber(JsonElement value)
    {
        double number;
        if (value.ValueKind is JsonValueKind.Number)
            value.TryGetDouble(out number);
        else if (value.ValueKind is not JsonValueKind.String || !double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number))
            return null;
        if (!double.IsFinite(number))
            return null;
        number = Math.Clamp(Form is FieldForm.Integer ? Math.Truncate(number) : number, Min, Max);
        return JsonText.Element(number, static (json, n) => json.WriteNumberValue(n));
    }

    static JsonElement? ReadLines(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value,
        JsonValueKind.Array => JsonText.Element(string.Join('\n', value.EnumerateArray().Select(JsonText.Of).Where(l => l.Length > 0))),
        _ => null,
    };

    static JsonElement? ReadPairs(JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.Array)
            return null;
        var rows = value.EnumerateArray().Select(r => (Key: LangflowNode.Text(r, "key"), Value: LangflowNode.Member(r, "value"))).Where(r => !string.IsNullOrEmpty(r.Key)).ToList();
        return JsonText.Element(rows, static (json, all) =>
        {
            json.WriteStartArray();
            foreach (var (key, cell) in all)
            {
                json.WriteStartObject();
                json.WriteString("key"u8, key);
                json.WriteString("value"u8, JsonText.Of(cell));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }
}
