using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using FlowStudio.Engine.Secrets;
using FlowStudio.Tests.Api;
using FlowStudio.Tests.Studio;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Conformance.DocsGpt;

/// <summary>Scripts that do what DocsGPT tells its callers to do, in the languages that it tells it in; and what goes to and fro, as a file to read.</summary>
public sealed partial class ScriptTests(StudioServer server) : IClassFixture<StudioServer>
{
    const string Question = "Which orders of Zoë O'Hara are late?";

    [Theory]
    [InlineData("python3", "agent.py")]
    [InlineData("node", "agent.mjs")]
    public async Task A_script_starts_an_agent_and_gets_its_answer(string program, string script)
    {
        var token = await AgentAsync(program);
        var said = await RunAsync(program, script, server.Url, token, Question, "script-key");
        var task = System.Text.Json.JsonDocument.Parse(said).RootElement;
        task.GetProperty("status").GetString().ShouldBe("SUCCESS");
        task.GetProperty("result").GetProperty("result").GetProperty("answer").GetString().ShouldBe(Question);
    }

    [Fact]
    public async Task What_is_said_is_on_record()
    {
        var token = await AgentAsync("transcript");
        var text = new StringBuilder();
        var task = "";
        async Task SayAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (body is not null)
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            foreach (var (name, value) in headers)
                request.Headers.Add(name, value);
            using var response = await server.Client.SendAsync(request);
            var answer = await response.Content.ReadAsStringAsync();
            task = TaskId().Match(answer) is { Success: true } found ? found.Groups["id"].Value : task;
            text.Append(method).Append(' ').Append(path).Append('\n');
            foreach (var (name, value) in headers)
                text.Append(name).Append(": ").Append(value).Append('\n');
            if (body is not null)
                text.Append(body).Append('\n');
            text.Append("→ ").Append((int)response.StatusCode).Append(' ').Append(response.Content.Headers.ContentType).Append('\n').Append(answer).Append("\n\n");
        }

        await SayAsync("GET", "/api/agent_webhook?id=docsgpt-transcript");
        await SayAsync("POST", $"/api/webhooks/agents/{token}", $$"""{"question":"{{Question}}"}""", ("Idempotency-Key", "first"));
        await SayAsync("POST", $"/api/webhooks/agents/{token}", "{}", ("Idempotency-Key", "first"));
        await server.EndOfAsync(Guid.Parse(task));
        await SayAsync("GET", $"/api/task_status?task_id={task}");
        await SayAsync("GET", $"/api/webhooks/agents/{token}?question=hello&n=1");
        await server.EndOfAsync(Guid.Parse(task));
        await SayAsync("GET", $"/api/task_status?task_id={task}");
        await SayAsync("GET", "/api/task_status?task_id=00000000-0000-0000-0000-000000000000");
        await SayAsync("GET", "/api/task_status");
        await SayAsync("POST", $"/api/webhooks/agents/{token}", "null");
        await SayAsync("POST", $"/api/webhooks/agents/{token}", "{\"cut\":");
        await SayAsync("POST", "/api/webhooks/agents/agt_unknown", "{}");
        await SayAsync("POST", "/api/webhooks/agents", "{}");
        await SayAsync("PUT", $"/api/webhooks/agents/{token}", "{}");
        await SayAsync("GET", "/api/agent_webhook?id=nobody");
        var masked = Id().Replace(text.ToString().Replace(token, "<token>", StringComparison.Ordinal).Replace(server.Url, "<server>", StringComparison.Ordinal),
            m => m.Value.All(c => c is '0' or '-') ? m.Value : "<task>");
        // Two folders below the tests, where the helper takes the repository to be.
        GoldenFile.Matches("Conformance/DocsGpt/transcript.txt", masked);
    }

    async Task<string> AgentAsync(string name)
    {
        var flow = await server.AddFlowAsync($"docsgpt-{name}",
            new FlowBuilder().Node("in", "ChatInput").Node("out", "ChatOutput").Edge("in.message", "out.input_value").Build(), access: "token");
        return await server.Get<FlowSecrets>().EnsureAsync(FlowSecretKind.Agent, flow, CancellationToken.None);
    }

    static async Task<string> RunAsync(string program, string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, [Path.Combine(Path.GetDirectoryName(Here()) ?? "", script), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start).ShouldNotBeNull();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await using var kill = deadline.Token.Register(() => process.Kill(entireProcessTree: true));
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        process.ExitCode.ShouldBe(0, $"{output}\n{await errors}");
        return output;
    }

    static string Here([CallerFilePath] string path = "") => path;

    [GeneratedRegex("\"task_id\":\"(?<id>[^\"]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TaskId();

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Id();
}
