using System.Globalization;
using System.Text.Json;

namespace FlowStudio.Engine.Questions;

/// <summary>Whether an answer fits its question, and its normal form. Every problem is told at once.</summary>
static class AnswerRules
{
    /// <summary>Bytes of an answer's JSON: it is kept in the run's events, and shown wherever the run is.</summary>
    public const int MaxBytes = 256 * 1024;

    const int Shown = 60;

    public static AnswerCheck Check(Question question, JsonElement answer)
    {
        if (answer.ValueKind is JsonValueKind.Undefined)
            answer = JsonText.Null;
        var size = JsonText.Utf8(answer).Length;
        if (size > MaxBytes)
            return Wrong($"The answer has {size:N0} bytes; {MaxBytes:N0} are the most.");
        return question.Kind switch
        {
            QuestionKind.Text => Text(answer),
            QuestionKind.Choice => Choice(answer, question.Choices, "The answer"),
            QuestionKind.Approval => Approval(answer),
            QuestionKind.Form => Form(question, answer),
            _ => new(answer, Problem: null),
        };
    }

    static AnswerCheck Text(JsonElement answer) => answer.ValueKind is not JsonValueKind.String ? Wrong($"The answer must be a text, not {JsonText.InWords(answer)}.")
        : string.IsNullOrWhiteSpace(answer.GetString()) ? Wrong("The answer is empty.")
        : new(answer, Problem: null);

    static AnswerCheck Choice(JsonElement answer, IReadOnlyList<string> choices, string what)
    {
        if (answer.ValueKind is not JsonValueKind.String)
            return Wrong($"{what} must be one of {List(choices)}, not {JsonText.InWords(answer)}.");
        var text = answer.GetString() ?? "";
        return choices.Contains(text, StringComparer.Ordinal) ? new(answer, Problem: null) : Wrong($"{what} is '{Excerpt.Of(text, Shown)}', but must be one of {List(choices)}.");
    }

    static AnswerCheck Approval(JsonElement answer)
    {
        const string how = """{"approved": true} or {"approved": false}, with a "comment" if you like""";
        if (answer.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return new(Approval(answer.GetBoolean(), comment: null), Problem: null);
        if (answer.ValueKind is not JsonValueKind.Object)
            return Wrong($"The answer must be {how}, not {JsonText.InWords(answer)}.");
        var problems = Unknown(answer, ["approved", "comment"]);
        bool? approved = null;
        if (!answer.TryGetProperty("approved", out var verdict))
            problems.Add($"'approved' is missing: answer {how}.");
        else if (verdict.ValueKind is JsonValueKind.True or JsonValueKind.False)
            approved = verdict.GetBoolean();
        else
            problems.Add($"'approved' must be true or false, not {JsonText.InWords(verdict)}.");
        string? comment = null;
        if (answer.TryGetProperty("comment", out var said) && said.ValueKind is not JsonValueKind.Null)
        {
            if (said.ValueKind is JsonValueKind.String)
                comment = said.GetString();
            else
                problems.Add($"'comment' must be a text, not {JsonText.InWords(said)}.");
        }
        return problems.Count > 0 || approved is not { } yes ? Wrong(string.Join(" ", problems)) : new(Approval(yes, comment), Problem: null);
    }

    static JsonElement Approval(bool approved, string? comment) => JsonText.Element((approved, comment), static (json, a) =>
    {
        json.WriteStartObject();
        json.WriteBoolean("approved"u8, a.approved);
        if (!string.IsNullOrWhiteSpace(a.comment))
            json.WriteString("comment"u8, a.comment);
        json.WriteEndObject();
    });

    static AnswerCheck Form(Question question, JsonElement answer)
    {
        if (answer.ValueKind is not JsonValueKind.Object)
            return Wrong($"The answer must be an object with {List([.. question.Fields.Select(f => f.Name)])}, not {JsonText.InWords(answer)}.");
        var problems = Unknown(answer, [.. question.Fields.Select(f => f.Name)]);
        var values = new List<(string Name, JsonElement Value)>(question.Fields.Count);
        foreach (var field in question.Fields)
        {
            if (!answer.TryGetProperty(field.Name, out var value) || IsNothing(field, value))
            {
                if (field.Required)
                    problems.Add($"'{field.Name}' is missing.");
                continue;
            }
            var (taken, problem) = Value(field, value);
            if (taken is { } fits)
                values.Add((field.Name, fits));
            else
                problems.Add(problem ?? "");
        }
        if (problems.Count > 0)
            return Wrong(string.Join(" ", problems));
        return new(JsonText.Element(values, static (json, members) =>
        {
            json.WriteStartObject();
            foreach (var (name, value) in members)
                json.WriteRaw(name, value);
            json.WriteEndObject();
        }), Problem: null);
    }

    /// <summary>What a form sends for a field that was left alone.</summary>
    static bool IsNothing(QuestionField field, JsonElement value) => value.ValueKind is JsonValueKind.Null
        || (value.ValueKind is JsonValueKind.String && (value.ValueEquals(""u8) || (field.Required && string.IsNullOrWhiteSpace(value.GetString()))));

    static AnswerCheck Value(QuestionField field, JsonElement value)
    {
        switch (field.Kind)
        {
            case QuestionFieldKind.Number:
                if (value.ValueKind is JsonValueKind.Number)
                    return double.IsFinite(value.GetDouble()) ? new(value, Problem: null) : Wrong($"'{field.Name}' is too large a number.");
                return value.ValueKind is JsonValueKind.String && double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                    ? new(JsonText.Element(number, static (json, n) => json.WriteNumberValue(n)), Problem: null)
                    : Wrong($"'{field.Name}' must be a number, not {JsonText.InWords(value)}.");
            case QuestionFieldKind.Boolean:
                if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
                    return new(value, Problem: null);
                return value.ValueKind is JsonValueKind.String && bool.TryParse(value.GetString(), out var flag)
                    ? new(flag ? JsonText.True : JsonText.False, Problem: null)
                    : Wrong($"'{field.Name}' must be true or false, not {JsonText.InWords(value)}.");
            case QuestionFieldKind.Choice:
                return Choice(value, field.Choices, $"'{field.Name}'");
            default:
                return value.ValueKind is JsonValueKind.String ? new(value, Problem: null) : Wrong($"'{field.Name}' must be a text, not {JsonText.InWords(value)}.");
        }
    }

    static List<string> Unknown(JsonElement answer, IReadOnlyCollection<string> known) =>
        [.. answer.EnumerateObject().Where(m => !known.Contains(m.Name)).Take(5).Select(m => $"'{Excerpt.Of(m.Name, Shown)}' is not asked for; known are {string.Join(", ", known)}.")];

    static void WriteRaw(this Utf8JsonWriter json, string name, JsonElement value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(JsonText.Utf8(value), skipInputValidation: true);
    }

    static string List(IReadOnlyList<string> choices) => choices.Count == 0 ? "nothing" : string.Join(", ", choices.Select(c => $"'{Excerpt.Of(c, Shown)}'"));

    static AnswerCheck Wrong(string problem) => new(Answer: null, problem);
}
