using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Questions;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>A field of a form that is asked for, as it is edited.</summary>
/// <param name="Name">What it is called in the answer.</param>
/// <param name="Label">What people read; empty: the name.</param>
/// <param name="Choices">One in each line.</param>
public sealed record FormFieldRow(string Name, string Label, QuestionFieldKind Kind = QuestionFieldKind.Text, bool Required = true, string Choices = "");

/// <summary>The fields of a form as rows to be edited, and back. Pure.</summary>
public static class FormFieldTable
{
    /// <summary>The rows of a setting; null when it holds something else, which rows would lose.</summary>
    public static IReadOnlyList<FormFieldRow>? Rows(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            return [];
        if (value.ValueKind is not JsonValueKind.Array)
            return null;
        var rows = new List<FormFieldRow>();
        foreach (var field in value.EnumerateArray())
        {
            if (Row(field) is not { } row)
                return null;
            rows.Add(row);
        }
        return rows;
    }

    /// <summary>The rows as the setting holds them; null when there are none.</summary>
    public static JsonElement? Value(IReadOnlyList<FormFieldRow> rows) => rows.Count == 0 ? null : JsonText.Element(rows, static (json, rows) =>
    {
        json.WriteStartArray();
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, row.Name);
            if (row.Label.Length > 0)
                json.WriteString("label"u8, row.Label);
            json.WriteString("kind"u8, QuestionJson.NameOf(row.Kind));
            json.WriteBoolean("required"u8, row.Required);
            if (row.Kind is QuestionFieldKind.Choice)
            {
                json.WriteStartArray("choices"u8);
                foreach (var choice in Lines(row.Choices))
                    json.WriteStringValue(choice);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    /// <summary>A name for what people call a field: "Amount in €" is "amount_in".</summary>
    public static string NameOf(string label)
    {
        var name = new StringBuilder(label.Length);
        foreach (var letter in label)
        {
            if (char.IsAsciiLetterOrDigit(letter))
                name.Append(char.ToLowerInvariant(letter));
            else if (name is [.., not '_'])
                name.Append('_');
        }
        return name.ToString().Trim('_');
    }

    /// <summary>What a kind is called.</summary>
    public static string Word(QuestionFieldKind kind) => kind switch
    {
        QuestionFieldKind.LongText => "Long text",
        QuestionFieldKind.Number => "Number",
        QuestionFieldKind.Boolean => "Yes or no",
        QuestionFieldKind.Choice => "Choice",
        _ => "Text",
    };

    static IEnumerable<string> Lines(string text) => text.Split('\n').Select(static l => l.Trim()).Where(static l => l.Length > 0);

    static FormFieldRow? Row(JsonElement field)
    {
        if (field.ValueKind is not JsonValueKind.Object)
            return null;
        var row = new FormFieldRow("", "", Required: false);
        foreach (var member in field.EnumerateObject())
        {
            switch (member.Name)
            {
                case "name" when member.Value.ValueKind is JsonValueKind.String:
                    row = row with { Name = JsonText.Of(member.Value) };
                    break;
                case "label" when member.Value.ValueKind is JsonValueKind.String:
                    row = row with { Label = JsonText.Of(member.Value) };
                    break;
                case "kind" when Kind(JsonText.Of(member.Value)) is { } kind:
                    row = row with { Kind = kind };
                    break;
                case "required" when member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                    row = row with { Required = member.Value.ValueKind is JsonValueKind.True };
                    break;
                case "choices" when member.Value.ValueKind is JsonValueKind.Array && member.Value.EnumerateArray().All(static c => c.ValueKind is JsonValueKind.String):
                    row = row with { Choices = string.Join('\n', member.Value.EnumerateArray().Select(JsonText.Of)) };
                    break;
                default:
                    return null;
            }
        }
        return row;
    }

    static QuestionFieldKind? Kind(string name)
    {
        foreach (var kind in Enum.GetValues<QuestionFieldKind>())
        {
            if (QuestionJson.NameOf(kind) == name)
                return kind;
        }
        return null;
    }
}
