using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FlowStudio.Engine.Llm;

/// <summary>
/// The part of JSON Schema that models are asked with: <c>type</c>, <c>properties</c>, <c>required</c>, <c>additionalProperties</c>, <c>items</c>,
/// <c>enum</c>, <c>minimum</c>, <c>maximum</c>, <c>minLength</c>, <c>maxLength</c>, <c>pattern</c>, nested at will. Whatever else a schema says is
/// refused by <see cref="Flaws"/> instead of being passed over.
/// </summary>
public static class JsonSchema
{
    const int MaxDepth = 32;
    const int MaxProblems = 20;
    const RegexOptions Matching = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    static readonly string[] Types = ["object", "array", "string", "number", "integer", "boolean", "null"];
    static readonly string[] Keywords = ["type", "properties", "required", "additionalProperties", "items", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern"];

    /// <summary>They say something to the reader and demand nothing.</summary>
    static readonly string[] Notes = ["$schema", "title", "description", "default", "examples"];

    /// <summary>What is wrong with a schema or not supported in it, each with its place; empty when it can be used.</summary>
    public static IReadOnlyList<string> Flaws(JsonElement schema)
    {
        var flaws = new List<string>();
        Inspect(schema, "$", 0, flaws);
        return flaws;
    }

    /// <summary>Where and why a value does not fulfil a schema that has no <see cref="Flaws"/>; empty when it does, and never more than twenty.</summary>
    public static IReadOnlyList<string> Problems(JsonElement schema, JsonElement value)
    {
        var problems = new List<string>();
        Check(schema, value, "$", 0, problems);
        return problems;
    }

    static void Inspect(JsonElement schema, string at, int depth, List<string> flaws)
    {
        if (flaws.Count >= MaxProblems)
            return;
        if (depth > MaxDepth)
        {
            flaws.Add($"{at} is nested deeper than {MaxDepth} levels");
            return;
        }
        if (schema.ValueKind is not JsonValueKind.Object)
        {
            flaws.Add($"{at} must be an object");
            return;
        }
        foreach (var keyword in schema.EnumerateObject())
        {
            if (flaws.Count >= MaxProblems)
                return;
            if (Notes.Contains(keyword.Name, StringComparer.Ordinal))
                continue;
            if (!Keywords.Contains(keyword.Name, StringComparer.Ordinal))
                flaws.Add($"{at}: {Excerpt.Of(keyword.Name, 40)} is not supported; there are {string.Join(", ", Keywords)}");
            else if (Flaw(keyword.Name, keyword.Value) is { } flaw)
                flaws.Add($"{at}.{keyword.Name} {flaw}");
        }
        if (schema.TryGetProperty("properties", out var properties) && properties.ValueKind is JsonValueKind.Object)
        {
            foreach (var property in properties.EnumerateObject())
                Inspect(property.Value, $"{at}.properties.{Excerpt.Of(property.Name, 40)}", depth + 1, flaws);
        }
        if (schema.TryGetProperty("items", out var items))
            Inspect(items, at + ".items", depth + 1, flaws);
        if (schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind is JsonValueKind.Object)
            Inspect(more, at + ".additionalProperties", depth + 1, flaws);
    }

    static string? Flaw(string keyword, JsonElement value) => keyword switch
    {
        "type" => Names(value).Count > 0 && Names(value).All(t => Types.Contains(t, StringComparer.Ordinal)) ? null : $"must be one of {string.Join(", ", Types)}, or a list of them",
        "properties" => value.ValueKind is JsonValueKind.Object ? null : "must be an object",
        "required" => value.ValueKind is JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind is JsonValueKind.String) ? null : "must be a list of names",
        "additionalProperties" => value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Object ? null : "must be true, false or a schema",
        "enum" => value.ValueKind is JsonValueKind.Array && value.GetArrayLength() > 0 ? null : "must be a list of values",
        "minimum" or "maximum" => value.ValueKind is JsonValueKind.Number ? null : "must be a number",
        "minLength" or "maxLength" => value.ValueKind is JsonValueKind.Number && value.TryGetInt32(out var length) && length >= 0 ? null : "must be a whole number",
        "pattern" => PatternFlaw(value),
        _ => null,
    };

    static string? PatternFlaw(JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.String)
            return "must be a text";
        try
        {
            _ = Regex.IsMatch("", value.GetString() ?? "", Matching);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return $"can't be used: {Excerpt.Of(e.Message)}";
        }
    }

    static void Check(JsonElement schema, JsonElement value, string at, int depth, List<string> problems)
    {
        if (problems.Count >= MaxProblems || depth > MaxDepth)
            return;
        if (schema.TryGetProperty("type", out var type) && Names(type) is { Count: > 0 } types && !types.Any(t => Is(value, t)))
        {
            problems.Add($"{at} must be {string.Join(" or ", types.Select(Words))}, not {Words(value)}");
            return;
        }
        if (schema.TryGetProperty("enum", out var choices) && !choices.EnumerateArray().Any(c => JsonElement.DeepEquals(c, value)))
            problems.Add($"{at} must be one of {Excerpt.Of(string.Join(", ", choices.EnumerateArray().Select(c => c.GetRawText())), 200)}");
        switch (value.ValueKind)
        {
            case JsonValueKind.Number:
                CheckNumber(schema, value.GetDouble(), at, problems);
                break;
            case JsonValueKind.String:
                CheckText(schema, value.GetString() ?? "", at, problems);
                break;
            case JsonValueKind.Array when schema.TryGetProperty("items", out var items):
                var index = 0;
                foreach (var item in value.EnumerateArray())
                    Check(items, item, $"{at}[{index++}]", depth + 1, problems);
                break;
            case JsonValueKind.Object:
                CheckObject(schema, value, at, depth, problems);
                break;
        }
    }

    static void CheckNumber(JsonElement schema, double number, string at, List<string> problems)
    {
        if (schema.TryGetProperty("minimum", out var minimum) && number < minimum.GetDouble())
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{at} is {number}, less than {minimum.GetDouble()}"));
        if (schema.TryGetProperty("maximum", out var maximum) && number > maximum.GetDouble())
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{at} is {number}, more than {maximum.GetDouble()}"));
    }

    static void CheckText(JsonElement schema, string text, string at, List<string> problems)
    {
        // A character outside the basic plane is one, as the specification counts.
        var length = text.Length - text.Count(char.IsLowSurrogate);
        if (schema.TryGetProperty("minLength", out var minimum) && length < minimum.GetInt32())
            problems.Add($"{at} has {length} characters, fewer than {minimum.GetInt32()}");
        if (schema.TryGetProperty("maxLength", out var maximum) && length > maximum.GetInt32())
            problems.Add($"{at} has {length} characters, more than {maximum.GetInt32()}");
        if (schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(text, pattern.GetString() ?? "", Matching))
            problems.Add($"{at} does not match {Excerpt.Of(pattern.GetString() ?? "", 80)}");
    }

    static void CheckObject(JsonElement schema, JsonElement value, string at, int depth, List<string> problems)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray())
            {
                if (!value.TryGetProperty(name.GetString() ?? "", out _))
                    problems.Add($"{at} lacks {Excerpt.Of(name.GetString() ?? "", 40)}");
            }
        }
        var known = schema.TryGetProperty("properties", out var properties) ? properties : JsonText.EmptyObject;
        var more = schema.TryGetProperty("additionalProperties", out var additional) ? additional : JsonText.True;
        foreach (var property in value.EnumerateObject())
        {
            var name = Excerpt.Of(property.Name, 40);
            if (known.TryGetProperty(property.Name, out var own))
                Check(own, property.Value, $"{at}.{name}", depth + 1, problems);
            else if (more.ValueKind is JsonValueKind.False)
                problems.Add($"{at} has {name}, which is not in the schema");
            else if (more.ValueKind is JsonValueKind.Object)
                Check(more, property.Value, $"{at}.{name}", depth + 1, problems);
        }
    }

    static IReadOnlyList<string> Names(JsonElement type) => type.ValueKind switch
    {
        JsonValueKind.String => [type.GetString() ?? ""],
        JsonValueKind.Array => [.. type.EnumerateArray().Select(t => t.ValueKind is JsonValueKind.String ? t.GetString() ?? "" : "")],
        _ => [],
    };

    static bool Is(JsonElement value, string type) => (type, value.ValueKind) switch
    {
        ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) or ("string", JsonValueKind.String) or ("number", JsonValueKind.Number)
            or ("boolean", JsonValueKind.True or JsonValueKind.False) or ("null", JsonValueKind.Null) => true,
        ("integer", JsonValueKind.Number) => value.GetDouble() is var number && number == Math.Floor(number),
        _ => false,
    };

    static string Words(string type) => type switch
    {
        "object" => "an object",
        "array" => "a list",
        "string" => "a text",
        "number" => "a number",
        "integer" => "a whole number",
        "boolean" => "true or false",
        _ => "null",
    };

    static string Words(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };
}
