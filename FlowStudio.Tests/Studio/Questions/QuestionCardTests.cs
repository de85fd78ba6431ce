using Bunit;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Questions;
using FlowStudio.Web.Studio.Shared;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Questions;

public sealed class QuestionCardTests : IAsyncDisposable
{
    static readonly Answerer Ada = new("Ada", AnswerVia.Link);

    readonly BunitContext context = new();
    readonly FakeQuestions questions = new();
    readonly RunEventHub hub = new();

    public QuestionCardTests()
    {
        BunitContext.DefaultWaitTimeout = TimeSpan.FromSeconds(15);
        context.JSInterop.Mode = JSRuntimeMode.Loose;
        context.Services.AddSingleton<IQuestions>(questions).AddSingleton(hub).AddSingleton(TimeProvider.System).AddSingleton<WaitingCount>().AddScoped<LocalTimes>();
    }

    IRenderedComponent<QuestionCard> Show(Question question, DateTimeOffset? until = null, AnswerVia via = AnswerVia.Studio)
    {
        var asked = questions.Ask(question, until: until);
        return context.Render<QuestionCard>(p => p.Add(c => c.Open, asked).Add(c => c.Via, via));
    }

    static Question Text(string text = "**Which** address?") => new() { Kind = QuestionKind.Text, Text = text };

    [Fact]
    public async Task A_question_is_shown_as_Markdown_and_answered_in_words()
    {
        var card = Show(Text(), via: AnswerVia.Chat);
        card.Find(".markdown strong").Words().ShouldBe("Which");
        card.Find("header").Words().ShouldStartWith("Ask a personwaits for an answerasked ");
        await card.InvokeAsync(() => card.Find("textarea").Input("Main street 1"));
        await card.InvokeAsync(() => card.Find(".btn.primary").Click());
        card.WaitForAssertion(() => card.Find(".question-done").Words().ShouldMatch(@"^Answered in the chat at \d\d:\d\d:\d\d\.Main street 1$"));
        questions.Answers.ShouldHaveSingleItem().ShouldBe((card.Instance.Open.Id, "\"Main street 1\"", new Answerer("", AnswerVia.Chat)));
        card.FindAll("textarea").ShouldBeEmpty();
    }

    [Fact]
    public async Task An_empty_answer_is_refused_at_its_control()
    {
        var card = Show(Text());
        await card.InvokeAsync(() => card.Find(".btn.primary").Click());
        var field = card.Find("textarea");
        field.GetAttribute("aria-invalid").ShouldBe("true");
        card.Find($"#{field.GetAttribute("aria-describedby")}").Words().ShouldBe("Write an answer first.");
        questions.Answers.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_choice_is_answered_by_its_button()
    {
        var card = Show(new() { Kind = QuestionKind.Choice, Text = "Size?", Choices = ["Small", "Large"] });
        await card.InvokeAsync(() => card.FindAll(".answer-acts .btn")[1].Click());
        card.WaitForAssertion(() => questions.Answers.ShouldHaveSingleItem().Answer.ShouldBe("\"Large\""));
    }

    [Fact]
    public async Task Of_many_choices_one_is_marked_and_sent()
    {
        var card = Show(new() { Kind = QuestionKind.Choice, Text = "Size?", Choices = [.. Enumerable.Range(1, 8).Select(i => $"Size {i}")] });
        await card.InvokeAsync(() => card.Find(".btn.primary").Click());
        card.Find(".field-error").Words().ShouldBe("Pick one.");
        await card.InvokeAsync(() => card.FindAll("input[type=radio]")[6].Change("Size 7"));
        await card.InvokeAsync(() => card.Find(".btn.primary").Click());
        card.WaitForAssertion(() => questions.Answers.ShouldHaveSingleItem().Answer.ShouldBe("\"Size 7\""));
    }

    [Fact]
    public async Task A_rejection_takes_the_comment_along()
    {
        var card = Show(new() { Kind = QuestionKind.Approval, Text = "Pay 118.40 EUR?" });
        await card.InvokeAsync(() => card.Find("textarea").Input("Too dear"));
        await card.InvokeAsync(() => card.Find(".btn.danger").Click());
        card.WaitForAssertion(() => card.Find(".question-done .pill.bad").Words().ShouldBe("Rejected"));
        questions.Answers.ShouldHaveSingleItem().Answer.ShouldBe("""{"approved":false,"comment":"Too dear"}""");
    }

    [Fact]
    public async Task A_form_says_what_is_wrong_at_the_field_and_sends_typed_values()
    {
        var card = Show(new()
        {
            Kind = QuestionKind.Form,
            Text = "Refund",
            Fields = [new() { Name = "amount", Label = "Amount", Kind = QuestionFieldKind.Number, Required = true }, new() { Name = "now", Label = "At once", Kind = QuestionFieldKind.Boolean }],
        });
        card.Find("label.field-label").Words().ShouldBe("Amount");
        await card.InvokeAsync(() => card.Find(".btn.primary").Click());
        card.Find(".field-error").Words().ShouldBe("This is needed.");
        await card.InvokeAsync(() => card.Find("input[inputmode=decimal]").Input("12.5"));
        await card.InvokeAsync(() => card.Find("input[type=checkbox]").Change(true));
        await card.InvokeAsync(() => card.Find(".btn.primary").Click());
        card.WaitForAssertion(() => card.FindAll("dd").Select(d => d.Words()).ShouldBe(["12.5", "yes"]));
        questions.Answers.ShouldHaveSingleItem().Answer.ShouldBe("""{"amount":12.5,"now":true}""");
    }

    [Fact]
    public async Task A_run_that_was_stopped_goes_on_without_a_value()
    {
        var card = Show(Question.Interrupt(InterruptWhen.Before));
        card.Find(".question-body p").Words().ShouldBe("The run was told to stop before Ask a person, and goes on from there.");
        card.Find(".btn.primary").Words().ShouldBe("Go on");
        await card.InvokeAsync(() => card.Find(".btn.primary").Click());
        card.WaitForAssertion(() => questions.Answers.ShouldHaveSingleItem().Answer.ShouldBe("null"));
    }

    [Fact]
    public async Task Who_was_quicker_is_named()
    {
        var card = Show(Text());
        await card.InvokeAsync(() => card.Find("textarea").Input("Mine"));
        questions.Next = new AnswerOutcome.AlreadyAnswered(card.Instance.Open, card.Instance.Open.AskedAt, Ada);
        await card.InvokeAsync(() => card.Find(".btn.primary").Click());
        card.WaitForAssertion(() => card.Find(".question-done").Words().ShouldStartWith("Answered by Ada, by link at"));
        questions.Answers.ShouldBeEmpty();
    }

    [Fact]
    public void What_somebody_else_answers_is_told_while_one_still_writes()
    {
        var card = Show(Text());
        var asked = card.Instance.Open;
        questions.Settle(asked, "\"Theirs\"", Ada, asked.AskedAt);
        hub.Publish(asked.FlowId, new RunEvents(asked.RunId).Add(RunEventTypes.NodeAnswered, "ask"));
        card.WaitForAssertion(() => card.Find(".question-done").Words().ShouldStartWith("Answered by Ada, by link at"));
        card.Find(".question-done").Words().ShouldEndWith("Theirs");
    }

    [Fact]
    public async Task A_refusal_leaves_what_was_written()
    {
        var card = Show(Text());
        await card.InvokeAsync(() => card.Find("textarea").Input("Mine"));
        questions.Failure = new StorageException("disk_full", "The disk is full.");
        await card.InvokeAsync(() => card.Find(".btn.primary").Click());
        card.WaitForAssertion(() => card.Find(".field-error").Words().ShouldBe("The answer was not taken: The disk is full."));
        card.Find("textarea").GetAttribute("value").ShouldBe("Mine");
        (questions.Failure, questions.Next) = (null, new AnswerOutcome.NotWaiting("The run has ended."));
        await card.InvokeAsync(() => card.Find(".btn.primary").Click());
        card.WaitForAssertion(() => card.Find(".question-done").Words().ShouldBe("The run has ended."));
    }

    [Fact]
    public void The_time_that_is_left_is_told()
    {
        var card = Show(Text(), until: TimeProvider.System.GetUtcNow().AddMinutes(12).AddSeconds(5));
        card.Find(".question-facts").Words().ShouldEndWith("ends in 12 min");
    }

    public ValueTask DisposeAsync() => context.DisposeAsync();
}
