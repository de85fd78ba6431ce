using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Tests.Api;
using FlowStudio.Web.Api.Docs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

/// <summary>The snippets as users run them: their very text, by the real interpreters, against a real server.</summary>
public sealed class SnippetRunTests(StudioServer server, SnippetRunner runner) : IClassFixture<StudioServer>, IClassFixture<SnippetRunner>
{
    const string Body = """{"order": {"id": 4711}, "customer": {"name": "Zoë O'Hara \"Z\" $HOME `x` \\ 🙂"}, "paid": true, "note": null, "long": "sixty characters and more, so that the literal takes several lines"}""";

    public static IEnumerable<TheoryDataRow<SnippetMode, SnippetLanguage>> All() =>
        from mode in new[] { SnippetMode.Start, SnippetMode.Wait, SnippetMode.Stream, SnippetMode.Poll }
        from language in Enum.GetValues<SnippetLanguage>()
        select new TheoryDataRow<SnippetMode, SnippetLanguage>(mode, language);

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_snippet_starts_a_run_with_its_body(SnippetMode mode, SnippetLanguage language)
    {
        var name = $"snippet-{mode}-{language}";
        var flow = await server.AddFlowAsync(name, access: "token");
        var token = await server.Get<SecretVault>().EnsureWebhookTokenAsync(flow, CancellationToken.None);
        var text = Snippets.Of(new(server.Url, name, WebhookAccess.Token, token, Body), mode, language);
        var said = await runner.RunAsync(language, text);

        var run = (await server.GetJsonAsync($"/v1/runs?flow={name}")).GetProperty("items").EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetGuid();
        var ended = await server.EndOfAsync(run);
        ended.GetProperty("status").GetString().ShouldBe("succeeded");
        JsonSerializer.Serialize(ended.GetProperty("input")).ShouldBe(JsonSerializer.Serialize(JsonDocument.Parse(Body).RootElement));
        said.ShouldContain(mode switch
        {
            SnippetMode.Start => run.ToString(),
            SnippetMode.Stream => "run.finished",
            _ => "succeeded",
        });
    }

    public static IEnumerable<TheoryDataRow<WebhookAccess, SnippetMode, SnippetLanguage>> ByAccess() =>
        from access in new[] { WebhookAccess.ApiKey, WebhookAccess.Signed }
        from mode in new[] { SnippetMode.Start, SnippetMode.Stream, SnippetMode.Poll }
        from language in Enum.GetValues<SnippetLanguage>()
        select new TheoryDataRow<WebhookAccess, SnippetMode, SnippetLanguage>(access, mode, language);

    [Theory]
    [MemberData(nameof(ByAccess))]
    public async Task A_snippet_shows_the_key_or_signs_the_call(WebhookAccess access, SnippetMode mode, SnippetLanguage language)
    {
        var name = $"snippet-{access}-{mode}-{language}";
        var flow = await server.AddFlowAsync(name, access: WebhookAccessNames.Of(access));
        var secret = await server.Get<FlowSecrets>().EnsureAsync(FlowSecretKind.Signing, flow, CancellationToken.None);
        var key = (await server.Get<ApiKeys>().CreateAsync(name, CancellationToken.None)).Key;
        var text = Snippets.Of(new(server.Url, name, access, secret, Body), mode, language);
        await runner.RunAsync(language, text, (WebhookCall.ApiKeyVariable, key));
        var run = (await server.GetJsonAsync($"/v1/runs?flow={name}")).GetProperty("items").EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetGuid();
        JsonSerializer.Serialize((await server.EndOfAsync(run)).GetProperty("input")).ShouldBe(JsonSerializer.Serialize(JsonDocument.Parse(Body).RootElement));
    }

    public static IEnumerable<TheoryDataRow<string, WebhookAccess, SnippetLanguage>> ByMethod() =>
        from kind in new[] { ("GET", WebhookAccess.Token), ("GET", WebhookAccess.ApiKey), ("PUT", WebhookAccess.Signed), ("DELETE", WebhookAccess.Token), ("PATCH", WebhookAccess.Open) }
        from language in Enum.GetValues<SnippetLanguage>()
        select new TheoryDataRow<string, WebhookAccess, SnippetLanguage>(kind.Item1, kind.Item2, language);

    [Theory]
    [MemberData(nameof(ByMethod))]
    public async Task A_snippet_uses_the_flows_method_and_shows_what_it_answers(string method, WebhookAccess access, SnippetLanguage language)
    {
        var name = $"snippet-{method}-{access}-{language}";
        var document = WebhookAnswerTests.Responding(new { status = 201, body_type = "a text", text = "said {n}" }, method).Build();
        var flow = await server.AddFlowAsync(name, document, access: WebhookAccessNames.Of(access));
        var secret = access is WebhookAccess.Token ? await server.Get<SecretVault>().EnsureWebhookTokenAsync(flow, CancellationToken.None)
            : await server.Get<FlowSecrets>().EnsureAsync(FlowSecretKind.Signing, flow, CancellationToken.None);
        var key = (await server.Get<ApiKeys>().CreateAsync(name, CancellationToken.None)).Key;
        var text = Snippets.Of(new(server.Url, name, access, secret, """{"n": "seven & ü"}""", Method: method, Answer: AnswerTime.ByRespond), SnippetMode.Start, language);
        (await runner.RunAsync(language, text, (WebhookCall.ApiKeyVariable, key))).ShouldContain("said seven & ü");
    }

    [Theory]
    [InlineData(SnippetLanguage.Curl)]
    [InlineData(SnippetLanguage.Python)]
    [InlineData(SnippetLanguage.JavaScript)]
    [InlineData(SnippetLanguage.CSharp)]
    public async Task A_snippet_starts_a_task_of_an_agent_and_gets_its_answer(SnippetLanguage language)
    {
        var name = $"snippet-agent-{language}";
        var flow = await server.AddFlowAsync(name, access: "signed");
        var token = await server.Get<FlowSecrets>().EnsureAsync(FlowSecretKind.Agent, flow, CancellationToken.None);
        var text = Snippets.Of(new(server.Url, name, WebhookAccess.Signed, null, Body, AgentToken: token), SnippetMode.Agent, language);
        var said = await runner.RunAsync(language, text);
        said.ShouldContain("SUCCESS");
        said.ShouldContain("4711");
    }

    [Theory]
    [InlineData(SnippetMode.Stream)]
    [InlineData(SnippetMode.Poll)]
    public async Task A_command_that_is_refused_says_why_and_ends(SnippetMode mode)
    {
        var name = $"refused-{mode}";
        await server.AddFlowAsync(name, access: "token");
        var said = await runner.RunAsync(SnippetLanguage.Curl, Snippets.Of(new(server.Url, name, WebhookAccess.Token, "wht_wrong", Body), mode, SnippetLanguage.Curl));
        said.ShouldContain("Invalid or missing webhook token");
    }

    [Fact]
    public async Task The_command_that_polls_ends_with_a_run_whose_result_looks_like_one_that_is_running()
    {
        await server.AddFlowAsync("poll-tricky");
        var body = """{"status":"running","finished_at":null}""";
        var said = await runner.RunAsync(SnippetLanguage.Curl, Snippets.Of(new(server.Url, "poll-tricky", WebhookAccess.Open, null, body), SnippetMode.Poll, SnippetLanguage.Curl));
        said.ShouldContain("\"status\":\"succeeded\"");
    }

    [Theory]
    [InlineData(SnippetLanguage.Curl)]
    [InlineData(SnippetLanguage.Python)]
    [InlineData(SnippetLanguage.JavaScript)]
    [InlineData(SnippetLanguage.CSharp)]
    public async Task A_snippet_makes_a_schedule_with_its_body_as_the_input(SnippetLanguage language)
    {
        var name = $"snippet-cron-{language}";
        await server.AddFlowAsync(name);
        var text = Snippets.Of(new(server.Url, name, WebhookAccess.Open, null, Body, Zone: "Europe/Berlin"), SnippetMode.Cron, language);
        var said = await runner.RunAsync(language, text);
        var schedule = (await server.GetJsonAsync($"/v1/schedules?flow={name}")).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        said.ShouldContain(schedule.GetProperty("id").GetString().ShouldNotBeNull());
        schedule.GetProperty("time_zone").GetString().ShouldBe("Europe/Berlin");
        schedule.GetProperty("cron").GetString().ShouldBe("0 9 * * 1-5");
        JsonSerializer.Serialize(schedule.GetProperty("input")).ShouldBe(JsonSerializer.Serialize(JsonDocument.Parse(Body).RootElement));
    }
}
