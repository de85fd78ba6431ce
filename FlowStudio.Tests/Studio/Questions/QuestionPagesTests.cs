using Bunit;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.Dock;
using FlowStudio.Web.Studio.Runs;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Questions;

/// <summary>Questions of real runs, in a run's page and in the chat.</summary>
public class QuestionPagesTests
{
    static async Task<StudioPage> StartAsync()
    {
        var studio = await StudioPage.StartAsync();
        studio.Context.Services.AddSingleton(studio.Engine.Get<IQuestions>());
        return studio;
    }

    static Task<Flow> AskingAsync(StudioPage studio, string start, string port) => studio.Engine.AddFlowAsync(new FlowBuilder()
        .Node("start", start).Node("ask", "AskPerson", new { question = "Which **date**?" }).Node("out", "ChatOutput").Edge($"start.{port}", "ask.input").Edge("ask.answer", "out.input_value").Build());

    [Fact]
    public async Task The_run_s_page_asks_first_and_then_shows_who_said_what()
    {
        await using var studio = await StartAsync();
        var run = await studio.Engine.StartRunAsync(await AskingAsync(studio, "Webhook", "output_data"), "{}");
        var page = studio.Context.Render<RunDetailPage>(p => p.Add(r => r.Id, run));
        page.WaitForAssertion(() => page.Find(".question h2").Words().ShouldBe("Ask a person"));
        page.WaitForAssertion(() => page.Find(".waterfall-bar.waiting").ShouldNotBeNull());
        page.Find(".step-question").Words().ShouldContain("Not answered yet");
        await page.InvokeAsync(() => page.Find(".question textarea").Input("Friday"));
        await page.InvokeAsync(() => page.Find(".question [data-send]").Click());
        page.WaitForAssertion(() => page.Find(".question-done").Words().ShouldEndWith("Friday"));
        await studio.Engine.EndOfAsync(run);

        var later = studio.Context.Render<RunDetailPage>(p => p.Add(r => r.Id, run));
        later.WaitForAssertion(() => later.FindAll(".waterfall-row").Count.ShouldBe(3));
        later.FindAll(".question").ShouldBeEmpty();
        await later.InvokeAsync(() => later.FindAll(".waterfall-row")[1].Click());
        later.WaitForAssertion(() => later.Find(".step-question").Words().ShouldContain("Answered in the studio,"));
        later.Find(".step-question").Words().ShouldContain("Friday");
    }

    [Fact]
    public async Task A_chat_asks_and_finds_what_was_said_again()
    {
        await using var studio = await StartAsync();
        var flow = await AskingAsync(studio, "ChatInput", "message");
        var chat = studio.Context.Render<ChatPane>(p => p.Add(c => c.Flow, flow).Add(c => c.Document, flow.Draft));
        chat.WaitForAssertion(() => chat.FindAll(".chat-hint").Count.ShouldBe(1));
        await chat.InvokeAsync(() => chat.Find(".chat-form textarea").Input("A table"));
        await chat.InvokeAsync(() => chat.Find(".chat-form").Submit());
        chat.WaitForAssertion(() => chat.Find(".chat-line.asks .markdown").Words().ShouldBe("Which date?"));
        chat.Find(".chat-form textarea").HasAttribute("readonly").ShouldBeTrue();
        await chat.InvokeAsync(() => chat.Find(".chat-line.asks textarea").Input("Friday"));
        await chat.InvokeAsync(() => chat.Find(".chat-line.asks [data-send]").Click());
        chat.WaitForAssertion(() => chat.FindAll(".chat-acts").Count.ShouldBe(1));
        string[] said = ["A table", "Which date?", "Friday", "Friday"];
        chat.FindAll(".chat-line .plain-text, .chat-line .markdown").Select(l => l.Words()).ShouldBe(said);

        var again = studio.Context.Render<ChatPane>(p => p.Add(c => c.Flow, flow).Add(c => c.Document, flow.Draft));
        again.WaitForAssertion(() => again.FindAll(".chat-line .plain-text, .chat-line .markdown").Select(l => l.Words()).ShouldBe(said));
        var run = (await studio.Engine.Runs.ListAsync(new RunFilter { FlowId = flow.Id }, cursor: null, 10, CancellationToken.None)).Items.ShouldHaveSingleItem().Id;
        var details = (await studio.Engine.Runs.FindDetailsAsync(run, CancellationToken.None)).ShouldNotBeNull();
        details.Steps.Single(s => s.NodeId == "ask").AnsweredVia.ShouldBe("chat");
    }

    [Fact]
    public async Task What_is_answered_elsewhere_stands_in_the_chat_with_its_author()
    {
        await using var studio = await StartAsync();
        var flow = await AskingAsync(studio, "ChatInput", "message");
        var chat = studio.Context.Render<ChatPane>(p => p.Add(c => c.Flow, flow).Add(c => c.Document, flow.Draft));
        chat.WaitForAssertion(() => chat.FindAll(".chat-hint").Count.ShouldBe(1));
        await chat.InvokeAsync(() => chat.Find(".chat-form textarea").Input("A table"));
        await chat.InvokeAsync(() => chat.Find(".chat-form").Submit());
        chat.WaitForAssertion(() => chat.FindAll(".chat-line.asks").Count.ShouldBe(1));
        var questions = studio.Engine.Get<IQuestions>();
        OpenQuestion? asked = null;
        await EngineFixture.UntilAsync(async () => (asked = (await questions.ListOldestAsync(flow.Id, cursor: null, 1, CancellationToken.None)).Items.FirstOrDefault()) is not null, "the question is stored");
        (await questions.AnswerAsync(asked.ShouldNotBeNull().RunId, asked.Id, FlowStudio.Engine.JsonText.Element("Monday"), new("Lin", AnswerVia.Link), CancellationToken.None)).ShouldBeOfType<AnswerOutcome.Answered>();
        chat.WaitForAssertion(() => chat.Find(".chat-line.user .dim").Words().ShouldBe("Answered by Lin, by link"));
    }
}
