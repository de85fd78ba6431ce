using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>Where a stream is: the number of the native event that it comes from, and which part of it; of a token, how much of its text is told by then.</summary>
readonly record struct GraphEventId(long Seq, long Part) : IComparable<GraphEventId>
{
    public int CompareTo(GraphEventId other) => (Seq, Part).CompareTo((other.Seq, other.Part));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seq}-{Part}");

    /// <summary>What a client saw last; null: nothing, so from the start.</summary>
    /// <exception cref="ApiException">It is no id of ours.</exception>
    public static GraphEventId? Read(string? text)
    {
        if (text is null or "" or "-1")
            return null;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var seq = dash < 0 ? text : text[..dash];
        var part = dash < 0 ? "0" : text[(dash + 1)..];
        return long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? new(number, index)
            : throw GraphErrors.Invalid("Last-Event-ID must be the id of an event of this stream, or -1.");
    }
}

/// <summary>Writes server-sent events, but for those that the client has.</summary>
/// <param name="after">The last one it has; null: none.</param>
/// <param name="scope">What ids begin with, where a stream has events of more than one run.</param>
sealed class GraphEventWriter(PipeWriter output, GraphEventId? after, string scope = "")
{
    string? last;

    public bool IsNew(GraphEventId id) => after is not { } seen || id.CompareTo(seen) > 0;

    /// <summary>How much of a token's text the client has, when it is one of several that are told at once now; 0: none of it.</summary>
    public long Told(long fromSeq, long seq) => after is { } seen && seen.Seq >= fromSeq && seen.Seq < seq ? seen.Part : 0;

    public void Write(GraphEventId id, string name, JsonElement data)
    {
        if (IsNew(id))
            WriteAlways(id.ToString(), name, data);
    }

    /// <summary>Whatever the client has.</summary>
    public void WriteAlways(string id, string name, JsonElement data)
    {
        last = id;
        Put(id, name, data);
    }

    /// <summary>Tells a client that reads too slowly that its stream ends here, and from where it can go on.</summary>
    public void WriteCutOff()
    {
        var id = last ?? after?.ToString();
        Put(id, "error", GraphData.Error(RunFeed.TooSlow, $"{RunFeed.CutOffWords} Open it again{(id is null ? "" : $" with Last-Event-ID: {scope}{id}")}"));
    }

    void Put(string? id, string name, JsonElement data)
    {
        Encoding.UTF8.GetBytes($"event: {name}\ndata: ", output);
        // One line, whatever breaks its sender made between values.
        var json = JsonText.Utf8(data);
        if (json.ContainsAny((byte)'\n', (byte)'\r'))
            json = Encoding.UTF8.GetBytes(JsonSerializer.SerializeToNode(data)?.ToJsonString() ?? "null");
        output.Write(json);
        Encoding.UTF8.GetBytes(id is null ? "\n\n" : $"\nid: {scope}{id}\n\n", output);
    }
}
