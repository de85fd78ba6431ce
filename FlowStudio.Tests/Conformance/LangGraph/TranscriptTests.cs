using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Conformance.LangGraph;

/// <summary>
/// A conversation with the dialect as it goes over the wire, in a file beside the tests: what changes there is seen in review. Ids and times stand as
/// <c>&lt;id 1&gt;</c> and <c>&lt;time&gt;</c>. To record it anew, delete the file and run this.
/// </summary>
public sealed partial class TranscriptTests(GraphServer server) : IClassFixture<GraphServer>
{
    readonly Dictionary<string, string> ids = new(StringComparer.Ordinal);
    readonly StringBuilder said = new();

    [Fact]
    public async Task The_dialect_speaks_as_recorded()
    {
        await AskAsync("GET", "/ok");
        await AskAsync("GET", "/info");
        var assistants = await AskAsync("POST", "/assistants/search", """{"graph_id":"chat"}""");
        var assistant = JsonNode.Parse(assistants)?[0]?["assistant_id"]?.GetValue<string>();
        await AskAsync("GET", $"/assistants/{assistant}");
        await AskAsync("GET", "/assistants/chat/graph");
        await AskAsync("GET", "/assistants/chat/schemas");
        var thread = Text(await AskAsync("POST", "/threads", """{"metadata":{"customer":"c-7"}}"""), "thread_id");
        await AskAsync("GET", $"/threads/{thread}/state");
        await AskAsync("POST", $"/threads/{thread}/runs/wait", """{"assistant_id":"chat","input":{"messages":[{"role":"user","content":"Hello"}]}}""");
        await AskAsync("POST", $"/threads/{thread}/runs/stream", """{"assistant_id":"chat","input":{"messages":[{"role":"user","content":"Again"}]},"stream_mode":["values","updates","messages-tuple"]}""");
        var run = Text(await AskAsync("POST", $"/threads/{thread}/runs", """{"assistant_id":"chat","input":{"messages":[{"role":"user","content":"Later"}]},"after_seconds":3600,"metadata":{"tag":"x"}}"""), "run_id");
        await AskAsync("POST", $"/threads/{thread}/runs", """{"assistant_id":"chat","multitask_strategy":"reject"}""");
        await AskAsync("POST", $"/threads/{thread}/runs/{run}/cancel");
        await AskAsync("GET", $"/threads/{thread}/runs/{run}");
        await AskAsync("GET", $"/threads/{thread}");
        await AskAsync("GET", $"/threads/{thread}/state");
        await AskAsync("POST", $"/threads/{thread}/history", """{"limit":2}""");
        await AskAsync("POST", "/runs/wait", """{"assistant_id":"chat-broken","input":{"order":1}}""");
        var cron = Text(await AskAsync("POST", "/runs/crons", """{"assistant_id":"chat","schedule":"0 9 * * 1-5","timezone":"Europe/Berlin","input":{"messages":[{"role":"user","content":"Good morning"}]}}"""), "cron_id");
        await AskAsync("PATCH", $"/runs/crons/{cron}", """{"enabled":false}""");
        await AskAsync("DELETE", $"/runs/crons/{cron}");
        var toned = Text(await AskAsync("POST", "/assistants", """{"graph_id":"chat-tone","name":"Pirate","context":{"tone":"Arr!"},"metadata":{"team":"sea"}}"""), "assistant_id");
        await AskAsync("PATCH", $"/assistants/{toned}", """{"context":{"tone":"Yo ho!"}}""");
        await AskAsync("POST", "/runs/wait", $$"""{"assistant_id":"{{toned}}","input":{"messages":"Hello"} }""");
        await AskAsync("POST", $"/assistants/{toned}/versions", """{"limit":1,"offset":1}""");
        await AskAsync("POST", $"/assistants/{toned}/latest", """{"version":1}""");
        await AskAsync("DELETE", $"/assistants/{toned}");
        var asking = Text(await AskAsync("POST", "/threads", """{"ttl":{"ttl":60,"strategy":"delete"}}"""), "thread_id");
        await AskAsync("POST", $"/threads/{asking}/runs/stream", """{"assistant_id":"chat-ask","input":{"messages":[{"role":"user","content":"Pay 20"}]},"stream_mode":["values","updates"]}""");
        await AskAsync("GET", $"/threads/{asking}?include=ttl");
        await AskAsync("GET", $"/threads/{asking}/state");
        await AskAsync("POST", $"/threads/{asking}/runs", """{"assistant_id":"chat-ask","command":{"resume":"perhaps"}}""");
        await AskAsync("POST", $"/threads/{asking}/runs/wait", """{"assistant_id":"chat-ask","input":null}""");
        await AskAsync("POST", $"/threads/{asking}/runs/stream", """{"assistant_id":"chat-ask","command":{"resume":{"approved":true}},"stream_mode":["values","updates"]}""");
        await AskAsync("POST", $"/threads/{asking}/runs/wait", """{"assistant_id":"chat","input":{"messages":[{"role":"user","content":"Stop"}]},"interrupt_before":["out"]}""");
        await AskAsync("POST", $"/threads/{asking}/runs/wait", """{"assistant_id":"chat","input":null}""");
        await AskAsync("PATCH", $"/threads/{asking}/state", """{"metadata":{"seen":true}}""");
        await AskAsync("POST", "/threads/prune", $$"""{"thread_ids":["{{asking}}"],"strategy":"keep_latest"}""");
        await AskAsync("POST", "/runs", """{"assistant_id":"no such flow"}""");
        await AskAsync("GET", "/threads/nonsense");
        await AskAsync("DELETE", $"/threads/{thread}");
        await AskAsync("GET", $"/threads/{thread}");

        var file = Path.Combine(Path.GetDirectoryName(Here()) ?? "", "transcript.txt");
        if (!File.Exists(file))
        {
            await File.WriteAllTextAsync(file, said.ToString());
            Assert.Fail($"There was no transcript; it is recorded now. Read it, and keep it: {file}");
        }
        said.ToString().ShouldBe(await File.ReadAllTextAsync(file));
    }

    async Task<string> AskAsync(string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await server.Client.SendAsync(request);
        var answer = await response.Content.ReadAsStringAsync();
        said.Append("> ").Append(method).Append(' ').AppendLine(Mask(path));
        if (body is not null)
            said.Append("> ").AppendLine(Mask(body));
        said.Append("< ").Append((int)response.StatusCode).Append(' ').AppendLine(response.Content.Headers.ContentType?.MediaType);
        foreach (var name in new[] { "Content-Location", "Location", "X-Pagination-Total", "X-Pagination-Next" })
        {
            if (response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values))
                said.Append("< ").Append(name).Append(": ").AppendLine(Mask(string.Join(", ", values)));
        }
        if (response.Content.Headers.ContentType?.MediaType == "application/json" && answer.Length > 0)
            answer = JsonSerializer.Serialize(JsonNode.Parse(answer), Indented);
        foreach (var line in Mask(answer).TrimEnd().Split('\n').Where(l => l != ": heartbeat"))
            said.Append("  ").AppendLine(line.TrimEnd());
        said.AppendLine();
        return await response.Content.ReadAsStringAsync();
    }

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Each id by the number of its first appearance.</summary>
    string Mask(string text)
    {
        text = IdPattern().Replace(text, m => ids.TryGetValue(m.Value, out var known) ? known : ids[m.Value] = $"<id {ids.Count + 1}>");
        text = TimePattern().Replace(text, "<time>");
        return VersionPattern().Replace(text, "\"version\": \"<version>\"");
    }

    static string Text(string json, string name) => JsonNode.Parse(json)?[name]?.GetValue<string>() ?? "";

    static string Here([CallerFilePath] string path = "") => path;

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex IdPattern();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)")]
    private static partial Regex TimePattern();

    [GeneratedRegex(@"""version"": ""[^""]+""")]
    private static partial Regex VersionPattern();
}
