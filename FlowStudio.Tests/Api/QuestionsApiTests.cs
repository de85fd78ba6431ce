using System.Net;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Questions;
using FlowStudio.Tests.Callbacks;
using FlowStudio.Tests.Execution;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary>Questions over HTTP: what runs ask, answering, and who is told.</summary>
public sealed class QuestionsApiTests(QuestionsApiTests.Server server) : IClassFixture<QuestionsApiTests.Server>
{
    [Fact]
    public async Task A_waiting_run_shows_its_question_and_an_answer_gives_the_run()
    {
        var run = await AskedAsync("asks", """{"n":7}""");
        var view = await server.GetJsonAsync($"/v1/runs/{run}");
        var question = view.GetProperty("questions").EnumerateArray().ShouldHaveSingleItem();
        question.GetProperty("question").GetRawText().ShouldBe("""{"kind":"approval","text":"Pay 7?"}""");
        (question.GetProperty("node_id").GetString(), question.GetProperty("node_title").GetString(), question.GetProperty("status").GetString()).ShouldBe(("ask", "Ask Ada", "open"));
        var id = question.GetProperty("id").GetGuid();
        var url = question.GetProperty("answer_url").GetString().ShouldNotBeNull();
        url.ShouldStartWith($"{server.Url}/answer/");
        server.Get<QuestionLinks>().Read(url[(server.Url.Length + "/answer/".Length)..]).ShouldBe(id);
        JsonElement.DeepEquals(question, await server.GetJsonAsync($"/v1/questions/{id}")).ShouldBeTrue();
        JsonElement.DeepEquals(question, (await server.GetJsonAsync("/v1/questions?flow_id=asks&limit=1")).GetProperty("items")[0]).ShouldBeTrue();

        using var response = await AnswerAsync(run, """{"answer":{"approved":true,"comment":"fine"},"answered_by":"Ada"}""");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await StudioServer.JsonAsync(response)).GetProperty("id").GetGuid().ShouldBe(run);
        var step = (await server.EndOfAsync(run)).GetProperty("steps").EnumerateArray().Single(s => s.GetProperty("node_id").GetString() == "ask");
        (step.GetProperty("answered_by").GetString(), step.GetProperty("answered_via").GetString(), step.GetProperty("question_id").GetGuid()).ShouldBe(("Ada", "api", id));
        step.GetProperty("answer").GetRawText().ShouldBe("""{"approved":true,"comment":"fine"}""");
        var after = await server.GetJsonAsync($"/v1/questions/{id}");
        (after.GetProperty("status").GetString(), after.GetProperty("answered_by").GetString(), after.TryGetProperty("answer_url", out _)).ShouldBe(("answered", "Ada", false));

        using var late = await AnswerAsync(run, """{"answer":false}""");
        late.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        var problem = await StudioServer.JsonAsync(late);
        (problem.GetProperty("code").GetString(), problem.GetProperty("answered_by").GetString(), problem.GetProperty("answered_via").GetString()).ShouldBe(("already_answered", "Ada", "api"));
        problem.GetProperty("answered_at").GetDateTimeOffset().ShouldBe(after.GetProperty("answered_at").GetDateTimeOffset());
        problem.GetProperty("detail").GetString().ShouldNotBeNull().ShouldStartWith("Ada has answered Ask Ada already, by api at ");
    }

    [Fact]
    public async Task Several_open_questions_are_listed_until_one_is_named()
    {
        await server.AddFlowAsync("two", new FlowBuilder().Node("in", "Webhook").Node("a", "AskPerson", new { question = "A?" }).Node("b", "AskPerson", new { question = "B?" })
            .Edge("in.output_data", "a.input").Edge("in.output_data", "b.input").Build());
        var run = await AskedAsync("two", "{}", count: 2);
        using var which = await AnswerAsync(run, """{"answer":"x"}""");
        which.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        var problem = await StudioServer.JsonAsync(which);
        problem.GetProperty("code").GetString().ShouldBe("which_question");
        var open = problem.GetProperty("questions").EnumerateArray().ToArray();
        open.Select(q => q.GetProperty("node_id").GetString()).ShouldBe(["a", "b"], ignoreOrder: true);
        foreach (var question in open)
        {
            using var answered = await AnswerAsync(run, $$"""{"answer":"x","question_id":"{{question.GetProperty("id").GetString()}}"}""");
            answered.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        (await server.EndOfAsync(run)).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task What_cannot_be_answered_is_refused_with_its_reason()
    {
        var run = await AskedAsync("asks", "{}");
        var ended = (await StudioServer.JsonAsync(await PostAsync("/v1/flows/plain/runs?wait=30", "{}"))).GetProperty("id").GetGuid();
        foreach (var (path, body, status, code) in new[]
        {
            ($"/v1/runs/{run}/answer", """{"answer":"yes"}""", 422, "invalid_answer"),
            ($"/v1/runs/{run}/answer", """{"answer":{"approved":1,"x":2}}""", 422, "invalid_answer"),
            ($"/v1/runs/{run}/answer", """{"answer":null}""", 422, "invalid_answer"),
            ($"/v1/runs/{run}/answer", "{}", 400, "invalid_body"),
            ($"/v1/runs/{run}/answer", "", 400, "empty_body"),
            ($"/v1/runs/{run}/answer", "[]", 400, "invalid_body"),
            ($"/v1/runs/{run}/answer", """{"answer":true,"question_id":"x"}""", 400, "invalid_body"),
            ($"/v1/runs/{run}/answer", """{"answer":true,"question_id":7,"answered_by":[],"more":1}""", 400, "invalid_body"),
            ($"/v1/runs/{run}/answer", $$"""{"answer":true,"question_id":"{{Guid.NewGuid()}}"}""", 404, "question_not_found"),
            ($"/v1/runs/{ended}/answer", """{"answer":true}""", 409, "not_waiting"),
            ($"/v1/runs/{Guid.NewGuid()}/answer", """{"answer":true}""", 404, "run_not_found"),
            ("/v1/runs/x/answer", """{"answer":true}""", 404, "run_not_found"),
        })
        {
            using var response = await PostAsync(path, body);
            ((int)response.StatusCode, (await StudioServer.JsonAsync(response)).GetProperty("code").GetString()).ShouldBe((status, code), $"{path} {body}");
        }
        foreach (var (path, status) in new[] { ("/v1/questions/x", 404), ($"/v1/questions/{Guid.NewGuid()}", 404), ("/v1/questions?limit=0", 400), ("/v1/questions?cursor=x", 400), ("/v1/questions?flow_id=nobody", 404) })
        {
            using var response = await server.Client.GetAsync(path);
            ((int)response.StatusCode).ShouldBe(status, path);
        }
        (await server.GetJsonAsync($"/v1/runs/{run}")).GetProperty("status").GetString().ShouldBe("waiting");
    }

    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public async Task Whatever_comes_as_an_answer_the_run_waits_on(string name)
    {
        var (body, verdict) = HostileBodies.Of(name);
        byte[] answer = [.. """{"answer":"""u8, .. JsonCheck.WithoutMark(body), .. "}"u8];
        using var response = await server.PostAsync($"/v1/runs/{server.Form}/answer", answer);
        response.StatusCode.ShouldBe(verdict is Verdict.Json ? HttpStatusCode.UnprocessableEntity : HttpStatusCode.BadRequest, await response.Content.ReadAsStringAsync());
        (await StudioServer.JsonAsync(response)).GetProperty("code").GetString().ShouldNotBeNullOrEmpty();
        using var bare = await server.PostAsync($"/v1/runs/{server.Form}/answer", body);
        ((int)bare.StatusCode).ShouldBeInRange(400, 499);
    }

    [Fact]
    public async Task Whoever_is_told_of_runs_is_told_of_a_question_once_and_of_the_end()
    {
        await using var receiver = await Receiver.StartAsync();
        await server.AddFlowAsync("tells-of-questions", QuestionRunTests.Asking(new { question = "Pay?", kind = "approval" }), more: new { completion_webhook = receiver.Url("/hook") });
        var run = await AskedAsync("tells-of-questions", "{}");
        await receiver.UntilAsync(1);
        var said = JsonDocument.Parse(receiver.Calls.Single().Body).RootElement;
        said.EnumerateObject().Select(p => p.Name).ShouldBe(["type", "timestamp", "run_id", "status", "output", "question", "data"]);
        (said.GetProperty("type").GetString(), said.GetProperty("status").GetString(), said.GetProperty("run_id").GetGuid()).ShouldBe(("run.waiting", "waiting", run));
        var question = said.GetProperty("question");
        said.GetProperty("timestamp").GetDateTimeOffset().ShouldBe(question.GetProperty("asked_at").GetDateTimeOffset());
        question.GetProperty("question").GetProperty("text").GetString().ShouldBe("Pay?");
        var url = question.GetProperty("answer_url").GetString().ShouldNotBeNull();
        server.Get<QuestionLinks>().Read(url[(url.LastIndexOf('/') + 1)..]).ShouldBe(question.GetProperty("id").GetGuid());
        new Uri(url).Port.ShouldBe(new Uri(server.Url).Port);

        using var answered = await AnswerAsync(run, """{"answer":true}""");
        await server.EndOfAsync(run);
        await receiver.UntilAsync(2);
        receiver.Calls.Select(c => JsonDocument.Parse(c.Body).RootElement.GetProperty("type").GetString()).ShouldBe(["run.waiting", "run.completed"]);
        receiver.Calls.Select(c => c.Id).Distinct().Count().ShouldBe(2);
        await EngineFixture.UntilAsync(async () => (await server.GetJsonAsync($"/v1/deliveries?run={run}")).GetProperty("items").EnumerateArray().Count(d => d.GetProperty("status").GetString() == "delivered") == 2,
            "both are delivered");
    }

    [Fact]
    public async Task Callers_without_access_see_that_somebody_answered_and_neither_who_nor_what_was_asked()
    {
        var run = await StudioServer.RunIdAsync(await server.PostWebhookAsync("asks", """{"n":"canary-1"}"""));
        await EngineFixture.UntilAsync(async () => (await server.GetJsonAsync($"/v1/runs/{run}")).TryGetProperty("questions", out _), "it asks");
        await EngineFixture.UntilAsync(async () => (await AnswerAsync(run, """{"answer":true,"answered_by":"canary-2"}""")).IsSuccessStatusCode, "it is answered");
        await server.EndOfAsync(run);
        var events = await server.Client.GetStringAsync($"/api/v1/webhook/asks/runs/{run}/events");
        foreach (var seen in new[] { "event: node.waiting", "event: node.answered", "\"via\":\"api\"" })
            events.ShouldContain(seen);
        foreach (var hidden in new[] { "canary", "\"question\"", "\"answer\"", "\"by\"" })
            events.ShouldNotContain(hidden);
        (await server.Client.GetStringAsync($"/api/v1/webhook/asks/runs/{run}")).ShouldNotContain("canary");
    }

    async Task<Guid> AskedAsync(string flow, string input, int count = 1)
    {
        var run = (await StudioServer.JsonAsync(await PostAsync($"/v1/flows/{flow}/runs", $$"""{"input":{{input}}}"""))).GetProperty("id").GetGuid();
        await EngineFixture.UntilAsync(
            async () => await server.GetJsonAsync($"/v1/runs/{run}") is var view && view.GetProperty("status").GetString() == "waiting" && view.GetProperty("questions").GetArrayLength() == count,
            $"run {run} asks");
        return run;
    }

    Task<HttpResponseMessage> AnswerAsync(Guid run, string body) => PostAsync($"/v1/runs/{run}/answer", body);

    Task<HttpResponseMessage> PostAsync(string path, string body) => server.PostAsync(path, Encoding.UTF8.GetBytes(body));

    public sealed class Server : StudioServer, IAsyncLifetime
    {
        /// <summary>A run that waits for a form with a required field, which no hostile answer fills.</summary>
        public Guid Form { get; private set; }

        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            await InitializeAsync();
            await AddFlowAsync("plain");
            await AddFlowAsync("asks", QuestionRunTests.Asking(new { question = "Pay {n}?", kind = "approval" }));
            await AddFlowAsync("form", QuestionRunTests.Asking(new { question = "Fill in", kind = "form", fields = new[] { new { name = "needed", required = true } } }));
            using var started = await PostAsync("/v1/flows/form/runs", "{}"u8.ToArray());
            Form = (await JsonAsync(started)).GetProperty("id").GetGuid();
            await EngineFixture.UntilAsync(async () => (await GetJsonAsync($"/v1/runs/{Form}")).GetProperty("status").GetString() == "waiting", "it asks");
        }
    }
}
