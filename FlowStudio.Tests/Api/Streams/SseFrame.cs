using System.Text.Json;

namespace FlowStudio.Tests.Api.Streams;

/// <summary>One server-sent event.</summary>
sealed record SseFrame(string? Id, string Event, JsonElement Data)
{
    public static IReadOnlyList<SseFrame> All(string stream) =>
        [.. stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(Read).OfType<SseFrame>()];

    /// <summary>The texts of native token events put together; what does not follow on what was there before is a hole.</summary>
    public static string TextOf(IEnumerable<SseFrame> frames, string before = "")
    {
        var text = before;
        foreach (var frame in frames.Where(f => f.Event == "token"))
        {
            var (piece, offset) = (frame.Data.GetProperty("data").GetProperty("text").GetString() ?? "", frame.Data.GetProperty("data").GetProperty("offset").GetInt32());
            if (offset > text.Length)
                throw new InvalidDataException($"After {text.Length} characters comes what stands at {offset}.");
            if (offset + piece.Length > text.Length)
                text += piece[(text.Length - offset)..];
        }
        return text;
    }

    static SseFrame? Read(string frame)
    {
        string? id = null;
        var (name, data) = ("", "");
        foreach (var line in frame.Split('\n'))
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = line[4..];
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                data = line[6..];
        }
        return data.Length == 0 ? null : new(id, name, JsonDocument.Parse(data).RootElement);
    }
}
