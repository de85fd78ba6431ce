using System.Text;
using System.Text.Json;
using FlowStudio.Engine;

namespace FlowStudio.Web.Studio.Bins;

/// <summary>What a request's body is to a reader: JSON, text, or bytes that are neither. Pure.</summary>
public sealed record BinBody(JsonElement? Json, string? Text, int Length)
{
    /// <summary>Characters of a text that are drawn.</summary>
    public const int MaxText = 50_000;

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static BinBody Of(byte[] body)
    {
        if (body.Length == 0)
            return new(null, null, 0);
        string text;
        try
        {
            text = Strict.GetString(body);
        }
        catch (DecoderFallbackException)
        {
            return new(null, null, body.Length);
        }
        if (text.AsSpan().TrimStart() is ['{' or '[' or '"', ..])
        {
            try
            {
                return new(JsonText.Parse(body), text, body.Length);
            }
            catch (JsonException)
            {
                // It only begins like JSON; its text is shown.
            }
        }
        return new(null, text.Contains('\0', StringComparison.Ordinal) ? null : text, body.Length);
    }
}
