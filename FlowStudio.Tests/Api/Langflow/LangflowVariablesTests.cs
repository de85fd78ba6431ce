using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Secrets;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api.Langflow;

/// <summary>Variables that a caller gives for one run, by headers or by a job's globals.</summary>
public class LangflowVariablesTests(LangflowVariablesTests.Server server) : IClassFixture<LangflowVariablesTests.Server>
{
    const string Secret = "sk-of-this-call-alone-4711";

    [Fact]
    public async Task A_call_s_variables_hold_for_its_run_alone()
    {
        await server.Get<SecretVault>().SetAsync("GREETING", "Good day", secret: false, CancellationToken.None);
        (await SaidAsync("greet")).ShouldBe("Good day, nobody!");
        (await SaidAsync("greet", ("X-LANGFLOW-GLOBAL-VAR-GREETING", "Ahoy"), ("x-langflow-global-var-user-name", "Mx. Alexander"))).ShouldBe("Ahoy, Mx. Alexander!");
        (await SaidAsync("greet")).ShouldBe("Good day, nobody!");
        (await server.Get<IVariableRows>().ListAsync(VariableScopes.RunVariables, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_secret_reaches_what_asks_for_it_and_nothing_that_is_stored()
    {
        using var response = await RunAsync("call", new { input_value = $"my key is {Secret}" }, ("X-LANGFLOW-GLOBAL-VAR-API_TOKEN", Secret));
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        // What the caller said itself is given back to it as it was.
        var answer = (await StudioServer.JsonAsync(response)).GetProperty("outputs")[0].GetProperty("outputs").GetRawText();
        answer.ShouldNotContain(Secret);
        answer.ShouldContain("my key is ***API_TOKEN***");
        using var caught = await server.Client.GetAsync("/v1/bins/secrets");
        var requests = await caught.Content.ReadAsStringAsync();
        requests.ShouldContain($"Bearer {Secret}");
        var run = (await server.GetJsonAsync("/v1/runs?limit=1")).GetProperty("items")[0].GetProperty("id").GetGuid();
        (await server.GetJsonAsync($"/v1/runs/{run}?steps=all")).GetRawText().ShouldNotContain(Secret);
        (await server.Client.GetStringAsync($"/v1/runs/{run}/events")).ShouldNotContain(Secret);
    }

    [Fact]
    public async Task A_run_that_waits_keeps_them_sealed_until_its_end()
    {
        using var response = await server.Client.PostAsJsonAsync("/api/v2/workflows", new { flow_id = "slow", mode = "background", globals = new { API_TOKEN = Secret, tone = "calm" } });
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        var run = (await StudioServer.JsonAsync(response)).GetProperty("job_id").GetGuid();
        var row = (await server.Get<IVariableRows>().ListAsync(VariableScopes.RunVariables, CancellationToken.None)).Single(r => r.Name == run.ToString());
        Encoding.UTF8.GetString(row.Value).ShouldNotContain(Secret);
        server.Get<RunVariables>().Of(run).ShouldNotBeNull().Find("api_token").ShouldBe(Secret);
        // As after a restart: what is in the database is all that is known.
        var again = new RunVariables(server.Get<IVariableRows>(), server.Get<ISecretProtector>(), server.Get<SecretRedactor>(), server.Get<FlowStudio.Engine.Runs.IRunStore>(), TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<RunVariables>.Instance);
        await again.LoadAsync(CancellationToken.None);
        again.Of(run).ShouldNotBeNull().Find("TONE").ShouldBe("calm");
        using var stop = await server.Client.PostAsJsonAsync("/api/v2/workflows/stop", new { job_id = run });
        await server.EndOfAsync(run);
        await EngineFixture.UntilAsync(async () => (await server.Get<IVariableRows>().ListAsync(VariableScopes.RunVariables, CancellationToken.None)).All(r => r.Name != run.ToString()), "they are gone");
        server.Get<RunVariables>().Of(run).ShouldBeNull();
    }

    [Fact]
    public async Task What_an_ended_run_left_is_deleted_at_the_next_start()
    {
        var rows = server.Get<IVariableRows>();
        var name = Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41").ToString();
        await rows.PutAsync(new(VariableScopes.RunVariables, name, Secret: true, [1, 2, 3], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch), CancellationToken.None);
        await server.Get<RunVariables>().LoadAsync(CancellationToken.None);
        (await rows.ListAsync(VariableScopes.RunVariables, CancellationToken.None)).ShouldNotContain(r => r.Name == name);
    }

    [Theory]
    [InlineData("X-LANGFLOW-GLOBAL-VAR-", "x", 422)]
    [InlineData("X-LANGFLOW-GLOBAL-VAR----", "x", 422)]
    [InlineData("X-LANGFLOW-GLOBAL-VAR-OPENAI_BASE_URL", "https://evil.example.test", 422)]
    public async Task What_is_no_variable_is_refused_in_words(string header, string value, int status)
    {
        using var response = await RunAsync("greet", new { input_value = "x" }, (header, value));
        ((int)response.StatusCode).ShouldBe(status, await response.Content.ReadAsStringAsync());
        (await StudioServer.JsonAsync(response)).GetProperty("detail")[0].GetProperty("msg").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task There_is_an_end_to_how_many_there_may_be()
    {
        using var many = await server.Client.PostAsJsonAsync("/api/v2/workflows", new { flow_id = "greet", globals = Enumerable.Range(0, 101).ToDictionary(i => $"V{i}", _ => "x") });
        many.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        using var large = await server.Client.PostAsJsonAsync("/api/v2/workflows", new { flow_id = "greet", globals = new { V = new string('x', 70_000) } });
        large.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        using var list = await server.Client.PostAsJsonAsync("/api/v2/workflows", new { flow_id = "greet", globals = new[] { 1 } });
        list.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        using var number = await server.Client.PostAsJsonAsync("/api/v2/workflows", new { flow_id = "greet", globals = new { V = 1 } });
        number.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    async Task<string?> SaidAsync(string flow, params (string Name, string Value)[] headers)
    {
        using var response = await RunAsync(flow, new { input_value = "!" }, headers);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return (await StudioServer.JsonAsync(response)).GetProperty("outputs")[0].GetProperty("outputs")[0].GetProperty("outputs").GetProperty("message").GetProperty("message").GetString();
    }

    Task<HttpResponseMessage> RunAsync(string flow, object body, params (string Name, string Value)[] headers) =>
        server.PostAsync($"/api/v1/run/{flow}", JsonSerializer.SerializeToUtf8Bytes(body), headers);

    public sealed class Server : StudioServer, IAsyncLifetime
    {
        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            await InitializeAsync();
            await Get<SecretVault>().SetAsync("USER_NAME", "nobody", secret: false, CancellationToken.None);
            await AddFlowAsync("greet", new FlowBuilder().Node("in", "ChatInput")
                .Node("say", "Prompt", new { template = "{greeting}, {name}{said}", greeting = new { variable = "GREETING" }, name = new { variable = "USER_NAME" } })
                .Node("out", "ChatOutput").Edge("in.message", "say.said").Edge("say.prompt", "out.input_value").Build());
            await AddFlowAsync("call", new FlowBuilder().Node("in", "ChatInput")
                .Node("call", "ApiRequest", new { url_input = "/bin/secrets", method = "POST", headers = new[] { new { key = "X-Call-Line", value = new { variable = "API_TOKEN", format = "Bearer {value}" } } } })
                .Node("out", "ChatOutput").Edge("in.message", "call.body").Edge("in.message", "out.input_value").Build());
            await AddFlowAsync("slow", new FlowBuilder().Node("in", "ChatInput").Node("wait", "Delay", new { seconds = 600 }).Node("out", "ChatOutput")
                .Edge("in.message", "wait.input").Edge("wait.output", "out.input_value").Build());
        }
    }
}
