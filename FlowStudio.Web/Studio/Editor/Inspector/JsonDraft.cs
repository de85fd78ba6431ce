using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FlowStudio.Engine;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>
/// A setting of any JSON, as text to be edited. What is no JSON (yet) is kept as a JSON text, so that nothing typed is lost and a plain text needs no
/// quotes. Pure; <see cref="Show"/> and <see cref="Read"/> undo one another.
/// </summary>
public static class JsonDraft
{
    static readonly JsonSerializerOptions Lines = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text for a value; a text stands without quotes unless it would then be read as something else.</summary>
    public static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => "",
        JsonValueKind.String when value.GetString() is { } text && !TryParse(text, out _) => text,
        JsonValueKind.Object or JsonValueKind.Array => JsonSerializer.Serialize(value, Lines),
        _ => value.GetRawText(),
    };

    /// <summary>The value of a text; null when it is empty.</summary>
    public static JsonElement? Read(string text) => string.IsNullOrWhiteSpace(text) ? null : TryParse(text, out var value) ? value : JsonText.Element(text);

    /// <summary>Why a text is taken as one, in words that go on a sentence; null when it is JSON, or empty.</summary>
    public static string? Problem(string text)
    {
        if (string.IsNullOrWhiteSpace(text) || JsonCheck.TryParse(Encoding.UTF8.GetBytes(text), out _, out var problem))
            return null;
        try
        {
            using var _ = JsonDocument.Parse(text);
            return problem;
        }
        catch (JsonException e)
        {
            // The editor says at the place what to write; here is the place.
            return string.Create(CultureInfo.InvariantCulture, $"it is no JSON from line {e.LineNumber + 1}, character {e.BytePositionInLine + 1} on");
        }
    }

    static bool TryParse(string text, out JsonElement value) => JsonCheck.TryParse(Encoding.UTF8.GetBytes(text), out value, out _);
}
