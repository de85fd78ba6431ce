using System.Text.Json;

namespace FlowStudio.Engine.Questions;

/// <summary>The fields of a form as a setting lists them: <c>[{"name","label"?,"kind"?,"required"?,"choices"?}]</c>.</summary>
public static class FormFields
{
    public const int MaxFields = 50;
    public const int MaxChoices = 100;
    public const int MaxName = 64;
    public const int MaxText = 300;

    static readonly string[] Members = ["name", "label", "kind", "required", "choices"];

    /// <summary>The fields, and in <paramref name="problems"/> all that is wrong with them; none when anything is.</summary>
    public static IReadOnlyList<QuestionField> Read(JsonElement setting, out IReadOnlyList<string> problems)
    {
        var found = new List<string>();
        problems = found;
        if (setting.ValueKind is not JsonValueKind.Array || setting.GetArrayLength() is 0 or > MaxFields)
        {
            found.Add($"it must be a list of 1 to {MaxFields} fields such as {{\"name\": \"amount\", \"kind\": \"number\"}}");
            return [];
        }
        var fields = new List<QuestionField>();
        foreach (var field in setting.EnumerateArray())
        {
            if (Field(field, fields.Count + 1, found) is not { } read)
                continue;
            if (fields.Exists(f => f.Name == read.Name))
                found.Add($"two fields are called {read.Name}");
            fields.Add(read);
        }
        return found.Count > 0 ? [] : fields;
    }

    /// <summary>What is wrong with a list of choices; null for nothing.</summary>
    public static string? Wrong(IReadOnlyList<string> choices) => choices switch
    {
        { Count: 0 } => "there is nothing to choose from",
        { Count: > MaxChoices } => $"there are {choices.Count} choices; {MaxChoices} are the most",
        _ when choices.Any(string.IsNullOrWhiteSpace) => "a choice is empty",
        _ when choices.FirstOrDefault(c => c.Length > MaxText) is { } longest => $"the choice '{Excerpt.Of(longest, 40)}' has {longest.Length} characters; {MaxText} are the most",
        _ when choices.Distinct(StringComparer.Ordinal).Count() < choices.Count => "a choice stands there twice",
        _ => null,
    };

    static QuestionField? Field(JsonElement field, int number, List<string> problems)
    {
        if (field.ValueKind is not JsonValueKind.Object)
        {
            problems.Add($"field {number} must be an object with a name");
            return null;
        }
        foreach (var member in field.EnumerateObject().Where(m => !Members.Contains(m.Name)).Take(3))
            problems.Add($"field {number} has no '{Excerpt.Of(member.Name, 40)}'; known are {string.Join(", ", Members)}");
        var (name, label, kind) = (Text(field, "name", number, problems), Text(field, "label", number, problems), Text(field, "kind", number, problems));
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaxName)
            problems.Add($"field {number} needs a name of 1 to {MaxName} characters");
        if (label?.Length > MaxText)
            problems.Add($"the label of field {number} has {label.Length} characters; {MaxText} are the most");
        var known = kind is null ? QuestionFieldKind.Text : QuestionJson.FieldKind(kind);
        if (known is null)
            problems.Add($"the kind of field {number} must be text, long_text, number, boolean or choice");
        var required = field.TryGetProperty("required", out var flag) && flag.ValueKind is not JsonValueKind.Null;
        if (required && flag.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            problems.Add($"'required' of field {number} must be true or false");
        var choices = Choices(field, number, problems);
        if (known is QuestionFieldKind.Choice && Wrong(choices) is { } wrong)
            problems.Add($"field {number}: {wrong}");
        return new()
        {
            Name = name ?? "",
            Label = string.IsNullOrWhiteSpace(label) ? name ?? "" : label,
            Kind = known ?? QuestionFieldKind.Text,
            Required = required && flag.ValueKind is JsonValueKind.True,
            Choices = choices,
        };
    }

    static IReadOnlyList<string> Choices(JsonElement field, int number, List<string> problems)
    {
        if (!field.TryGetProperty("choices", out var choices) || choices.ValueKind is JsonValueKind.Null)
            return [];
        if (choices.ValueKind is JsonValueKind.Array && choices.EnumerateArray().All(c => c.ValueKind is JsonValueKind.String))
            return [.. choices.EnumerateArray().Select(c => c.GetString() ?? "")];
        problems.Add($"'choices' of field {number} must be a list of texts");
        return [];
    }

    static string? Text(JsonElement field, string name, int number, List<string> problems)
    {
        if (!field.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null)
            return null;
        if (value.ValueKind is JsonValueKind.String)
            return value.GetString();
        problems.Add($"'{name}' of field {number} must be a text");
        return null;
    }
}
