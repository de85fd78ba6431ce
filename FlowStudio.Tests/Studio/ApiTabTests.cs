using AngleSharp.Dom;
using Bunit;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Docs;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Editor.State;
using FlowStudio.Web.Studio.Shared;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class ApiTabTests
{
    static IRenderedComponent<ApiTab> Render(StudioPage studio, Flow flow, Action<Flow>? saved = null) =>
        studio.Context.Render<ApiTab>(p => p.Add(x => x.Flow, flow).Add(x => x.FlowSaved, f => saved?.Invoke(f)));

    static async Task<Flow> SaveAsync(StudioPage studio, Flow flow) => (await studio.Engine.Flows.SaveAsync(flow, flow.DraftRevision, CancellationToken.None)).ShouldNotBeNull();

    [Fact]
    public async Task The_command_hides_the_token_until_asked_for()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await SaveAsync(studio, await studio.AddFlowAsync() with { WebhookAccess = WebhookAccess.Token, EndpointName = "order-updates" });
        var tab = Render(studio, flow);
        tab.WaitForAssertion(() => tab.Find("pre.code").TextContent.ShouldContain("""{"order": {"id": 4711}, "customer": {"name": "Ada"}}"""));
        tab.Find("pre.code").TextContent.ShouldContain("X-Webhook-Token: wht_");
        tab.Find("pre.code").TextContent.ShouldContain("/api/v1/webhook/order-updates");
        var token = studio.Engine.Get<SecretVault>().FindWebhookToken(flow.Id).ShouldNotBeNull();
        tab.Markup.ShouldNotContain(token);
        tab.Markup.ShouldContain("Token made just now");
        await tab.Find("[aria-label='Show the token']").ClickAsync(new());
        tab.WaitForAssertion(() => tab.Find("pre.code").TextContent.ShouldContain(token));
    }

    [Fact]
    public async Task A_flow_that_answers_itself_and_takes_GET_is_called_so_and_its_calls_show_what_they_were_answered()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        flow = await SaveAsync(studio, flow with { Draft = FlowStudio.Tests.Api.WebhookAnswerTests.Responding(new { body_type = "a text", text = "{[\"hub.challenge\"]}" }, "GET").Build() });
        var tab = Render(studio, flow);
        tab.WaitForAssertion(() => tab.Find("pre.code").TextContent.ShouldStartWith("curl -X GET"));
        tab.Find("pre.code").TextContent.ShouldContain("?hub.challenge=hub.challenge\"");
        // An answer of the flow's own has no links to follow the run by.
        tab.FindAll(".snippet-modes button").Select(b => b.Words()).ShouldNotContain("Stream");
        tab.FindAll(".snippet-modes button").Select(b => b.Words()).ShouldNotContain("Poll");
        tab.FindAll(".snippet-modes button").Select(b => b.Words()).ShouldContain("Start");
        tab.Find(".snippet-about").Words().ShouldContain("what its Respond says");
        tab.Find(".snippet-body").Words().ShouldBe("The query is made from what the flow reads: hub.challenge");
        var run = await studio.Engine.StartRunAsync(flow, """{"hub.challenge":"1"}""");
        studio.Context.Services.GetRequiredService<AnsweredCalls>().Add(run, 299);
        // Read again with the next news.
        studio.Context.Services.GetRequiredService<RefusedCalls>().Add(flow.Id, 401, "wrong token");
        tab.WaitForAssertion(() => tab.Find(".last-calls .answered").TextContent.ShouldBe("299"));
    }

    [Fact]
    public async Task What_is_read_is_what_a_call_runs_the_live_version_and_not_the_draft()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync("Order {order.id}");
        await studio.Engine.Flows.PublishAsync(flow.Id, null, null, CancellationToken.None);
        flow = (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None)).ShouldNotBeNull();
        var nodes = flow.Draft.Nodes.Select(n => n.Id == "text" ? n with { Settings = new() { ["template"] = FlowStudio.Engine.JsonText.Element("{ticket.number}") } } : n);
        flow = await SaveAsync(studio, flow with { Draft = flow.Draft with { Nodes = [.. nodes] } });
        var tab = Render(studio, flow);
        tab.WaitForAssertion(() => tab.Find(".snippet-body").Words().ShouldBe("The body is made from what the flow reads: order.id"));
        tab.Markup.ShouldContain("A call runs version 1, which is live.");
    }

    [Fact]
    public async Task An_open_flows_command_names_no_token_and_every_way_and_language_can_be_chosen()
    {
        await using var studio = await StudioPage.StartAsync();
        var tab = Render(studio, await studio.AddFlowAsync());
        tab.WaitForAssertion(() => tab.Find("pre.code").TextContent.ShouldStartWith("curl -X POST"));
        tab.Find("pre.code").TextContent.ShouldNotContain(WebhookCall.TokenHeader);
        Press(tab, "Python");
        tab.Find("pre.code").TextContent.ShouldStartWith("import requests");
        Press(tab, "Poll");
        tab.Find("pre.code").TextContent.ShouldContain("while True:");
        Press(tab, "C#");
        tab.Find("pre.code .tok-string").TextContent.ShouldNotBeEmpty();
        Press(tab, "Cron");
        tab.FindAll("button").ShouldNotContain(b => b.Words() == "Send it now");
        tab.Find("a[href$='/schedule']").Words().ShouldBe("To the Schedule tab");

        static void Press(IRenderedComponent<ApiTab> tab, string text)
        {
            tab.FindAll(".seg button").Single(b => b.Words() == text).Click();
            tab.FindAll(".seg button").Single(b => b.Words() == text).GetAttribute("aria-checked").ShouldBe("true");
        }
    }

    [Fact]
    public async Task The_public_address_and_the_key_that_the_API_asks_for_are_respected()
    {
        await using var studio = await StudioPage.StartAsync();
        studio.Context.Services.AddSingleton(new WebOptions { PublicUrl = "https://flows.example.org/base/", Access = { AllowNonLoopback = true } });
        var tab = Render(studio, await studio.AddFlowAsync());
        tab.WaitForAssertion(() => tab.Find("pre.code").TextContent.ShouldContain("\"https://flows.example.org/base/api/v1/webhook/"));
        tab.FindAll(".seg button").Single(b => b.Words() == "Wait").Click();
        tab.Find("pre.code").TextContent.ShouldContain("\"x-api-key: $FLOWSTUDIO_API_KEY\"");
    }

    [Fact]
    public async Task Changing_who_may_call_is_saved()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        Flow? saved = null;
        var tab = Render(studio, flow, f => saved = f);
        tab.WaitForElement("#access").Change(nameof(WebhookAccess.Token));
        tab.WaitForAssertion(() => saved.ShouldNotBeNull().WebhookAccess.ShouldBe(WebhookAccess.Token));
        (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None))!.WebhookAccess.ShouldBe(WebhookAccess.Token);
    }

    [Fact]
    public async Task An_endpoint_name_that_is_none_is_told_at_the_field_and_not_saved()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var tab = Render(studio, flow);
        tab.WaitForElement("#endpoint").Change("no good");
        tab.WaitForAssertion(() => tab.Find(".field-error").Words().ShouldContain("cannot stand in a URL"));
        tab.Find("#endpoint").GetAttribute("value").ShouldBe("no good");
        tab.Find("#endpoint").GetAttribute("aria-invalid").ShouldBe("true");
        (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None))!.EndpointName.ShouldBeNull();
        tab.Find("#endpoint").Change("good");
        await EngineFixture.UntilAsync(async () => (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None))!.EndpointName == "good", "the name is saved");
        tab.WaitForAssertion(() => tab.FindAll(".field-error").ShouldBeEmpty());
    }

    [Fact]
    public async Task Replacing_the_token_asks_and_then_shows_the_new_one()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await SaveAsync(studio, await studio.AddFlowAsync() with { WebhookAccess = WebhookAccess.Token });
        var tab = Render(studio, flow);
        tab.WaitForElement("[data-token]");
        var vault = studio.Engine.Get<SecretVault>();
        var before = vault.FindWebhookToken(flow.Id);
        tab.FindAll("button").Single(b => b.Words() == "Replace").Click();
        vault.FindWebhookToken(flow.Id).ShouldBe(before);
        tab.WaitForElement("dialog .btn.danger").Click();
        tab.WaitForAssertion(() => vault.FindWebhookToken(flow.Id).ShouldNotBe(before));
        tab.WaitForAssertion(() => tab.Find("[data-token]").TextContent.ShouldBe(vault.FindWebhookToken(flow.Id)![..8] + "…"));
    }

    [Fact]
    public async Task Last_calls_are_live_with_those_that_were_refused_and_replay()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var tab = Render(studio, flow);
        tab.WaitForAssertion(() => tab.Markup.ShouldContain("Nobody has called yet"));
        studio.Context.Services.GetRequiredService<RefusedCalls>().Add(flow.Id, 401, "wrong token");
        tab.WaitForAssertion(() => tab.Find(".last-calls tr").Words().ShouldEndWith("401 wrong token"));
        await studio.Engine.EndOfAsync(await studio.Engine.StartRunAsync(flow, """{"order":{"id":7}}"""));
        tab.WaitForAssertion(() => tab.FindAll(".last-calls tr").Count.ShouldBe(2));
        tab.WaitForElement(".last-calls .pill.ok");
        tab.Find(".last-calls button").Click();
        tab.WaitForAssertion(() => studio.Context.Services.GetRequiredService<Toasts>().Shown.ShouldContain(t => t.Text == "The call runs again."));
    }

    [Fact]
    public async Task A_flow_without_a_webhook_says_so_and_gets_one()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.Engine.AddFlowAsync(new FlowDocument { Nodes = [new() { Id = "out", Type = "ChatOutput", Position = new(40, 20) }] });
        Flow? saved = null;
        var tab = Render(studio, flow, f => saved = f);
        tab.WaitForElement(".banner .btn").Click();
        tab.WaitForAssertion(() => saved.ShouldNotBeNull().Draft.Nodes.Select(n => n.Type).ShouldBe(["Webhook", "ChatOutput"]));
        saved!.Draft.Nodes[0].Position.ShouldBe(new(-280, 20));
        tab.Render(p => p.Add(x => x.Flow, saved));
        tab.WaitForAssertion(() => tab.FindAll(".banner").ShouldBeEmpty());
    }

    [Fact]
    public async Task In_the_editor_the_webhook_is_a_step_that_can_be_taken_back()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.Engine.AddFlowAsync(new FlowDocument { Nodes = [new() { Id = "out", Type = "ChatOutput" }] });
        var state = new EditorState(studio.Engine.Get<FlowStudio.Engine.Components.ComponentCatalog>());
        state.Open(flow);
        var tab = studio.Context.Render<ApiTab>(p => p.Add(x => x.Flow, flow).Add(x => x.State, state));
        tab.WaitForElement(".banner .btn").Click();
        tab.WaitForAssertion(() => state.Document.Nodes.Select(n => n.Type).ShouldBe(["Webhook", "ChatOutput"]));
        state.History.UndoName.ShouldBe("Add Webhook");
        state.Undo().ShouldBeTrue();
        state.Document.Nodes.Count.ShouldBe(1);
    }

    [Fact]
    public void A_webhook_that_is_bypassed_is_switched_on_instead_of_doubled()
    {
        var document = new FlowDocument { Nodes = [new() { Id = "webhook", Type = "Webhook", Disabled = true }] };
        FlowAdditions.WithWebhook(document).Nodes.ShouldHaveSingleItem().Disabled.ShouldBeFalse();
        FlowAdditions.WithWebhook(new() { Nodes = [new() { Id = "webhook", Type = "Prompt" }] }).Nodes[0].Id.ShouldBe("webhook-2");
    }

    static string Press(IRenderedComponent<ApiTab> tab, string text)
    {
        tab.FindAll(".snippet-kinds button, .seg button").Single(b => b.Words() == text).Click();
        return tab.Find("pre.code").TextContent;
    }

    static string Shown(IRenderedComponent<ApiTab> tab) => tab.Find("pre.code").TextContent;

    [Fact]
    public async Task A_receiver_is_shown_with_the_flows_secret_hidden_until_asked_for_and_with_its_own_address()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var tab = Render(studio, flow);
        tab.WaitForElement("pre.code");
        Press(tab, "Completion webhook");
        tab.WaitForAssertion(() => Shown(tab).ShouldContain($"\"webhook\": \"{WebhookCall.DefaultReceiver}\""));
        tab.FindAll(".banner").ShouldBeEmpty();
        tab.WaitForElement("#receiver").Change("http://127.0.0.1:9123/hooks/done");
        tab.WaitForAssertion(() => Shown(tab).ShouldContain("http://127.0.0.1:9123/hooks/done"));
        Press(tab, "Receive");
        tab.WaitForAssertion(() => Shown(tab).ShouldContain("HTTPServer((\"\", 9123)"));
        tab.FindAll("button").ShouldNotContain(b => b.Words() == "Send it now");
        var secret = (await studio.Engine.Get<FlowStudio.Engine.Callbacks.CompletionWebhooks>().Secrets.FindAsync(flow.Id, CancellationToken.None)).ShouldNotBeNull().Current;
        tab.Markup.ShouldNotContain(secret);
        await tab.Find("[aria-label='Show the signing secret']").ClickAsync(new());
        tab.WaitForAssertion(() => Shown(tab).ShouldContain(secret));
        Press(tab, "C#").ShouldContain("app.MapPost(\"/hooks/done\"");
    }

    [Fact]
    public async Task The_language_stays_chosen_where_one_kind_has_it_not()
    {
        await using var studio = await StudioPage.StartAsync();
        var tab = Render(studio, await studio.AddFlowAsync());
        tab.WaitForElement("pre.code");
        Press(tab, "C#");
        Press(tab, "LangGraph").ShouldStartWith("answer=$(curl");
        tab.FindAll(".seg button").ShouldNotContain(b => b.Words() == "C#");
        Press(tab, "JS").ShouldContain("@langchain/langgraph-sdk");
        Press(tab, "Stream").ShouldContain("client.runs.stream(");
        Press(tab, "Webhook");
        Press(tab, "LangGraph").ShouldContain("client.runs.stream(", customMessage: "what was looked at last of a kind comes back");
    }

    [Fact]
    public async Task What_was_looked_at_last_is_shown_first_the_next_time()
    {
        await using var studio = await StudioPage.StartAsync();
        var module = studio.Context.JSInterop.SetupModule("./studio.js");
        module.Mode = JSRuntimeMode.Loose;
        module.Setup<string?>("recall", "flowstudio.snippet").SetResult("GraphStream JavaScript");
        var tab = Render(studio, await studio.AddFlowAsync());
        tab.WaitForAssertion(() => Shown(tab).ShouldContain("client.runs.stream("));
        Press(tab, "Langflow");
        module.Invocations["remember"].Last().Arguments.ShouldBe(["flowstudio.snippet", "FlowRun JavaScript"]);
    }

    [Fact]
    public async Task Ticked_settings_are_the_calls_tweaks()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.Engine.AddFlowAsync(new FlowDocument
        {
            Nodes =
            [
                new() { Id = "in", Type = "ChatInput" },
                new() { Id = "llm", Type = "LLM", Title = "Writer", Settings = new() { ["provider"] = FlowStudio.Engine.JsonText.Element("openai"), ["api_key"] = FlowStudio.Engine.JsonText.Element("OPENAI_KEY") } },
                new() { Id = "out", Type = "ChatOutput" },
            ],
            Edges = [new() { From = new("in", "message"), To = new("llm", "input_value") }, new() { From = new("llm", "text_output"), To = new("out", "input_value") }],
        });
        var tab = Render(studio, flow);
        tab.WaitForElement("pre.code");
        Press(tab, "Langflow").ShouldNotContain("tweaks");
        Tick(tab, "Temperature").Change(true);
        tab.WaitForAssertion(() => Shown(tab).ShouldContain("\"tweaks\": {\"llm\": {\"temperature\": "));
        tab.Find("[aria-label='Temperature of Writer']").Change("0.9");
        tab.WaitForAssertion(() => Shown(tab).ShouldContain("{\"llm\": {\"temperature\": 0.9}}"));
        tab.Find(".snippet-body").Words().ShouldBe("1 tweak");
        Press(tab, "Python").ShouldContain("\"tweaks\": {\"llm\": {\"temperature\": 0.9}}");
        Tick(tab, "Temperature").Change(false);
        tab.WaitForAssertion(() => Shown(tab).ShouldNotContain("tweaks"));

        static IElement Tick(IRenderedComponent<ApiTab> tab, string field) => tab.FindAll(".tweak-name").Single(l => l.Words() == field).QuerySelector("input").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_flow_without_chat_gets_its_body_as_a_tweak_of_its_webhook()
    {
        await using var studio = await StudioPage.StartAsync();
        var tab = Render(studio, await studio.AddFlowAsync());
        tab.WaitForElement("pre.code");
        Press(tab, "Langflow").ShouldContain("""{"output_type": "chat", "tweaks": {"hook": {"data": "{\"order\": {\"id\": 4711}, \"customer\": {\"name\": \"Ada\"}}"}}}""");
    }

    [Fact]
    public async Task A_flow_that_asks_somebody_shows_how_to_answer_what_it_asks()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var tab = Render(studio, flow);
        tab.WaitForElement("pre.code");
        tab.FindAll(".snippet-kinds button").ShouldNotContain(b => b.Words() == "Answers");
        var asking = flow.Draft with
        {
            Nodes = [.. flow.Draft.Nodes, new() { Id = "ask", Type = "AskPerson", Settings = new() { ["kind"] = FlowStudio.Engine.JsonText.Element("choice"), ["choices"] = FlowStudio.Engine.JsonText.Element("\n express \npost") } }],
        };
        flow = await SaveAsync(studio, flow with { Draft = asking });
        tab.Render(p => p.Add(x => x.Flow, flow));
        tab.WaitForAssertion(() => tab.FindAll(".snippet-kinds button").ShouldContain(b => b.Words() == "Answers"));
        Press(tab, "Answers").ShouldContain("""-d '{"answer": "express", "answered_by": "Ada"}'""");

        // Without the question there is nothing left to answer.
        flow = await SaveAsync(studio, flow with { Draft = flow.Draft with { Nodes = [.. flow.Draft.Nodes.Where(n => n.Id != "ask")] } });
        tab.Render(p => p.Add(x => x.Flow, flow));
        tab.WaitForAssertion(() => Shown(tab).ShouldContain("/api/v1/webhook/"));
    }
}
