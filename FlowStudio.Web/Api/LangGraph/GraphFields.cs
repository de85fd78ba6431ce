using System.Text.Json;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>Reads the members of a body. What is not known is passed over, as clients send more than this server needs; null counts as left out.</summary>
/// <remarks>Every reader throws an <see cref="ApiException"/> (422) that names the member.</remarks>
sealed class GraphFields(JsonElement body)
{
    public JsonElement Body => body;

    public bool Has(string name) => body.TryGetProperty(name, out _);

    /// <summary>The member; null when it is missing or null.</summary>
    public JsonElement? Json(string name) => body.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    public string? Text(string name, int maxLength = 1024)
    {
        if (Json(name) is not { } value)
            return null;
        if (value.ValueKind is not JsonValueKind.String)
            throw GraphErrors.Invalid($"'{name}' must be a text.");
        var text = value.GetString() ?? "";
        return text.Length <= maxLength ? text : throw GraphErrors.Invalid($"'{name}' has {text.Length} characters; {maxLength} are the most.");
    }

    public string Required(string name) => Text(name) is { Length: > 0 } text ? text : throw GraphErrors.Invalid($"'{name}' is missing. It must be a text.");

    public Guid? Id(string name, string what) => Text(name) is { } text ? GraphErrors.Id(what, text) : null;

    public bool? Flag(string name) => Json(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw GraphErrors.Invalid($"'{name}' must be true or false.");

    public double? Number(string name, double min, double max) => Json(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var number) && number >= min && number <= max ? number
        : throw GraphErrors.Invalid(FormattableString.Invariant($"'{name}' must be a number from {min} to {max}."));

    public int Integer(string name, int otherwise, int min, int max) => Json(name) is not { } value ? otherwise
        : value.ValueKind is JsonValueKind.Number && value.TryGetInt32(out var number) && number >= min && number <= max ? number
        : throw GraphErrors.Invalid(FormattableString.Invariant($"'{name}' must be a whole number from {min} to {max}."));

    public JsonElement? Object(string name) => Json(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.Object ? value
        : throw GraphErrors.Invalid($"'{name}' must be an object.");

    public string? Choice(string name, params ReadOnlySpan<string> choices)
    {
        var text = Text(name);
        return text is null || choices.Contains(text) ? text : throw GraphErrors.Invalid($"'{name}' must be one of {string.Join(", ", choices)}.");
    }

    /// <summary>A list of texts; null when it is left out.</summary>
    public IReadOnlyList<string>? Texts(string name, int maxCount = 1000)
    {
        if (Json(name) is not { } value)
            return null;
        if (value.ValueKind is not JsonValueKind.Array || value.GetArrayLength() > maxCount || value.EnumerateArray().Any(t => t.ValueKind is not JsonValueKind.String))
            throw GraphErrors.Invalid($"'{name}' must be a list of at most {maxCount} texts.");
        return [.. value.EnumerateArray().Select(t => t.GetString() ?? "")];
    }

    public int Limit(int otherwise = 10) => Integer("limit", otherwise, 1, 1000);

    public int Offset() => Integer("offset", 0, 0, int.MaxValue);
}
