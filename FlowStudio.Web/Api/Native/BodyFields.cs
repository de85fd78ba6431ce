using System.Text.Json;

namespace FlowStudio.Web.Api.Native;

/// <summary>Reads the members of a JSON body and gathers all that is wrong with them, to be told at once by <see cref="Done"/>.</summary>
sealed class BodyFields
{
    readonly JsonElement body;
    readonly List<string> problems = [];

    /// <param name="what">What the body stands for, in words.</param>
    /// <param name="known">The members it may have.</param>
    /// <exception cref="ApiException">It is no object.</exception>
    public BodyFields(JsonElement body, string what, params ReadOnlySpan<string> known)
    {
        if (body.ValueKind is not JsonValueKind.Object)
            throw ApiException.BadRequest("invalid_body", $"The body must be a JSON object: {what}.");
        this.body = body;
        foreach (var member in body.EnumerateObject())
        {
            if (!known.Contains(member.Name))
                problems.Add($"'{Shorten(member.Name)}' is no member of {what}; known are {string.Join(", ", known)}.");
        }
    }

    /// <summary>Whether the member stands there, be it null.</summary>
    public bool Has(string name) => body.TryGetProperty(name, out _);

    /// <summary>The member; null when it is missing.</summary>
    public JsonElement? Json(string name) => body.TryGetProperty(name, out var value) ? value : null;

    public string? Text(string name, int maxLength, bool required = false)
    {
        if (Given(name) is not { } value)
        {
            if (required)
                problems.Add($"'{name}' is missing.");
            return null;
        }
        if (value.ValueKind is not JsonValueKind.String)
        {
            problems.Add($"'{name}' must be a text.");
            return null;
        }
        var text = value.GetString() ?? "";
        if (text.Length > maxLength)
            problems.Add($"'{name}' has {text.Length} characters; {maxLength} are the most.");
        else if (required && string.IsNullOrWhiteSpace(text))
            problems.Add($"'{name}' is empty.");
        return text;
    }

    public bool? Flag(string name)
    {
        if (Given(name) is not { } value)
            return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        problems.Add($"'{name}' must be true or false.");
        return null;
    }

    public double? Number(string name, double min, double max)
    {
        if (Given(name) is not { } value)
            return null;
        if (value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var number) && number >= min && number <= max)
            return number;
        problems.Add($"'{name}' must be a number from {min} to {max}.");
        return null;
    }

    public int? Integer(string name, int min, int max)
    {
        if (Given(name) is not { } value)
            return null;
        if (value.ValueKind is JsonValueKind.Number && value.TryGetInt32(out var number) && number >= min && number <= max)
            return number;
        problems.Add($"'{name}' must be a whole number from {min} to {max}.");
        return null;
    }

    public IReadOnlyList<string>? Texts(string name, int maxCount, int maxLength)
    {
        if (Given(name) is not { } value)
            return null;
        if (value.ValueKind is JsonValueKind.Array && value.GetArrayLength() <= maxCount
            && value.EnumerateArray().All(t => t.ValueKind is JsonValueKind.String && t.GetString() is { Length: > 0 } text && text.Length <= maxLength))
            return [.. value.EnumerateArray().Select(t => t.GetString() ?? "").Distinct(StringComparer.Ordinal)];
        problems.Add($"'{name}' must be a list of at most {maxCount} texts of 1 to {maxLength} characters.");
        return null;
    }

    /// <summary>An object of its own members; null when it is missing or null.</summary>
    public BodyFields? Object(string name, params ReadOnlySpan<string> known)
    {
        if (Given(name) is not { } value)
            return null;
        if (value.ValueKind is JsonValueKind.Object)
            return new(value, name, known);
        problems.Add($"'{name}' must be an object.");
        return null;
    }

    public void Add(string problem) => problems.Add(problem);

    public void AddFrom(BodyFields inner) => problems.AddRange(inner.problems);

    /// <exception cref="ApiException">Something was wrong; the message has it all.</exception>
    public void Done()
    {
        if (problems.Count > 0)
            throw ApiException.BadRequest("invalid_body", string.Join(" ", problems.Take(20)));
    }

    JsonElement? Given(string name) => body.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    static string Shorten(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
