using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Files;

namespace FlowStudio.Engine.Components;

/// <summary>An HTTP answer as Data: <c>{"status","reason"?,"headers","body","encoding"?,"url"}</c>; with <c>file</c> in place of the body when that was saved.</summary>
static class ResponseData
{
    /// <summary>
    /// The answer. JSON is parsed when the answer says that it is JSON and it can be read back; else the body is a text, and bytes that are no text
    /// come as Base64, with <c>"encoding": "base64"</c>.
    /// </summary>
    /// <param name="warn">Told when a body that calls itself JSON is not.</param>
    /// <param name="saved">Where the body is, when it was saved as a file.</param>
    public static JsonElement Of(GuardedResponse response, Action<string> warn, StoredFile? saved = null) => JsonText.Element((response, warn, saved), static (writer, state) =>
    {
        var (answer, tell, file) = state;
        writer.WriteStartObject();
        writer.WriteNumber("status"u8, answer.Status);
        if (answer.Reason.Length > 0)
            writer.WriteString("reason"u8, answer.Reason);
        Headers(writer, answer);
        if (file is null)
        {
            Body(writer, answer, tell);
        }
        else
        {
            writer.WritePropertyName("file"u8);
            FileReference.Write(writer, file);
        }
        writer.WriteString("url"u8, answer.FinalUrl);
        writer.WriteEndObject();
    });

    /// <summary>Names in lower case, so that templates find them whatever the server writes; several of a name are joined, as HTTP means them.</summary>
    static void Headers(Utf8JsonWriter writer, GuardedResponse response)
    {
        writer.WriteStartObject("headers"u8);
        foreach (var group in response.Headers.GroupBy(h => h.Key.ToLowerInvariant(), h => h.Value, StringComparer.Ordinal))
            writer.WriteString(group.Key, string.Join(", ", group));
        writer.WriteEndObject();
    }

    static void Body(Utf8JsonWriter writer, GuardedResponse response, Action<string> warn)
    {
        var type = MediaTypeHeaderValue.TryParse(response.Header("Content-Type"), out var parsed) ? parsed : null;
        if (response.Body.IsEmpty)
        {
            writer.WriteNull("body"u8);
        }
        else if (IsJson(type, response.Body.Span))
        {
            if (JsonCheck.TryParse(Utf8(response, type).Span, out var value, out var problem))
            {
                writer.WritePropertyName("body"u8);
                value.WriteTo(writer);
                return;
            }
            if (type is not null)
                warn($"The answer calls itself JSON but is not ({problem}); it is passed on as text.");
            writer.WriteString("body"u8, response.Text());
        }
        else if (IsText(type, response.Body.Span))
        {
            writer.WriteString("body"u8, response.Text());
        }
        else
        {
            writer.WriteBase64String("body"u8, response.Body.Span);
            writer.WriteString("encoding"u8, "base64"u8);
        }
    }

    static bool IsJson(MediaTypeHeaderValue? type, ReadOnlySpan<byte> body) => type?.MediaType is { } name
        ? name.Equals("application/json", StringComparison.OrdinalIgnoreCase) || name.Equals("text/json", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith("+json", StringComparison.OrdinalIgnoreCase)
        : body.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..];

    static bool IsText(MediaTypeHeaderValue? type, ReadOnlySpan<byte> body) =>
        type?.CharSet is not null || type?.MediaType?.StartsWith("text/", StringComparison.OrdinalIgnoreCase) is true
        || (System.Text.Unicode.Utf8.IsValid(body) && !body.Contains((byte)0));

    /// <summary>The body in UTF-8, which JSON almost always is already.</summary>
    static ReadOnlyMemory<byte> Utf8(GuardedResponse response, MediaTypeHeaderValue? type) =>
        type?.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            ? response.Body
            : Encoding.UTF8.GetBytes(response.Text());
}
