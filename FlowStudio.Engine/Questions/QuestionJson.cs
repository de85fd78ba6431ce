using System.Text.Json;

namespace FlowStudio.Engine.Questions;

/// <summary>Questions as JSON.</summary>
public static class QuestionJson
{
    /// <summary>
    /// <c>{"kind":"text|choice|approval|form|interrupt","text":"…","choices":[…]?,"fields":[{"name","label","kind":"text|long_text|number|boolean|choice","required","choices"?}]?}</c>; of
    /// an interrupt <c>{"kind":"interrupt","when":"before|after"}</c>.
    /// </summary>
    public static void Write(Utf8JsonWriter json, Question question)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, NameOf(question.Kind));
        if (question.When is { } when)
            json.WriteString("when"u8, when is InterruptWhen.Before ? "before"u8 : "after"u8);
        else
            json.WriteString("text"u8, question.Text);
        if (question.Kind is QuestionKind.Choice)
            WriteChoices(json, question.Choices);
        if (question.Kind is QuestionKind.Form)
            WriteFields(json, question.Fields);
        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Write"/> wrote; of anything else what can be made of it, as a question for a text.</summary>
    public static Question Read(JsonElement json)
    {
        if (json.ValueKind is not JsonValueKind.Object)
            return new() { Kind = QuestionKind.Text, Text = JsonText.Of(json) };
        var kind = Kind(Text(json, "kind")) ?? QuestionKind.Text;
        return new()
        {
            Kind = kind,
            Text = Text(json, "text"),
            Choices = Choices(json),
            Fields = json.TryGetProperty("fields", out var fields) && fields.ValueKind is JsonValueKind.Array ? [.. fields.EnumerateArray().Where(f => Text(f, "name").Length > 0).Select(Field)] : [],
            When = kind is not QuestionKind.Interrupt ? null : Text(json, "when") == "after" ? InterruptWhen.After : InterruptWhen.Before,
        };
    }

    public static string NameOf(QuestionKind kind) => kind switch
    {
        QuestionKind.Text => "text",
        QuestionKind.Choice => "choice",
        QuestionKind.Approval => "approval",
        QuestionKind.Form => "form",
        QuestionKind.Interrupt => "interrupt",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
    };

    public static QuestionKind? Kind(string name) => Enum.GetValues<QuestionKind>().Cast<QuestionKind?>().FirstOrDefault(k => NameOf(k.GetValueOrDefault()) == name);

    public static string NameOf(QuestionFieldKind kind) => kind switch
    {
        QuestionFieldKind.Text => "text",
        QuestionFieldKind.LongText => "long_text",
        QuestionFieldKind.Number => "number",
        QuestionFieldKind.Boolean => "boolean",
        QuestionFieldKind.Choice => "choice",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
    };

    public static QuestionFieldKind? FieldKind(string name) =>
        Enum.GetValues<QuestionFieldKind>().Cast<QuestionFieldKind?>().FirstOrDefault(k => NameOf(k.GetValueOrDefault()) == name);

    static QuestionField Field(JsonElement json)
    {
        var (name, label) = (Text(json, "name"), Text(json, "label"));
        return new()
        {
            Name = name,
            Label = label.Length > 0 ? label : name,
            Kind = FieldKind(Text(json, "kind")) ?? QuestionFieldKind.Text,
            Required = json.TryGetProperty("required", out var required) && required.ValueKind is JsonValueKind.True,
            Choices = Choices(json),
        };
    }

    static void WriteFields(Utf8JsonWriter json, IReadOnlyList<QuestionField> fields)
    {
        json.WriteStartArray("fields"u8);
        foreach (var field in fields)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, field.Name);
            json.WriteString("label"u8, field.Label);
            json.WriteString("kind"u8, NameOf(field.Kind));
            json.WriteBoolean("required"u8, field.Required);
            if (field.Kind is QuestionFieldKind.Choice)
                WriteChoices(json, field.Choices);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static void WriteChoices(Utf8JsonWriter json, IReadOnlyList<string> choices)
    {
        json.WriteStartArray("choices"u8);
        foreach (var choice in choices)
            json.WriteStringValue(choice);
        json.WriteEndArray();
    }

    static IReadOnlyList<string> Choices(JsonElement json) =>
        json.TryGetProperty("choices", out var choices) && choices.ValueKind is JsonValueKind.Array ? [.. choices.EnumerateArray().Select(JsonText.Of)] : [];

    static string Text(JsonElement json, string name) => json.ValueKind is JsonValueKind.Object && json.TryGetProperty(name, out var value) ? JsonText.Of(value) : "";
}
