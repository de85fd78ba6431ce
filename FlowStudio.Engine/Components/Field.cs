using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FlowStudio.Engine.Components;

/// <summary>How a setting is edited and what JSON it holds.</summary>
public enum FieldKind
{
    /// <summary>One line: a JSON string.</summary>
    Text,

    /// <summary>Many lines: a JSON string.</summary>
    Multiline,

    /// <summary>A text with <c>{path.to.value}</c>: a JSON string.</summary>
    Template,

    /// <summary>A JSON number.</summary>
    Number,

    /// <summary>A JSON number without fraction.</summary>
    Integer,

    /// <summary>A JSON boolean.</summary>
    Switch,

    /// <summary>One of <see cref="Field.Choices"/>: a JSON string.</summary>
    Choice,

    /// <summary>Some of <see cref="Field.Choices"/>, one at least: a JSON array of strings.</summary>
    Choices,

    /// <summary>The name of a variable: a JSON string.</summary>
    Secret,

    /// <summary>Rows of key and value: a JSON array of <c>{"key","value"}</c>; a value may be a variable reference.</summary>
    KeyValues,

    /// <summary>Any JSON.</summary>
    Json,

    /// <summary>Files that were uploaded: a JSON array of their ids.</summary>
    Files,
}

/// <summary>A setting of a component: what it is called, holds, and defaults to.</summary>
public abstract record Field(string Name, FieldKind Kind, string Help)
{
    public string Title { get => field ?? Flows.Titles.FromName(Name); init; }

    /// <summary>The value of a node that says nothing; JSON null when there is none.</summary>
    public JsonElement DefaultValue { get; init; } = JsonText.Null;

    public bool Required { get; init; }

    /// <summary>Shown only when asked for.</summary>
    public bool Advanced { get; init; }

    public IReadOnlyList<string> Choices { get; init; } = [];

    public double? Min { get; init; }

    public double? Max { get; init; }

    public string? Unit { get; init; }

    public string? Placeholder { get; init; }

    /// <summary>When an agent calls the node as a tool, the model gives the value; others stay as the user set them.</summary>
    public bool ToolParameter { get; init; }

    /// <summary>Counts before any run begins, so that no variable can stand for it.</summary>
    public bool Fixed { get; init; }

    /// <summary>Shown only while another field has one of these values.</summary>
    public (string Field, string[] Values)? ShownWhen { get; init; }

    public static TextField Text(string name, string help) => new(name, FieldKind.Text, help);

    public static TextField Multiline(string name, string help) => new(name, FieldKind.Multiline, help);

    public static TextField Template(string name, string help) => new(name, FieldKind.Template, help);

    public static TextField Choice(string name, string help, params string[] choices) =>
        new(name, FieldKind.Choice, help) { Choices = choices, DefaultValue = JsonText.Element(choices[0]) };

    public static ChoicesField SomeOf(string name, string help, params string[] choices) => new(name, help) { Choices = choices };

    /// <summary>The name of a secret variable; read with <see cref="NodeReader.Secret"/>.</summary>
    public static TextField Secret(string name, string help) => new(name, FieldKind.Secret, help);

    public static NumberField Number(string name, string help) => new(name, FieldKind.Number, help);

    public static NumberField Integer(string name, string help) => new(name, FieldKind.Integer, help);

    public static SwitchField Switch(string name, string help) => new(name, help);

    public static KeyValuesField KeyValues(string name, string help) => new(name, help);

    public static JsonField Json(string name, string help) => new(name, help);

    public static FilesField Files(string name, string help) => new(name, help);

    /// <summary>What is wrong with a value of this field, or null. Variable references are taken as they are.</summary>
    public string? Reject(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            return Required ? "has no value" : null;
        if (VariableReference.TryRead(value, out _))
            return Kind is FieldKind.Secret ? "must be the name of a variable, not a reference" : Fixed ? "must be given here: a variable's value is known only when a run begins" : null;
        return RejectKind(value);
    }

    /// <summary>A variable's text as this field's JSON: numbers, switches and JSON are read from it, the rest is text.</summary>
    public JsonElement FromText(string text) =>
        Kind is FieldKind.Number or FieldKind.Integer or FieldKind.Switch or FieldKind.Json or FieldKind.Files
            && JsonCheck.TryParse(Encoding.UTF8.GetBytes(text), out var parsed, out _)
            ? parsed
            : JsonText.Element(text);

    protected abstract string? RejectKind(JsonElement value);
}

/// <summary>A field that is read as <typeparamref name="T"/>; the same object declares it and reads it.</summary>
public abstract record Field<T>(string Name, FieldKind Kind, string Help) : Field(Name, Kind, Help)
{
    /// <summary>The value as the component wants it; <paramref name="value"/> passed <see cref="Field.Reject"/>, or is the default.</summary>
    public abstract T Read(JsonElement value);
}

/// <summary>A text, template, choice or the name of a secret.</summary>
public sealed record TextField(string Name, FieldKind Kind, string Help) : Field<string>(Name, Kind, Help)
{
    public TextField Default(string value) => this with { DefaultValue = JsonText.Element(value) };

    public override string Read(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() ?? "",
        JsonValueKind.Null or JsonValueKind.Undefined => "",
        _ => value.GetRawText(),
    };

    protected override string? RejectKind(JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.String)
            return $"must be a text, not {JsonText.InWords(value)}";
        var text = value.GetString() ?? "";
        if (Required && text.Length == 0)
            return "has no value";
        if (Kind is FieldKind.Choice && !Choices.Contains(text, StringComparer.Ordinal))
            return $"is '{Excerpt.Of(text, 60)}', but must be one of {string.Join(", ", Choices)}";
        if (Kind is FieldKind.Secret && text.Length > 0 && !VariableReference.IsName(text))
            return "holds something that is not the name of a variable: keep the secret under Variables and give its name here";
        return null;
    }
}

/// <summary>A number with bounds.</summary>
public sealed record NumberField(string Name, FieldKind Kind, string Help) : Field<double>(Name, Kind, Help)
{
    public NumberField Default(double value) => this with { DefaultValue = JsonSerializer.SerializeToElement(value) };

    public NumberField Between(double min, double max) => this with { Min = min, Max = max };

    public override double Read(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => double.NaN,
    };

    protected override string? RejectKind(JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.Number || !value.TryGetDouble(out var number) || !double.IsFinite(number))
            return $"must be a number, not {JsonText.InWords(value)}";
        if (Kind is FieldKind.Integer && number != Math.Floor(number))
            return "must be a whole number";
        if (number < Min || number > Max)
            return string.Create(CultureInfo.InvariantCulture, $"is {number}, but must be between {Min} and {Max}{(Unit is null ? "" : " " + Unit)}");
        return null;
    }
}

/// <summary>On or off.</summary>
public sealed record SwitchField(string Name, string Help) : Field<bool>(Name, FieldKind.Switch, Help)
{
    public SwitchField Default(bool value) => this with { DefaultValue = JsonSerializer.SerializeToElement(value) };

    public override bool Read(JsonElement value) => value.ValueKind is JsonValueKind.True;

    protected override string? RejectKind(JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : $"must be true or false, not {JsonText.InWords(value)}";
}

/// <summary>Rows of key and value, in order.</summary>
public sealed record KeyValuesField(string Name, string Help) : Field<IReadOnlyList<KeyValuePair<string, string>>>(Name, FieldKind.KeyValues, Help)
{
    public override IReadOnlyList<KeyValuePair<string, string>> Read(JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.Array)
            return [];
        var rows = new List<KeyValuePair<string, string>>(value.GetArrayLength());
        foreach (var row in value.EnumerateArray())
        {
            if (row.TryGetProperty("key", out var key) && key.GetString() is { Length: > 0 } name)
                rows.Add(new(name, row.TryGetProperty("value", out var cell) ? JsonText.Of(cell) : ""));
        }
        return rows;
    }

    protected override string? RejectKind(JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.Array)
            return $"must be a list of {{\"key\",\"value\"}}, not {JsonText.InWords(value)}";
        foreach (var row in value.EnumerateArray())
        {
            if (row.ValueKind is not JsonValueKind.Object || !row.TryGetProperty("key", out var key) || key.ValueKind is not JsonValueKind.String)
                return "must be a list of {\"key\",\"value\"}, each key a text";
        }
        return null;
    }
}

/// <summary>Some of a few, one at least.</summary>
public sealed record ChoicesField(string Name, string Help) : Field<IReadOnlyList<string>>(Name, FieldKind.Choices, Help)
{
    public ChoicesField Default(params string[] chosen) => this with { DefaultValue = JsonSerializer.SerializeToElement(chosen) };

    public override IReadOnlyList<string> Read(JsonElement value) =>
        value.ValueKind is JsonValueKind.Array ? [.. value.EnumerateArray().Select(JsonText.Of)] : [];

    protected override string? RejectKind(JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.Array || value.EnumerateArray().Any(v => v.ValueKind is not JsonValueKind.String))
            return $"must be a list of texts{(value.ValueKind is JsonValueKind.Array ? "" : $", not {JsonText.InWords(value)}")}";
        if (value.GetArrayLength() == 0)
            return $"has none chosen; choose some of {string.Join(", ", Choices)}";
        var unknown = value.EnumerateArray().Select(v => v.GetString() ?? "").FirstOrDefault(v => !Choices.Contains(v, StringComparer.Ordinal));
        return unknown is null ? null : $"has '{Excerpt.Of(unknown, 60)}', but may have only {string.Join(", ", Choices)}";
    }
}

/// <summary>Any JSON.</summary>
public sealed record JsonField(string Name, string Help) : Field<JsonElement>(Name, FieldKind.Json, Help)
{
    public override JsonElement Read(JsonElement value) => value;

    protected override string? RejectKind(JsonElement value) => null;
}

/// <summary>Uploaded files, by id, in order; one id alone will do.</summary>
public sealed record FilesField(string Name, string Help) : Field<IReadOnlyList<Guid>>(Name, FieldKind.Files, Help)
{
    public override IReadOnlyList<Guid> Read(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => [.. value.EnumerateArray().Select(id => id.GetGuid())],
        JsonValueKind.String when value.TryGetGuid(out var id) => [id],
        _ => [],
    };

    protected override string? RejectKind(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Array ? value.EnumerateArray().All(IsId) : IsId(value) || (value.ValueKind is JsonValueKind.String && value.ValueEquals(""u8)))
            return null;
        return "must be a list of ids of files, as POST /v1/files gives them";

        static bool IsId(JsonElement id) => id.ValueKind is JsonValueKind.String && id.TryGetGuid(out _);
    }
}
