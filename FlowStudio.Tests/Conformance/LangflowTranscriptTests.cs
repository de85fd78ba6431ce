using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlowStudio.Tests.Api;
using FlowStudio.Tests.Api.Langflow;
using FlowStudio.Tests.Studio;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Conformance;

/// <summary>What Langflow's clients ask and are answered, as a file to read: a change in behaviour shows in review.</summary>
public partial class LangflowTranscriptTests(StudioServer server) : IClassFixture<StudioServer>
{
    static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    const string Template = "\"template\":{\"type\":\"prompt\",\"value\":\"Say: {said}\"}";

    readonly StringBuilder transcript = new("# The Langflow dialect, as recorded\nIds, times and addresses are masked; the same mask is the same value.\n");
    readonly Dictionary<string, string> ids = new(StringComparer.Ordinal);

    [Fact]
    public async Task What_is_said_is_what_the_file_says()
    {
        await server.AddFlowAsync("hook");
        var flow = LangflowFiles.Flow(
            $"{LangflowFiles.Node("In-1", "ChatInput")},{LangflowFiles.Node("Say-1", "Prompt", Template)},{LangflowFiles.Node("Odd-1", "Oddity")},{LangflowFiles.Node("Out-1", "ChatOutput")}",
            $"{LangflowFiles.Edge("In-1", "message", "Say-1", "said")},{LangflowFiles.Edge("Say-1", "prompt", "Out-1", "input_value")}", "\"endpoint_name\":\"said\",\"description\":\"A small flow\"");

        await SayAsync("Which server is this?", "GET", "/api/v1/version");
        await SayAsync("Is it there?", "GET", "/health");
        await SayAsync("And its database?", "GET", "/health_check");
        var key = (await SayAsync("Make a key", "POST", "/api/v1/api_key/", """{"name":"My client"}""")).GetProperty("id").GetString();
        await SayAsync("Which keys are there?", "GET", "/api/v1/api_key/");
        await SayAsync("Take it back", "DELETE", $"/api/v1/api_key/{key}");
        await SayAsync("Which projects are there?", "GET", "/api/v1/projects/");
        var id = (await SayAsync("Create a flow", "POST", "/api/v1/flows/", flow)).GetProperty("id").GetString();
        await SayAsync("The same again gets another name", "POST", "/api/v1/flows/", flow);
        await SayAsync("Change it", "PATCH", $"/api/v1/flows/{id}", """{"description":"A changed flow"}""");
        await SayAsync("Put another under an id of its own", "PUT", "/api/v1/flows/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c42", """{"name":"Put","data":{"nodes":[],"edges":[]}}""");
        await SayAsync("An endpoint name that is taken", "PUT", "/api/v1/flows/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c42", """{"name":"Put","endpoint_name":"said"}""");
        await SayAsync("Download it", "POST", "/api/v1/flows/download/", $"[\"{id}\"]");
        await SayAsync("An id that is none", "GET", "/api/v1/flows/seven");
        await SayAsync("Run it", "POST", "/api/v1/run/said", """{"input_value":"hello","session_id":"s-1"}""");
        await SayAsync("Run it with a tweak", "POST", "/api/v1/run/said", """{"input_value":"hello","session_id":"s-2","tweaks":{"Say-1":{"template":"Shout: {said}!"}}}""");
        await SayAsync("Run it with a variable of the call", "POST", "/api/v1/run/said", """{"input_value":"hello","session_id":"s-5"}""", ("X-LANGFLOW-GLOBAL-VAR-TONE", "calm"));
        await SayAsync("Run it and watch", "POST", "/api/v1/run/said?stream=true", """{"input_value":"hello","session_id":"s-3"}""");
        await SayAsync("Run what is not there", "POST", "/api/v1/run/nobody", "{}");
        await SayAsync("A body that is no JSON", "POST", "/api/v1/run/said", "{");
        await SayAsync("A field of the wrong kind", "POST", "/api/v1/run/said", """{"input_value":7}""");
        await SayAsync("What was said in a session", "GET", "/api/v1/monitor/messages?session_id=s-1");
        var message = (await SayAsync("Give the session another id", "PATCH", "/api/v1/monitor/messages/session/s-1?new_session_id=s-one"))[1].GetProperty("id").GetString();
        await SayAsync("Change a message", "PUT", $"/api/v1/monitor/messages/{message}", """{"text":"Say: goodbye"}""");
        await SayAsync("Delete a message", "DELETE", "/api/v1/monitor/messages", $"[\"{message}\"]");
        await SayAsync("Delete a session", "DELETE", "/api/v1/monitor/messages/session/s-one");
        var job = (await SayAsync("Run it as a job", "POST", "/api/v2/workflows", """{"flow_id":"said","mode":"background","input_value":"later","session_id":"s-4"}""")).GetProperty("job_id").GetGuid();
        await server.EndOfAsync(job);
        await SayAsync("The job's result", "GET", $"/api/v2/workflows?job_id={job}");
        await SayAsync("A job that is not there", "GET", "/api/v2/workflows?job_id=019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41");
        await SayAsync("Start by webhook", "POST", "/api/v1/webhook/hook", """{"order":7}""");
        await SayAsync("Start a flow by webhook that has none", "POST", "/api/v1/webhook/said", "{}");
        await SayAsync("Delete it", "DELETE", $"/api/v1/flows/{id}");
        await SayAsync("It is gone", "GET", $"/api/v1/flows/{id}");
        await SayAsync("A path that is none", "GET", "/api/v1/nowhere");
        await SayAsync("A method that is none", "PUT", "/api/v1/version", "{}");
        GoldenFile.Matches("FlowStudio.Tests/Conformance/langflow.transcript.md", transcript.ToString());
    }

    async Task<JsonElement> SayAsync(string what, string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await server.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        transcript.Append("\n## ").Append(what).Append('\n').Append("```\n").Append(method).Append(' ').Append(Mask(path)).Append('\n');
        foreach (var (name, value) in headers)
            transcript.Append(name).Append(": ").Append(value).Append('\n');
        if (body is not null)
            transcript.Append(Mask(body)).Append('\n');
        transcript.Append(CultureInfo.InvariantCulture, $"\n{(int)response.StatusCode} {response.Content.Headers.ContentType?.MediaType}\n");
        var isJson = response.Content.Headers.ContentType?.MediaType == "application/json";
        var answer = isJson ? JsonDocument.Parse(text).RootElement : default;
        transcript.Append(Mask(isJson ? JsonSerializer.Serialize(answer, Pretty) : text.TrimEnd())).Append("\n```\n");
        text.ShouldNotBeNull();
        return answer;
    }

    string Mask(string text)
    {
        text = Id().Replace(text, m => ids.TryGetValue(m.Value, out var known) ? known : ids[m.Value] = string.Create(CultureInfo.InvariantCulture, $"<id {ids.Count + 1}>"));
        text = Time().Replace(text, "<time>");
        text = Version().Replace(text, "${name}\"<version>\"");
        text = Token().Replace(text, "token=<token>");
        text = Key().Replace(text, "${start}<key>\"");
        return text.Replace(new Uri(server.Url).Authority, "<server>", StringComparison.Ordinal);
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.NonBacktracking)]
    private static partial Regex Id();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( UTC|\+00:00|Z)?", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Time();

    [GeneratedRegex("(?<name>\"(main_)?version\": )\"[^\"]*\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Version();

    [GeneratedRegex("(?<start>\"api_key\": \")[^\"]+\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Key();

    [GeneratedRegex("token=[A-Za-z0-9_-]+", RegexOptions.NonBacktracking)]
    private static partial Regex Token();
}
