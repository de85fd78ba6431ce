using System.Buffers;
using System.Text.Json;
using FlowStudio.Engine;

namespace FlowStudio.Web.Api.Json;

/// <summary>A request's body as JSON, and what a caller is told when it is none.</summary>
public static class JsonIntake
{
    /// <inheritdoc cref="JsonCheck.Read(ReadOnlySpan{byte}, out JsonElement)"/>
    public static JsonFlaw Read(in ReadOnlySequence<byte> body, out JsonElement value)
    {
        if (body.IsSingleSegment)
            return JsonCheck.Read(body.FirstSpan, out value);
        var length = checked((int)body.Length);
        var joined = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(joined);
            return JsonCheck.Read(joined.AsSpan(0, length), out value);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(joined);
        }
    }

    /// <summary>The flaw in words, for a person who sent the body.</summary>
    public static string Words(JsonFlaw flaw) => flaw switch
    {
        JsonFlaw.NotUtf8 => "The body is not valid UTF-8. Send JSON encoded as UTF-8.",
        JsonFlaw.NotJson => "The body is not valid JSON.",
        JsonFlaw.TooDeep => $"The JSON is nested more than {JsonCheck.MaxDepth} levels deep.",
        JsonFlaw.DuplicateName => "The JSON has an object that names the same property twice. Send each name once.",
        JsonFlaw.LoneSurrogate => "The JSON has a \\u escape that is half of a surrogate pair, which is no character.",
        JsonFlaw.NumberTooLarge => "The JSON has a number larger than 1.8e308. Send it as a string.",
        _ => "",
    };

    /// <summary>A stable code for the flaw.</summary>
    public static string Code(JsonFlaw flaw) => flaw switch
    {
        JsonFlaw.NotUtf8 => "not_utf8",
        JsonFlaw.TooDeep => "json_too_deep",
        JsonFlaw.DuplicateName => "json_duplicate_name",
        JsonFlaw.LoneSurrogate => "json_lone_surrogate",
        JsonFlaw.NumberTooLarge => "json_number_too_large",
        _ => "invalid_json",
    };
}
