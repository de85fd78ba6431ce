using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Api;
using FlowStudio.Tests.Callbacks;
using FlowStudio.Tests.Conformance.LangGraph;
using FlowStudio.Web.Api.Docs;
using FlowStudio.Web.Studio.Editor;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

/// <summary>Snippets for clients of other systems and for completion webhooks, as users run them.</summary>
public sealed class ForeignSnippetRunTests(GraphServer server, SnippetRunner runner) : IClassFixture<GraphServer>, IClassFixture<SnippetRunner>
{
    const string Body = """{"order": {"id": 4711}, "customer": {"name": "Zoë O'Hara"}}""";

    WebhookCall Call(string flow) => new(server.Url, flow, WebhookAccess.Open, null, Body, Zone: "Europe/Berlin");

    [Theory]
    [InlineData(SnippetLanguage.Curl)]
    [InlineData(SnippetLanguage.Python)]
    [InlineData(SnippetLanguage.JavaScript)]
    [InlineData(SnippetLanguage.CSharp)]
    public async Task A_run_is_started_with_who_is_told_and_its_delivery_is_sent_again(SnippetLanguage language)
    {
        var name = $"notify-{language}";
        await server.AddFlowAsync(name);
        await using var receiver = await Receiver.StartAsync();
        var call = Call(name) with { Receiver = receiver.Url("/done?token=a&b=c"), AsksForKey = true };
        var key = (WebhookCall.ApiKeyVariable, (await server.Get<FlowStudio.Engine.Secrets.ApiKeys>().CreateAsync(name, CancellationToken.None)).Key);

        var said = await runner.RunAsync(language, Snippets.Of(call, SnippetMode.Notify, language), key);
        await receiver.UntilAsync(1);
        var told = receiver.Calls.Single();
        told.Url.ShouldBe("/done?token=a&b=c");
        var message = JsonDocument.Parse(told.Body).RootElement;
        said.ShouldContain(message.GetProperty("run_id").GetString().ShouldNotBeNull());

        // What the receiver has is only then in the list when its answer has been written down.
        await EngineFixture.UntilAsync(async () => (await server.GetJsonAsync($"/v1/deliveries?flow={name}&status=delivered")).GetProperty("items").GetArrayLength() == 1, "the delivery is done");
        said = await runner.RunAsync(language, Snippets.Of(call, SnippetMode.Redeliver, language), key);
        said.ShouldContain(told.Id);
        said.ShouldContain("delivered");
        await receiver.UntilAsync(2);
        receiver.Calls.Select(c => c.Id).Distinct().ShouldBe([told.Id]);
    }

    [Theory]
    [InlineData(SnippetLanguage.Curl)]
    [InlineData(SnippetLanguage.Python)]
    [InlineData(SnippetLanguage.JavaScript)]
    [InlineData(SnippetLanguage.CSharp)]
    public async Task Where_nothing_was_told_yet_there_is_nothing_to_send_again(SnippetLanguage language)
    {
        var name = $"untold-{language}";
        await server.AddFlowAsync(name);
        (await runner.RunAsync(language, Snippets.Of(Call(name), SnippetMode.Redeliver, language))).ShouldNotContain("sent again");
    }

    [Theory]
    [InlineData(SnippetLanguage.Python)]
    [InlineData(SnippetLanguage.JavaScript)]
    [InlineData(SnippetLanguage.CSharp)]
    public async Task A_receiver_takes_what_the_server_signed_and_nothing_else(SnippetLanguage language)
    {
        var name = $"receive-{language}";
        var flow = await server.AddFlowAsync(name);
        var secret = (await server.Get<CompletionWebhooks>().Secrets.EnsureAsync(flow, CancellationToken.None)).Current;
        var call = Call(name) with { Receiver = $"http://127.0.0.1:{FreePort()}/done", CompletionSecret = secret };
        using var process = await runner.StartAsync(language, Snippets.Of(call, SnippetMode.Receive, language));
        try
        {
            using var client = new HttpClient();
            await EngineFixture.UntilAsync(() => AnswersAsync(client, call.Receiver), $"the receiver listens ({(process.HasExited ? await process.StandardError.ReadToEndAsync() : "it runs")})");

            // Signed with another secret, and yesterday.
            var body = """{"type":"run.completed","run_id":"forged","output":null}"""u8.ToArray();
            var now = TimeProvider.System.GetUtcNow();
            (await PostAsync(client, call.Receiver, body, now, "whsec_" + Convert.ToBase64String(new byte[32]))).ShouldBe(HttpStatusCode.Unauthorized);
            (await PostAsync(client, call.Receiver, body, now.AddDays(-1), secret)).ShouldBe(HttpStatusCode.Unauthorized);

            var started = await runner.RunAsync(SnippetLanguage.Curl, Snippets.Of(call, SnippetMode.Notify, SnippetLanguage.Curl));
            var run = JsonDocument.Parse(started).RootElement.GetProperty("id").GetString().ShouldNotBeNull();
            await EngineFixture.UntilAsync(async () => (await server.GetJsonAsync($"/v1/deliveries?run={run}&status=delivered")).GetProperty("items").GetArrayLength() == 1, "the receiver takes it");
            process.Kill(entireProcessTree: true);
            var said = await process.StandardOutput.ReadToEndAsync();
            said.ShouldContain($"run.completed {run}");
            said.ShouldNotContain("forged");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    public static IEnumerable<TheoryDataRow<SnippetMode, SnippetLanguage>> Foreign() =>
        from topic in SnippetTopics.All
        where topic.Kind is SnippetKind.LangGraph or SnippetKind.Langflow
        from language in topic.Languages
        select new TheoryDataRow<SnippetMode, SnippetLanguage>(topic.Mode, language);

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task A_client_of_another_system_runs_a_chat(SnippetMode mode, SnippetLanguage language)
    {
        await using var receiver = await Receiver.StartAsync();
        var call = Call("chat") with { TakesChat = true, AsksForKey = true, Receiver = receiver.Url("/done?token=x"), Tweaks = """{"say": {"template": "I heard: {text}"}}""" };
        var key = (await server.Get<FlowStudio.Engine.Secrets.ApiKeys>().CreateAsync($"{mode} {language}", CancellationToken.None)).Key;
        var said = await runner.RunAsync(language, Snippets.Of(call, mode, language), (WebhookCall.ApiKeyVariable, key));
        switch (mode)
        {
            case SnippetMode.GraphNotify:
                await receiver.UntilAsync(1);
                var told = JsonDocument.Parse(receiver.Calls.Single().Body).RootElement;
                told.GetProperty("status").GetString().ShouldBe("success");
                said.ShouldContain(told.GetProperty("run_id").GetString().ShouldNotBeNull());
                break;
            case SnippetMode.GraphCron:
                var crons = JsonDocument.Parse(await (await server.PostAsync("/runs/crons/search", Encoding.UTF8.GetBytes("""{"limit":100}"""))).Content.ReadAsStringAsync()).RootElement;
                var cron = crons.EnumerateArray().ShouldHaveSingleItem();
                said.ShouldContain(cron.GetProperty("cron_id").GetString().ShouldNotBeNull());
                cron.GetProperty("timezone").GetString().ShouldBe(language is SnippetLanguage.JavaScript ? null : "Europe/Berlin");
                (await server.Client.DeleteAsync($"/runs/crons/{cron.GetProperty("cron_id").GetString()}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
                break;
            case SnippetMode.FlowRun or SnippetMode.FlowStream:
                said.ShouldContain("I heard: Hello");
                break;
            default:
                said.ShouldContain("You said: Hello");
                break;
        }
    }

    [Theory]
    [InlineData(SnippetMode.GraphRun, SnippetLanguage.Curl)]
    [InlineData(SnippetMode.GraphRun, SnippetLanguage.Python)]
    [InlineData(SnippetMode.GraphRun, SnippetLanguage.JavaScript)]
    [InlineData(SnippetMode.FlowRun, SnippetLanguage.Curl)]
    [InlineData(SnippetMode.FlowRun, SnippetLanguage.Python)]
    [InlineData(SnippetMode.FlowRun, SnippetLanguage.JavaScript)]
    public async Task A_client_of_another_system_gives_a_body_to_a_flow_without_chat(SnippetMode mode, SnippetLanguage language)
    {
        var name = $"body-{mode}-{language}";
        await server.AddFlowAsync(name, new FlowBuilder().Node("hook", "Webhook").Node("text", "DataToMessage", new { template = "Order {order.id} of {customer.name}" })
            .Edge("hook.output_data", "text.data").Build());
        var call = Call(name) with { OutputType = "debug", Tweaks = JsonSerializer.Serialize(new { hook = new { data = Body } }) };
        // Chat Output is missing, so that the nodes' own outputs are asked for.
        var said = await runner.RunAsync(language, Snippets.Of(call, mode, language));
        said.ShouldContain("Order 4711 of Zoë O'Hara");
    }

    public static IEnumerable<TheoryDataRow<SnippetLanguage, string, string>> Questions() =>
    [
        new(SnippetLanguage.Curl, """{"question": "Refund {order.id}?", "kind": "approval"}""", "Approved"),
        new(SnippetLanguage.Python, """{"question": "Whom?", "kind": "form", "fields": [{"name": "days", "kind": "number", "required": true}, {"name": "urgent", "kind": "boolean"}, {"name": "who", "kind": "choice", "choices": ["O'Hara", "Lin"]}]}""", "O'Hara"),
        new(SnippetLanguage.JavaScript, """{"question": "Which?", "kind": "choice", "choices": "express\npost"}""", "express"),
        new(SnippetLanguage.CSharp, """{"question": "What to say?"}""", "Yes, go on."),
        new(SnippetLanguage.CSharp, """{"question": "Whom?", "kind": "form", "fields": [{"name": "who", "required": true}]}""", "…"),
    ];

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task A_waiting_run_is_answered_and_goes_on(SnippetLanguage language, string settings, string given)
    {
        var name = $"asks-{language}-{settings.Length}";
        var document = new FlowBuilder().Node("hook", "Webhook").Node("ask", "AskPerson", JsonDocument.Parse(settings).RootElement).Node("out", "ChatOutput", new { should_store_message = false })
            .Edge("hook.output_data", "ask.input").Edge("ask.answer", "out.input_value").Build();
        await server.AddFlowAsync(name, document);
        var key = (WebhookCall.ApiKeyVariable, (await server.Get<FlowStudio.Engine.Secrets.ApiKeys>().CreateAsync(name, CancellationToken.None)).Key);
        var text = Snippets.Of(Call(name) with { AsksForKey = true, Reply = SampleAnswer.Of(document).ShouldNotBeNull() }, SnippetMode.Answer, language);
        (await runner.RunAsync(language, text, key)).ShouldNotContain("goes on", customMessage: "nothing waits yet");

        var run = await StudioServer.RunIdAsync(await server.PostWebhookAsync(name, Body));
        await EngineFixture.UntilAsync(async () => (await server.GetJsonAsync($"/v1/questions?flow_id={name}")).GetProperty("items").GetArrayLength() == 1, "the question is open");
        (await runner.RunAsync(language, text, key)).ShouldContain(run.ToString());
        var ended = await server.EndOfAsync(run);
        ended.GetProperty("status").GetString().ShouldBe("succeeded");
        var step = ended.GetProperty("steps").EnumerateArray().Single(s => s.GetProperty("node_id").GetString() == "ask");
        step.GetProperty("answered_by").GetString().ShouldBe("Ada");
        JsonElement.DeepEquals(step.GetProperty("answer"), JsonDocument.Parse(SampleAnswer.Of(document).ShouldNotBeNull()).RootElement).ShouldBeTrue(step.GetProperty("answer").GetRawText());
        step.GetProperty("output").GetProperty("answer").GetString().ShouldNotBeNull().ShouldContain(given);
    }

    [Theory]
    [InlineData(SnippetLanguage.Curl)]
    [InlineData(SnippetLanguage.Python)]
    [InlineData(SnippetLanguage.JavaScript)]
    public async Task A_LangGraph_client_answers_what_its_run_asks(SnippetLanguage language)
    {
        var name = $"resumes-{language}";
        var document = new FlowBuilder().Node("hook", "Webhook").Node("ask", "AskPerson", new { question = "Refund {order.id}?", kind = "approval" }).Node("out", "ChatOutput", new { should_store_message = false })
            .Edge("hook.output_data", "ask.input").Edge("ask.answer", "out.input_value").Build();
        await server.AddFlowAsync(name, document);
        var key = (WebhookCall.ApiKeyVariable, (await server.Get<FlowStudio.Engine.Secrets.ApiKeys>().CreateAsync(name, CancellationToken.None)).Key);
        var said = await runner.RunAsync(language, Snippets.Of(Call(name) with { AsksForKey = true, Reply = SampleAnswer.Of(document).ShouldNotBeNull() }, SnippetMode.GraphResume, language), key);
        said.ShouldContain("Refund 4711?");
        said.ShouldContain("Approved");
        var run = (await server.GetJsonAsync($"/v1/runs?flow={name}")).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        run.GetProperty("status").GetString().ShouldBe("succeeded");
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static async Task<bool> AnswersAsync(HttpClient client, string url)
    {
        try
        {
            // Not signed at all: a receiver that runs says so.
            using var response = await client.PostAsync(url, new StringContent("{}"));
            return response.StatusCode is HttpStatusCode.Unauthorized;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    static async Task<HttpStatusCode> PostAsync(HttpClient client, string url, byte[] body, DateTimeOffset at, string secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Headers.Add("webhook-id", "msg_1");
        request.Headers.Add("webhook-timestamp", $"{at.ToUnixTimeSeconds()}");
        request.Headers.Add("webhook-signature", WebhookSignature.Sign("msg_1", at, body, secret));
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }
}
