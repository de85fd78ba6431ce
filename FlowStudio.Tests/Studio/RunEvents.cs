using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Tests.Studio;

/// <summary>Writes a run's events as the engine would: numbered, a step of time apart.</summary>
sealed class RunEvents(Guid runId)
{
    static readonly DateTimeOffset Start = new(2026, 11, 21, 14, 2, 11, TimeSpan.Zero);
    long seq;
    double milliseconds;

    public Guid RunId { get; } = runId;

    public RunEvents After(double more)
    {
        milliseconds += more;
        return this;
    }

    public DateTimeOffset Now => Start.AddMilliseconds(milliseconds);

    public RunEvent Add(string type, string? node = null, string data = "{}", int attempt = 1, params int[] iteration)
    {
        seq++;
        using var parsed = JsonDocument.Parse(data);
        var root = parsed.RootElement.Clone();
        var json = RunEventJson.Write(seq, fromSeq: null, Now, type, node, iteration, node is null ? null : attempt, root, static (writer, value) =>
        {
            foreach (var property in value.EnumerateObject())
                property.WriteTo(writer);
        });
        return new(RunId, seq, type, node, json);
    }

    public RunEventView View(string type, string? node = null, string data = "{}", int attempt = 1, params int[] iteration) => Add(type, node, data, attempt, iteration).Read();

    public RunEventView Accepted(string input = """{"order":{"id":4711}}""") => View(RunEventTypes.RunAccepted, data: $$"""{"trigger":"webhook","input":{{input}}}""");

    public RunEventView Started() => View(RunEventTypes.RunStarted);

    public RunEventView NodeStarted(string node, int attempt = 1, params int[] iteration) => View(RunEventTypes.NodeStarted, node, "{}", attempt, iteration);

    public RunEventView NodeFinished(string node, string output, int attempt = 1, params int[] iteration) => View(RunEventTypes.NodeFinished, node, $$"""{"output":{{output}},"duration_ms":1}""", attempt, iteration);

    public RunEventView NodeRetrying(string node, int attempt = 1) =>
        View(RunEventTypes.NodeRetrying, node, """{"after_ms":500,"error":{"code":"http_status","message":"429 from the model's server.","remedy":""}}""", attempt);

    public RunEventView NodeFailed(string node, int attempt = 1) =>
        View(RunEventTypes.NodeFailed, node, """{"error":{"code":"timeout","message":"No answer within 30 s.","remedy":"Raise the node's time limit."}}""", attempt);

    public RunEventView Token(string node, string text, long offset, int attempt = 1) =>
        View(RunEventTypes.Token, node, $$"""{"text":{{JsonText.Utf8(JsonText.Element(text)).ToText()}},"offset":{{offset}}}""", attempt);

    public RunEventView Finished(string status = "succeeded", string output = "\"Good news\"", string error = "null") =>
        View(RunEventTypes.RunFinished, data: $$"""{"status":"{{status}}","output":{{output}},"error":{{error}}}""");
}

static class Utf8Text
{
    public static string ToText(this ReadOnlySpan<byte> utf8) => System.Text.Encoding.UTF8.GetString(utf8);
}
