using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

/// <summary>Ask a person: what it asks, and what it makes of the answer.</summary>
public sealed class AskPersonTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    static NodeTest Ask(string kind = "text") => new NodeTest("AskPerson", NodeTest.NewCatalog(new StoppedTime())).Titled("Boss").Set("question", "Pay {order.id}, {text}?").Set("kind", kind);

    [Fact]
    public async Task The_question_is_filled_from_what_comes_in()
    {
        var wait = (await Ask().In("input", """{"order":{"id":7},"text":"Ann"}""").RunAsync()).Wait.ShouldNotBeNull();
        var question = Question.Read(wait.Question.ShouldNotBeNull());
        (question.Kind, question.Text, wait.Until).ShouldBe((QuestionKind.Text, "Pay 7, Ann?", null));
        Question.Read((await Ask().In("input", "\"Bob\"").RunAsync()).Wait.ShouldNotBeNull().Question.ShouldNotBeNull()).Text.ShouldBe("Pay , Bob?");
    }

    [Fact]
    public async Task A_question_that_comes_from_the_flow_is_taken_as_it_is()
    {
        var wait = (await Ask().In("input", """{"order":{"id":7}}""").In("question", """{"text":"Really {order.id}?","sender":"AI"}""").RunAsync()).Wait.ShouldNotBeNull();
        Question.Read(wait.Question.ShouldNotBeNull()).Text.ShouldBe("Really {order.id}?");
    }

    [Fact]
    public async Task Choices_stand_in_lines_and_fields_in_a_list()
    {
        var choice = Question.Read((await Ask("choice").Set("choices", " red \n\nblue\r\n").RunAsync()).Wait.ShouldNotBeNull().Question.ShouldNotBeNull());
        (choice.Kind, string.Join('|', choice.Choices)).ShouldBe((QuestionKind.Choice, "red|blue"));
        var form = Question.Read((await Ask("form").Set("fields", new[] { new { name = "amount", kind = "number", required = true } }).RunAsync()).Wait.ShouldNotBeNull().Question.ShouldNotBeNull());
        (form.Kind, form.Fields.ShouldHaveSingleItem().Kind, form.Fields[0].Required).ShouldBe((QuestionKind.Form, QuestionFieldKind.Number, true));
        Question.Read((await Ask("approval").RunAsync()).Wait.ShouldNotBeNull().Question.ShouldNotBeNull()).Kind.ShouldBe(QuestionKind.Approval);
    }

    [Theory]
    [InlineData(90, "seconds", 90)]
    [InlineData(1.5, "minutes", 90)]
    [InlineData(2, "hours", 7200)]
    [InlineData(3, "days", 259200)]
    [InlineData(0, "days", null)]
    public async Task A_time_limit_counts_in_its_unit(double limit, string unit, int? seconds) =>
        (await Ask().Set("time_limit", limit).Set("time_limit_unit", unit).RunAsync()).Wait.ShouldNotBeNull().Until.ShouldBe(seconds is { } s ? Noon.AddSeconds(s) : null);

    [Theory]
    [InlineData("text", "\"Yes, do.\"", "answer", "\"Yes, do.\"")]
    [InlineData("choice", "\"red\"", "answer", "\"red\"")]
    [InlineData("approval", """{"approved":true}""", "answer|approved", "\"Approved\"|{\"n\":1}")]
    [InlineData("approval", """{"approved":false,"comment":"too dear"}""", "answer|rejected", "\"Rejected: too dear\"|{\"n\":1}")]
    [InlineData("form", """{"amount":7}""", "answer|form", "\"{\\\"amount\\\":7}\"|{\"amount\":7}")]
    public async Task An_answer_leaves_at_the_ports_of_its_kind(string kind, string answer, string ports, string values)
    {
        var node = Ask(kind).In("input", """{"n":1}""");
        node.Resumed = new NodeResume(Noon, Until: null, NodeTest.Json(answer)) { By = new Answerer("Ada", AnswerVia.Link), AnsweredAt = Noon.AddMinutes(1) };
        var outputs = (await node.RunAsync()).Outputs;
        outputs.Select(o => o.Port).ShouldBe([.. ports.Split('|'), "answered_by"]);
        outputs.SkipLast(1).Select(o => o.Value.GetRawText()).ShouldBe(values.Split('|'));
        outputs[^1].Value.GetRawText().ShouldBe("""{"who":"Ada","via":"link","at":"2026-11-21T12:01:00Z"}""");
    }

    [Fact]
    public async Task Without_an_answer_what_came_in_leaves_at_time_over()
    {
        var node = Ask().In("input", """{"n":1}""");
        node.Resumed = new NodeResume(Noon, Noon, Answer: null);
        var output = (await node.RunAsync()).Outputs.ShouldHaveSingleItem();
        (output.Port, output.Value.GetRawText()).ShouldBe(("timed_out", """{"n":1}"""));
    }

    [Theory]
    [InlineData("text", 0, "answer|answered_by")]
    [InlineData("choice", 1, "answer|answered_by|timed_out")]
    [InlineData("approval", 0, "answer|answered_by|approved|rejected")]
    [InlineData("form", 2, "answer|answered_by|form|timed_out")]
    public void It_has_the_ports_that_its_settings_need(string kind, double limit, string ports) =>
        NodeTest.Catalog.ShapeOf(Ask(kind).Set("time_limit", limit).Node).ShouldNotBeNull().Outputs.Select(o => o.Name).ShouldBe(ports.Split('|'));

    [Fact]
    public async Task An_empty_question_asks_nobody()
    {
        (await Ask().Set("question", " {nothing} ").FailsAsync()).Code.ShouldBe("empty_question");
        (await Ask().In("question", JsonText.Element(new string('x', 70_000)).GetRawText()).FailsAsync()).Code.ShouldBe("question_too_long");
        (await Ask("choice").Set("choices", "a\na").FailsAsync()).Message.ShouldContain("a choice stands there twice");
        (await Ask("form").Set("fields", 7).FailsAsync()).Message.ShouldContain("a list of 1 to 50 fields");
    }

    [Fact]
    public void What_is_wrong_with_its_settings_is_told_before_it_runs()
    {
        Problems(Ask("choice").Set("choices", "")).ShouldBe([("missing_setting", "choices")]);
        Problems(Ask("choice").Set("choices", "a\na")).ShouldBe([("invalid_setting", "choices")]);
        Problems(Ask("form")).ShouldBe([("missing_setting", "fields")]);
        Problems(Ask("form").Set("fields", new[] { new { name = "", kind = "date" } })).ShouldBe([("invalid_setting", "fields"), ("invalid_setting", "fields")]);
        Problems(Ask().Set("time_limit", 9_999).Set("time_limit_unit", "days")).ShouldBe([("invalid_setting", "time_limit")]);
        Problems(Ask().Set("question", "Pay {order?")).ShouldContain(("invalid_setting", "question"));
        Problems(Ask()).ShouldBeEmpty();
        Problems(Ask("approval").Set("fields", "x").Set("choices", "")).ShouldBeEmpty();
    }

    static IReadOnlyList<(string Code, string? Field)> Problems(NodeTest node) => [.. node.Problems().Where(p => p.Severity is ProblemSeverity.Error).Select(p => (p.Code, p.Field))];

    sealed class StoppedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Noon;
    }
}
