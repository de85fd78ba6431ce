using Bunit;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Components;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Editor.Dock;
using FlowStudio.Web.Studio.Editor.RunLog;
using FlowStudio.Web.Studio.Editor.State;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class DockTests
{
    [Fact]
    public async Task The_dock_opens_what_is_pressed_and_says_how_many_problems_there_are()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.Engine.AddFlowAsync(new FlowBuilder().Node("call", "ApiRequest").Build());
        var dock = Render(studio, flow);
        dock.FindAll(".dock-tab").Select(t => t.Words()).ShouldBe(["Run log", "Output", "Chat", "Problems2"]);
        foreach (var (tab, shows) in new[] { ("Output", "No run yet"), ("Chat", "no Chat Input"), ("Problems", "keeps the flow from running") })
        {
            dock.FindAll(".dock-tab").First(t => t.Words().StartsWith(tab, StringComparison.Ordinal)).Click();
            dock.WaitForAssertion(() => dock.Find("#dock-panel").Words().ShouldContain(shows));
        }
        dock.Find("[aria-label='Fold the dock']").Click();
        dock.FindAll("#dock-panel").ShouldBeEmpty();
        dock.FindAll(".dock-tab")[0].Click();
        dock.Find("#dock-panel .log");
    }

    [Fact]
    public async Task A_past_run_can_be_chosen_and_the_latest_again()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var run = await studio.Engine.StartRunAsync(flow);
        await studio.Engine.EndOfAsync(run);
        var live = new FlowLive();
        live.Show(Guid.CreateVersion7());
        var dock = Render(studio, flow, live);
        dock.Find(".dock-tools span:has(.menu)").FocusIn();
        dock.Find("[aria-label='Choose the run that is shown']").Click();
        dock.WaitForAssertion(() => dock.FindAll(".menu-item").Count.ShouldBe(3));
        dock.FindAll(".menu-item")[1].Words().ShouldContain("Succeeded");
        dock.FindAll(".menu-item")[1].Click();
        dock.WaitForAssertion(() => live.Chosen.ShouldBe(run));
        dock.WaitForElement(".dock-tools .chip").Click();
        live.Chosen.ShouldBeNull();
    }

    [Fact]
    public void Problems_lie_by_severity_and_lead_to_node_and_field()
    {
        using var context = new BunitContext();
        context.Services.AddSingleton(NodeTest.Catalog);
        NodePick? picked = null;
        var document = new FlowBuilder().Node("call", "ApiRequest").Title("call", "Tell the shop").Build();
        FlowProblem[] problems =
        [
            new("unreachable_node", ProblemSeverity.Warning, "call", null, "Tell the shop is connected to nothing.", "Connect it."),
            new("missing_setting", ProblemSeverity.Error, "call", "url_input", "Tell the shop: URL is missing.", "Give it."),
            new("flow_too_large", ProblemSeverity.Error, null, null, "The flow is too large.", "Split it."),
        ];
        var pane = context.Render<ProblemsPane>(p => p.Add(x => x.Problems, problems).Add(x => x.Document, document).Add(x => x.Picked, pick => picked = pick));
        pane.FindAll(".problem-head").Select(h => h.TextContent).ShouldBe(["2 problems keep the flow from running", "1 thing to look at"]);
        pane.FindAll(".problem")[1].HasAttribute("disabled").ShouldBeTrue("the flow as a whole is nowhere");
        pane.FindAll(".problem")[0].Words().ShouldStartWith("Tell the shop URL is missing.");
        pane.FindAll(".problem")[0].Click();
        picked.ShouldBe(new NodePick("call", "url_input"));
    }

    [Fact]
    public async Task The_output_is_Markdown_JSON_or_raw_as_its_reader_likes()
    {
        await using var studio = await StudioPage.StartAsync();
        var events = new RunEvents(Guid.CreateVersion7());
        var dock = await OutputAsync(studio, events, events.Accepted(), events.Started(), events.NodeFinished("llm", """{"text":"x"}"""), events.After(1600).Finished(output: "\"**Hello** Ada\""));
        dock.Find(".markdown strong").TextContent.ShouldBe("Hello");
        dock.Find(".output-facts").Words().ShouldContain("1.6 s");
        dock.FindAll(".seg button").Select(b => b.TextContent).ShouldBe(["Text", "JSON", "Raw"]);
        dock.FindAll(".seg button")[2].Click();
        dock.WaitForAssertion(() => dock.Find("pre").TextContent.ShouldBe("**Hello** Ada"));
        dock.FindAll(".seg button")[1].Click();
        dock.WaitForAssertion(() => dock.Find(".json").Words().ShouldBe("\"**Hello** Ada\""));
    }

    [Fact]
    public async Task A_failed_run_s_output_says_why_and_leads_to_the_node()
    {
        await using var studio = await StudioPage.StartAsync();
        var events = new RunEvents(Guid.CreateVersion7());
        NodePick? picked = null;
        var dock = await OutputAsync(studio, events, pick => picked = pick, events.Accepted(), events.Started(),
            events.Finished("failed", "null", """{"code":"timeout","message":"No answer within 30 s.","node_id":"call","remedy":"Raise the limit."}"""));
        dock.Find(".output-error").Words().ShouldBe("No answer within 30 s.Raise the limit.Show call");
        dock.Find(".output-error button").Click();
        picked.ShouldBe(new NodePick("call"));
    }

    [Fact]
    public async Task The_log_filters_by_level_and_text_and_shows_a_line_s_event()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var run = await studio.Engine.StartRunAsync(flow, """{"order":{"id":7},"customer":{"name":"Ada"}}""");
        await studio.Engine.EndOfAsync(run);
        var live = new FlowLive();
        live.Seed(run, (await studio.Engine.Runs.EventsAsync(run, 0, 100, CancellationToken.None)).Select(e => e.Read()));
        var dock = Render(studio, flow, live);
        dock.Find(".log-filter > .btn").Words().ShouldBe("All");
        dock.Find(".log-filter > .btn").Click();
        var all = live.Log.Shown.Count;
        dock.FindAll(".log-filter-box .seg button")[0].Click();
        live.Log.Shown.Count.ShouldBeGreaterThan(all);
        dock.Find(".log-filter-box input").Input("of ada");
        live.Log.Shown.ShouldAllBe(l => l.Text.Contains("of Ada"));
        dock.Find(".log-filter > .btn").Words().ShouldBe("Everything · “of ada”");
        dock.Find(".log-filter-foot .btn").Click();
        dock.Find(".log-filter > .btn").Words().ShouldBe("All");
        var pane = dock.FindComponent<RunLogPane>();
        var line = live.Log.Shown.First(l => l.NodeId == "text");
        await dock.InvokeAsync(() => pane.Instance.OpenAsync(line));
        dock.WaitForAssertion(() => dock.Find(".log-detail .json").Words().ShouldContain("\"Order 7 of Ada\""));
        dock.Find("[aria-label='Close the details']").Click();
        dock.FindAll(".log-detail").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_flow_without_a_Chat_Input_offers_to_add_one()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var edits = Edits(studio, flow);
        var pane = studio.Context.Render<ChatPane>(p => p.Add(x => x.Flow, flow).Add(x => x.Document, flow.Draft).Add(x => x.Edits, edits));
        pane.Find(".empty button").Click();
        edits.Document.Nodes.ShouldContain(n => n.Type == "ChatInput");
        pane.Render(p => p.Add(x => x.Flow, flow).Add(x => x.Document, edits.Document).Add(x => x.Edits, edits));
        pane.WaitForElement(".chat-form");
    }

    [Fact]
    public async Task A_chat_is_answered_kept_and_can_be_deleted()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.Engine.AddFlowAsync(Chat());
        var runs = new List<Guid>();
        var pane = studio.Context.Render<ChatPane>(p => p.Add(x => x.Flow, flow).Add(x => x.Document, flow.Draft).Add(x => x.RunStarted, run => runs.Add(run)));
        Say(pane, "Hello **there**");
        pane.WaitForAssertion(() => pane.FindAll(".chat-line.machine .markdown").ShouldHaveSingleItem().Words().ShouldContain("Hello there"));
        pane.WaitForAssertion(() => pane.FindAll(".chat-thread-row").ShouldHaveSingleItem().Words().ShouldBe("Hello **there**"));
        Say(pane, "And again");
        pane.WaitForAssertion(() => pane.FindAll(".chat-line time").Count.ShouldBe(4));
        runs.Count.ShouldBe(2);
        var threads = await studio.Engine.Get<IChatThreads>().ListAsync(flow.Id, ChatState.Prefix, 10, CancellationToken.None);
        (await studio.Engine.Runs.MessagesAsync(threads.ShouldHaveSingleItem().Id, 10, CancellationToken.None)).Count.ShouldBe(4);

        // Another visit finds it.
        var later = studio.Context.Render<ChatPane>(p => p.Add(x => x.Flow, flow).Add(x => x.Document, flow.Draft));
        later.WaitForAssertion(() => later.FindAll(".chat-line").Count.ShouldBe(4));
        later.Find(".chat-thread-row .btn").Click();
        later.WaitForElement(".modal-foot .danger").Click();
        later.WaitForAssertion(() => later.FindAll(".chat-thread-row").ShouldBeEmpty());
        later.FindAll(".chat-line").ShouldBeEmpty();
        (await studio.Engine.Runs.FindAsync(runs[0], CancellationToken.None)).ShouldNotBeNull("runs stay in the history");
    }

    [Fact]
    public async Task A_failed_answer_says_why_also_on_the_next_visit_and_can_be_asked_for_again()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.Engine.AddFlowAsync(new FlowBuilder().Node("in", "ChatInput").Node("call", "ApiRequest", new { url_input = "http://127.0.0.1:1/" }, retries: 0).Node("out", "ChatOutput")
            .Edge("in.message", "call.body").Edge("call.data", "out.input_value").Build());
        var pane = studio.Context.Render<ChatPane>(p => p.Add(x => x.Flow, flow).Add(x => x.Document, flow.Draft));
        Say(pane, "Hello");
        pane.WaitForAssertion(() => pane.Find(".chat-failure").Words().ShouldNotBeEmpty());
        var why = pane.Find(".chat-failure").Words();
        var later = studio.Context.Render<ChatPane>(p => p.Add(x => x.Flow, flow).Add(x => x.Document, flow.Draft));
        later.WaitForAssertion(() => later.Find(".chat-failure").Words().ShouldBe(why));
        later.Find("[aria-label='Ask again']").Click();
        later.WaitForAssertion(() => later.FindAll(".chat-failure").Count.ShouldBe(2));
    }

    [Fact]
    public async Task An_answer_can_be_stopped()
    {
        await using var studio = await StudioPage.StartAsync();
        var flow = await studio.Engine.AddFlowAsync(new FlowBuilder().Node("in", "ChatInput").Node("wait", "Delay", new { seconds = 600 }).Node("out", "ChatOutput")
            .Edge("in.message", "wait.input").Edge("wait.output", "out.input_value").Build());
        var pane = studio.Context.Render<ChatPane>(p => p.Add(x => x.Flow, flow).Add(x => x.Document, flow.Draft));
        Say(pane, "Hello");
        pane.WaitForAssertion(() => pane.FindAll(".chat-form .btn").ShouldContain(b => b.Words() == "Stop" && !b.HasAttribute("disabled")));
        pane.FindAll(".chat-form .btn").First(b => b.Words() == "Stop").Click();
        pane.WaitForAssertion(() => pane.Find(".chat-line.machine").Words().ShouldContain("Stopped."));
    }

    static void Say(IRenderedComponent<ChatPane> pane, string text)
    {
        pane.WaitForElement(".chat-form textarea").Input(text);
        pane.Find(".chat-form").Submit();
    }

    static FlowDocument Chat() => new FlowBuilder().Node("in", "ChatInput").Node("out", "ChatOutput").Edge("in.message", "out.input_value").Build();

    static EditorState Edits(StudioPage studio, Flow flow)
    {
        var edits = new EditorState(studio.Engine.Get<ComponentCatalog>());
        edits.Open(flow);
        return edits;
    }

    static IRenderedComponent<EditorDock> Render(StudioPage studio, Flow flow, FlowLive? live = null) =>
        studio.Context.Render<EditorDock>(p => p.Add(x => x.State, Edits(studio, flow)).Add(x => x.Live, live ?? new FlowLive()));

    static Task<IRenderedComponent<EditorDock>> OutputAsync(StudioPage studio, RunEvents events, params RunEventView[] views) => OutputAsync(studio, events, _ => { }, views);

    static async Task<IRenderedComponent<EditorDock>> OutputAsync(StudioPage studio, RunEvents events, Action<NodePick> picked, params RunEventView[] views)
    {
        var live = new FlowLive();
        live.Seed(events.RunId, views);
        var flow = await studio.AddFlowAsync();
        var dock = studio.Context.Render<EditorDock>(p => p.Add(x => x.State, Edits(studio, flow)).Add(x => x.Live, live).Add(x => x.NodePicked, picked));
        await dock.InvokeAsync(() => dock.Instance.OpenAsync(DockTab.Output));
        return dock;
    }
}
