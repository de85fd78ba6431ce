using Bunit;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Layout;
using FlowStudio.Web.Studio.Questions;
using FlowStudio.Web.Studio.Runs;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Questions;

public class WaitingListTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    static Question Text(string text) => new() { Kind = QuestionKind.Text, Text = text };

    static FakeQuestions Fake(StudioPage studio)
    {
        var fake = new FakeQuestions();
        studio.Context.Services.AddSingleton<IQuestions>(fake);
        return fake;
    }

    static NavigationManager Navigation(StudioPage studio) => studio.Context.Services.GetRequiredService<NavigationManager>();

    static void Tell(StudioPage studio, OpenQuestion asked) =>
        studio.Engine.Get<RunEventHub>().Publish(asked.FlowId, new RunEvents(asked.RunId).Add(RunEventTypes.NodeWaiting, "ask", """{"question_id":"x"}"""));

    [Fact]
    public async Task Questions_stand_oldest_first_and_new_ones_come_by_themselves()
    {
        await using var studio = await StudioPage.StartAsync();
        var fake = Fake(studio);
        var flow = await studio.AddFlowAsync();
        fake.Ask(Text("Second?"), flow.Id, Noon.AddMinutes(1));
        fake.Ask(Text("First?"), flow.Id, Noon);
        var list = studio.Context.Render<WaitingList>();
        list.WaitForAssertion(() => list.FindAll(".waiting-text").Select(t => t.Words()).ShouldBe(["First?", "Second?"]));
        list.Find(".waiting-of").Words().ShouldBe($"{flow.Name} · Ask a person");
        var third = fake.Ask(Text("Third?"), flow.Id, Noon.AddMinutes(2));
        Tell(studio, third);
        list.WaitForAssertion(() => list.FindAll(".waiting-text").Select(t => t.Words()).ShouldBe(["First?", "Second?", "Third?"]));
    }

    [Fact]
    public async Task A_question_is_answered_in_place_and_goes_when_it_is_closed()
    {
        await using var studio = await StudioPage.StartAsync();
        var fake = Fake(studio);
        var first = fake.Ask(Text("First?"), askedAt: Noon);
        fake.Ask(Text("Second?"), askedAt: Noon.AddMinutes(1));
        var list = studio.Context.Render<WaitingList>();
        list.WaitForAssertion(() => list.FindAll(".waiting-row").Count.ShouldBe(2));
        await list.InvokeAsync(() => list.Find(".waiting-row").Click());
        list.Find(".waiting-row").GetAttribute("aria-expanded").ShouldBe("true");
        await list.InvokeAsync(() => list.Find("textarea").Input("Yes"));
        await list.InvokeAsync(() => list.Find(".answer-acts .btn.primary").Click());
        list.WaitForAssertion(() => list.Find(".question-done").Words().ShouldStartWith("Answered in the studio at "));
        Tell(studio, first);
        await list.InvokeAsync(() => list.FindAll(".waiting-row")[1].Click());
        Tell(studio, first);
        list.WaitForAssertion(() => list.FindAll(".waiting-text").Select(t => t.Words()).ShouldBe(["Second?"]));
    }

    [Fact]
    public async Task The_only_question_is_open_at_once()
    {
        await using var studio = await StudioPage.StartAsync();
        Fake(studio).Ask(Text("Only?"));
        var list = studio.Context.Render<WaitingList>();
        list.WaitForAssertion(() => list.FindAll(".waiting-card textarea").Count.ShouldBe(1));
    }

    [Fact]
    public async Task When_nothing_waits_the_list_says_what_would_stand_there()
    {
        await using var studio = await StudioPage.StartAsync();
        var fake = Fake(studio);
        var list = studio.Context.Render<WaitingList>();
        list.WaitForAssertion(() => list.Find(".empty").Words().ShouldStartWith("Nobody is waited for"));
        list.Find(".empty").Words().ShouldContain("Ask a person");
        fake.Failure = new InvalidOperationException("The database is closed.");
        var failed = studio.Context.Render<WaitingList>();
        failed.WaitForAssertion(() => failed.Find(".empty").Words().ShouldContain("The database is closed."));
    }

    [Fact]
    public async Task More_are_read_when_they_are_asked_for()
    {
        await using var studio = await StudioPage.StartAsync();
        var fake = Fake(studio);
        for (var i = 0; i < 60; i++)
            fake.Ask(Text($"Question {i}?"), askedAt: Noon.AddMinutes(i));
        var list = studio.Context.Render<WaitingList>();
        list.WaitForAssertion(() => list.FindAll(".waiting-row").Count.ShouldBe(50));
        await list.InvokeAsync(() => list.Find(".more-line .btn").Click());
        list.WaitForAssertion(() => list.FindAll(".waiting-text")[^1].Words().ShouldBe("Question 59?"));
    }

    [Fact]
    public async Task Which_list_is_shown_stands_in_the_address_with_its_flow()
    {
        await using var studio = await StudioPage.StartAsync();
        var fake = Fake(studio);
        var flow = await studio.AddFlowAsync();
        fake.Ask(Text("Of this flow?"), flow.Id);
        fake.Ask(Text("Of another?"));
        var view = studio.Context.Render<RunsView>();
        view.WaitForAssertion(() => view.Find(".seg .count").Words().ShouldBe("2"));
        await view.InvokeAsync(() => view.FindAll(".page-head .seg button")[1].Click());
        Navigation(studio).Uri.ShouldEndWith("/runs?view=waiting");
        view.WaitForAssertion(() => view.FindAll(".waiting-row").Count.ShouldBe(2));
        view.FindAll("table").ShouldBeEmpty();
        await view.InvokeAsync(() => view.Find("select[aria-label=Flow]").Change(flow.Id.ToString()));
        Navigation(studio).Uri.ShouldEndWith($"/runs?view=waiting&flow={flow.Id}");
        view.WaitForAssertion(() => view.FindAll(".waiting-text").Select(t => t.Words()).ShouldBe(["Of this flow?"]));
        await view.InvokeAsync(() => view.FindAll(".page-head .seg button")[0].Click());
        Navigation(studio).Uri.ShouldEndWith($"/runs?flow={flow.Id}");
        view.WaitForAssertion(() => view.FindAll(".waiting-row").ShouldBeEmpty());
    }

    [Fact]
    public async Task The_rail_counts_what_waits_while_anything_does()
    {
        await using var studio = await StudioPage.StartAsync();
        var fake = Fake(studio);
        var badge = studio.Context.Render<RailLink>(p => p.Add(l => l.Place, Place.All.Single(place => place.Text == "Runs")));
        badge.FindAll(".rail-count").ShouldBeEmpty();
        var asked = fake.Ask(Text("Well?"));
        Tell(studio, asked);
        badge.WaitForAssertion(() => badge.Find("#rail-waiting").Words().ShouldBe("1 question waits for an answer"));
        fake.Settle(asked, "1", new("", AnswerVia.Api), asked.AskedAt);
        studio.Engine.Get<RunEventHub>().Publish(asked.FlowId, new RunEvents(asked.RunId).Add(RunEventTypes.NodeAnswered, "ask"));
        badge.WaitForAssertion(() => badge.FindAll(".rail-count").ShouldBeEmpty());
    }

    [Fact]
    public async Task What_waits_is_counted_once_for_all_pages_and_not_for_every_event()
    {
        await using var studio = await StudioPage.StartAsync();
        var counting = new CountingQuestions();
        await using var count = new WaitingCount(counting, studio.Engine.Get<RunEventHub>(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<WaitingCount>.Instance);
        var told = 0;
        count.Changed += () => Interlocked.Increment(ref told);
        count.Changed += () => Interlocked.Increment(ref told);
        await EngineFixture.UntilAsync(() => Task.FromResult(counting.Counted >= 2 && Volatile.Read(ref told) >= 3), "the first count is told, twice");
        var before = counting.Counted;
        var events = new RunEvents(Guid.CreateVersion7());
        for (var i = 0; i < 500; i++)
            studio.Engine.Get<RunEventHub>().Publish(Guid.Empty, events.Add(i % 2 == 0 ? RunEventTypes.NodeFinished : RunEventTypes.RunFinished, i % 2 == 0 ? "n" : null));
        studio.Engine.Get<RunEventHub>().Publish(Guid.Empty, events.Add(RunEventTypes.NodeAnswered, "n"));
        await EngineFixture.UntilAsync(() => Task.FromResult(counting.Counted > before), "an answer is counted");
        counting.Counted.ShouldBeLessThanOrEqualTo(before + 2);
    }

    /// <summary>Counts how often it is asked to count.</summary>
    sealed class CountingQuestions : IQuestions
    {
        int counted;

        public int Counted => Volatile.Read(ref counted);

        public Task<int> CountAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref counted);
            return Task.FromResult(0);
        }

        public Task<IReadOnlyList<OpenQuestion>> OpenOfRunAsync(Guid runId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<QuestionPage> ListAsync(Guid? flowId, string? cursor, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<QuestionPage> ListOldestAsync(Guid? flowId, string? cursor, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<QuestionState?> FindAsync(Guid id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<AnswerOutcome> AnswerAsync(Guid runId, Guid? questionId, System.Text.Json.JsonElement answer, Answerer by, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
