using FlowStudio.Engine.Questions;
using FlowStudio.Web.Studio.Questions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Questions;

public class AnswerDraftTests
{
    static readonly Question Form = new()
    {
        Kind = QuestionKind.Form,
        Text = "How much?",
        Fields =
        [
            new() { Name = "amount", Label = "Amount", Kind = QuestionFieldKind.Number, Required = true },
            new() { Name = "why", Kind = QuestionFieldKind.LongText },
            new() { Name = "paid", Kind = QuestionFieldKind.Boolean },
            new() { Name = "size", Kind = QuestionFieldKind.Choice, Choices = ["S", "M"], Required = true },
        ],
    };

    [Fact]
    public void A_text_is_sent_as_it_was_written()
    {
        var draft = new AnswerDraft(new() { Kind = QuestionKind.Text, Text = "Why?" }) { Text = "Because \"so\"\nand so" };
        draft.Take().ShouldNotBeNull().GetString().ShouldBe("Because \"so\"\nand so");
        draft.IsWrong.ShouldBeFalse();
    }

    [Theory]
    [InlineData(QuestionKind.Text)]
    [InlineData(QuestionKind.Choice)]
    public void Without_an_answer_it_says_so(QuestionKind kind)
    {
        var draft = new AnswerDraft(new() { Kind = kind, Text = "Why?", Choices = ["a", "b"] }) { Text = "  " };
        draft.Take().ShouldBeNull();
        draft.Problem.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(true, "  ", """{"approved":true}""")]
    [InlineData(false, " too dear ", """{"approved":false,"comment":"too dear"}""")]
    public void A_yes_or_no_comes_with_what_was_said_to_it(bool approved, string comment, string json) =>
        new AnswerDraft(new() { Kind = QuestionKind.Approval, Text = "Pay?" }) { Comment = comment }.Take(approved).ShouldNotBeNull().GetRawText().ShouldBe(json);

    [Fact]
    public void A_form_says_at_each_field_what_is_wrong_with_it()
    {
        var draft = new AnswerDraft(Form) { ["amount"] = "a lot", ["size"] = "XXL" };
        draft.Take().ShouldBeNull();
        draft.ProblemOf("amount").ShouldNotBeNull().ShouldContain("“a lot” is no number");
        draft.ProblemOf("size").ShouldBe("Pick one of the list.");
        draft.ProblemOf("why").ShouldBeNull();
        draft["amount"] = "";
        draft.Take().ShouldBeNull();
        draft.ProblemOf("amount").ShouldBe("This is needed.");
    }

    [Fact]
    public void A_form_gives_numbers_and_yes_or_no_as_such_and_leaves_out_what_is_empty()
    {
        var draft = new AnswerDraft(Form) { ["amount"] = " 12,5 ", ["paid"] = "true", ["size"] = "M" };
        draft.Take().ShouldNotBeNull().GetRawText().ShouldBe("""{"amount":12.5,"paid":true,"size":"M"}""");
    }

    [Theory]
    [InlineData("", "null")]
    [InlineData("{\"a\": 1}", "{\"a\": 1}")]
    public void A_stopped_run_goes_on_with_a_value_or_with_none(string typed, string json) =>
        new AnswerDraft(Question.Interrupt(InterruptWhen.Before)) { Text = typed }.Take().ShouldNotBeNull().GetRawText().ShouldBe(json);

    [Fact]
    public void What_is_no_JSON_is_said_to_be_none()
    {
        var draft = new AnswerDraft(Question.Interrupt(InterruptWhen.After)) { Text = "go on" };
        draft.Take().ShouldBeNull();
        draft.Problem.ShouldNotBeNull().ShouldContain("A text stands in quotes.");
    }

    [Theory]
    [InlineData(2, 5, true, true)]
    [InlineData(6, 5, false, true)]
    [InlineData(2, 60, false, true)]
    [InlineData(13, 5, false, false)]
    public void Few_short_choices_are_buttons_and_very_many_a_list_that_opens(int count, int length, bool buttons, bool shown)
    {
        var draft = new AnswerDraft(new() { Kind = QuestionKind.Choice, Choices = [.. Enumerable.Range(0, count).Select(i => $"{i}".PadRight(length, 'x'))] });
        (draft.HasButtons, draft.ShowsAll).ShouldBe((buttons, shown));
    }

    [Theory]
    [InlineData("## Refund **Ada**?\nMore", "Refund Ada?")]
    [InlineData("", "An answer is wanted")]
    public void A_question_is_told_in_a_line(string text, string line) => AnswerWords.Line(new() { Kind = QuestionKind.Text, Text = text }).ShouldBe(line);
}
