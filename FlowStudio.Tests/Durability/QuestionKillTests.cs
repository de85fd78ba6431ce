using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Durability;

/// <summary>Questions and answers over real processes that are really killed.</summary>
public sealed class QuestionKillTests : IDisposable
{
    readonly string directory = ServerProcess.NewDirectory();

    public void Dispose()
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_question_outlives_a_kill_and_so_does_its_answer()
    {
        await using var upstream = await Upstream.StartAsync();
        upstream.Release("first");
        string asleep, atWork;
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            await server.AddFlowAsync("asks", new FlowBuilder().Node("in", "Webhook").Node("first", "ApiRequest", new { url_input = upstream.Url("first"), method = "POST" })
                .Node("ask", "AskPerson", new { question = "Who?" }).Node("out", "ChatOutput").Edge("in.output_data", "first.body").Edge("first.data", "ask.input").Edge("ask.answer", "out.input_value"));
            await server.AddFlowAsync("beside", new FlowBuilder().Node("in", "Webhook").Node("ask", "AskPerson", new { question = "Who?" })
                .Node("long", "ApiRequest", new { url_input = upstream.Url("long"), method = "POST" }).Node("after", "ApiRequest", new { url_input = upstream.Url("after"), method = "POST" })
                .Edge("in.output_data", "ask.input").Edge("in.output_data", "long.body").Edge("ask.answered_by", "after.body"));
            asleep = await StartAsync(server, "asks");
            atWork = await StartAsync(server, "beside");
            await AskedAsync(server, asleep, "waiting");
            await AskedAsync(server, atWork, "running");
            await upstream.UntilCalledAsync("long");
            await server.KillAsync();
        }
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            // Both still ask: one sleeps, the other is at its long call again.
            await AskedAsync(server, asleep, "waiting");
            await upstream.UntilCalledAsync("long", times: 2);
            await AskedAsync(server, atWork, "running");
            (await server.GetAsync("/v1/questions")).GetProperty("items").GetArrayLength().ShouldBe(2);
            await Task.WhenAll(
                server.PostAsync($"/v1/runs/{asleep}/answer", """{"answer":"me","answered_by":"Ada"}"""),
                server.PostAsync($"/v1/runs/{atWork}/answer", """{"answer":"you","answered_by":"Bob"}"""));
            await server.KillAsync();
        }
        upstream.Release("long");
        upstream.Release("after");
        await using (var server = await ServerProcess.StartAsync(directory))
        {
            var ended = await server.EndOfAsync(asleep);
            (ended.GetProperty("status").GetString(), ended.GetProperty("output").GetString()).ShouldBe(("succeeded", "me"));
            Ask(ended).GetProperty("answered_by").GetString().ShouldBe("Ada");
            ended = await server.EndOfAsync(atWork);
            (ended.GetProperty("status").GetString(), Ask(ended).GetProperty("answer").GetString()).ShouldBe(("succeeded", "you"));
            (await server.GetAsync("/v1/questions")).GetProperty("items").GetArrayLength().ShouldBe(0);
            upstream.Calls("first").ShouldBe(1);
            upstream.Keys("after").Distinct().ShouldHaveSingleItem();
        }
    }

    /// <summary>Whatever was answered when the process died: no run has two answers, and what was acknowledged counts.</summary>
    [Fact]
    public async Task Kills_in_the_middle_of_many_answers_lose_none_that_was_acknowledged()
    {
        var acknowledged = new Dictionary<string, string>();
        var runs = new List<string>();
        var dice = new Random(Environment.TickCount);
        for (var kill = 0; kill < 4; kill++)
        {
            await using var server = await ServerProcess.StartAsync(directory, ("FlowStudio:Runner:CrashLimit", "100"));
            if (kill == 0)
            {
                await server.AddFlowAsync("asks", new FlowBuilder().Node("in", "Webhook").Node("ask", "AskPerson", new { question = "Who?" }).Node("out", "ChatOutput")
                    .Edge("in.output_data", "ask.input").Edge("ask.answer", "out.input_value"));
            }
            for (var i = 0; i < 15; i++)
                runs.Add(await StartAsync(server, "asks"));
            var open = runs.Where(r => !acknowledged.ContainsKey(r)).ToList();
            var enough = dice.Next(1, open.Count);
            var settled = 0;
            var answering = open.Select(run => AnswerAsync(server, run, $"{run} {kill}", () => Interlocked.Increment(ref settled))).ToArray();
            await EngineFixture.UntilAsync(() => Task.FromResult(Volatile.Read(ref settled) >= enough), "answers are acknowledged, or were taken before the last kill");
            await server.KillAsync();
            foreach (var (run, answer) in (await Task.WhenAll(answering)).Where(a => a.Answer is not null))
                acknowledged[run] = answer.ShouldNotBeNull();
        }
        await using var last = await ServerProcess.StartAsync(directory, ("FlowStudio:Runner:CrashLimit", "100"));
        foreach (var run in runs.Where(r => !acknowledged.ContainsKey(r)))
            await AnswerAsync(last, run, $"{run} last", static () => 0);
        foreach (var run in runs)
        {
            var output = (await last.EndOfAsync(run)).GetProperty("output").GetString().ShouldNotBeNull();
            output.ShouldStartWith(run);
            if (acknowledged.TryGetValue(run, out var answer))
                output.ShouldBe(answer);
        }
        (await last.GetAsync("/v1/questions")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    /// <summary>Answers until the run takes it or somebody was first; gives the answer when it was acknowledged.</summary>
    static async Task<(string Run, string? Answer)> AnswerAsync(ServerProcess server, string run, string answer, Func<int> settled)
    {
        try
        {
            while (true)
            {
                using var response = await server.Client.PostAsync($"/v1/runs/{run}/answer", new StringContent(JsonSerializer.Serialize(new { answer }), System.Text.Encoding.UTF8, "application/json"));
                var late = (await response.Content.ReadAsStringAsync()).Contains("already_answered", StringComparison.Ordinal);
                if (late || response.IsSuccessStatusCode)
                {
                    settled();
                    return (run, late ? null : answer);
                }
                await Task.Delay(10);
            }
        }
        catch (HttpRequestException)
        {
            // The server was killed: nobody was promised anything.
            return (run, null);
        }
    }

    static JsonElement Ask(JsonElement run) => run.GetProperty("steps").EnumerateArray().Single(s => s.GetProperty("node_id").GetString() == "ask");

    static async Task AskedAsync(ServerProcess server, string run, string status) => await EngineFixture.UntilAsync(
        async () => await server.GetAsync($"/v1/runs/{run}") is var view && view.GetProperty("status").GetString() == status && view.TryGetProperty("questions", out var questions) && questions.GetArrayLength() == 1,
        $"run {run} asks");

    static async Task<string> StartAsync(ServerProcess server, string flow) =>
        (await server.PostAsync($"/v1/flows/{flow}/runs", """{"input":{}}""")).GetProperty("id").GetString().ShouldNotBeNull();
}
