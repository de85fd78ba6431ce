using System.Text.Json;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Storage;

/// <summary>Stored chunks back to events.</summary>
static class RunEventLines
{
    /// <summary>The events of a chunk with a number above <paramref name="after"/>.</summary>
    public static IEnumerable<RunEvent> Read(Guid runId, byte[] lines, long after)
    {
        for (var start = 0; start < lines.Length;)
        {
            var end = Array.IndexOf(lines, (byte)'\n', start);
            if (end < 0)
                end = lines.Length;
            if (end > start && Read(runId, lines.AsMemory(start, end - start)) is var happened && happened.Seq > after)
                yield return happened;
            start = end + 1;
        }
    }

    /// <summary>What an event says before its data; the rest is not looked at.</summary>
    static RunEvent Read(Guid runId, ReadOnlyMemory<byte> line)
    {
        var json = new Utf8JsonReader(line.Span);
        long seq = 0;
        var type = "";
        string? nodeId = null;
        json.Read();
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName && !json.ValueTextEquals("data"u8))
        {
            if (json.ValueTextEquals("seq"u8) && json.Read())
                seq = json.GetInt64();
            else if (json.ValueTextEquals("type"u8) && json.Read())
                type = Known(ref json);
            else if (json.ValueTextEquals("node_id"u8) && json.Read())
                nodeId = json.GetString();
            else
                json.Skip();
        }
        return new(runId, seq, type, nodeId, line);
    }

    /// <summary>The frequent ones without a new string each.</summary>
    static string Known(ref Utf8JsonReader json) =>
        json.ValueTextEquals("token"u8) ? RunEventTypes.Token
        : json.ValueTextEquals("log"u8) ? RunEventTypes.Log
        : json.ValueTextEquals("node.started"u8) ? RunEventTypes.NodeStarted
        : json.ValueTextEquals("node.finished"u8) ? RunEventTypes.NodeFinished
        : json.GetString() ?? "";
}
