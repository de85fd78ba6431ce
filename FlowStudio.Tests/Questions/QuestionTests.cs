using FlowStudio.Engine;
using FlowStudio.Engine.Questions;
using FlowStudio.Tests.Components;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Questions;

/// <summary>What a question takes for an answer, and how it is written.</summary>
public sealed class QuestionTests
{
    static readonly Question Text = new() { Kind = QuestionKind.Text, Text = "Why?" };
    static readonly Question Choice = new() { Kind = QuestionKind.Choice, Text = "Which?", Choices = ["red", "blue"] };
    static readonly Question Approval = new() { Kind = QuestionKind.Approval, Text = "Go?" };

    static readonly Question Form = new()
    {
        Kind = QuestionKind.Form,
        Text = "Fill in.",
        Fields =
        [
            new() { Name = "name", Required = true },
            new() { Name = "note", Label = "A note", Kind = QuestionFieldKind.LongText },
            new() { Name = "amount", Kind = QuestionFieldKind.Number, Required = true },
            new() { Name = "express", Kind = QuestionFieldKind.Boolean },
            new() { Name = "colour", Kind = QuestionFieldKind.Choice, Choices = ["red", "blue"] },
        ],
    };

    static Question Of(string kind) => kind switch
    {
        "text" => Text,
        "choice" => Choice,
        "approval" => Approval,
        "form" => Form,
        "before" => Question.Interrupt(InterruptWhen.Before),
        _ => Question.Interrupt(InterruptWhen.After),
    };

    [Theory]
    [InlineData("text", "\"Because.\"", "\"Because.\"")]
    [InlineData("choice", "\"red\"", "\"red\"")]
    [InlineData("approval", "true", """{"approved":true}""")]
    [InlineData("approval", "false", """{"approved":false}""")]
    [InlineData("approval", """{"approved":true,"comment":" "}""", """{"approved":true}""")]
    [InlineData("approval", """{"comment":"too dear","approved":false}""", """{"approved":false,"comment":"too dear"}""")]
    [InlineData("approval", """{"approved":true,"comment":null}""", """{"approved":true}""")]
    [InlineData("form", """{"amount":7.5,"name":"Zoë"}""", """{"name":"Zoë","amount":7.5}""")]
    [InlineData("form", """{"name":"a","amount":"12","express":"true","colour":"blue","note":""}""", """{"name":"a","amount":12,"express":true,"colour":"blue"}""")]
    [InlineData("form", """{"name":"a","amount":1,"express":null,"colour":null}""", """{"name":"a","amount":1}""")]
    [InlineData("before", "null", "null")]
    [InlineData("after", """{"any":["thing"]}""", """{"any":["thing"]}""")]
    public void An_answer_that_fits_is_taken_in_its_normal_form(string kind, string answer, string taken)
    {
        var check = Of(kind).Check(NodeTest.Json(answer));
        check.Problem.ShouldBeNull();
        check.Answer.ShouldNotBeNull().GetRawText().ShouldBe(taken);
    }

    [Theory]
    [InlineData("text", "7", "must be a text, not a number")]
    [InlineData("text", "null", "must be a text, not nothing")]
    [InlineData("text", "\"  \"", "is empty")]
    [InlineData("choice", "\"green\"", "is 'green', but must be one of 'red', 'blue'")]
    [InlineData("choice", "[\"red\"]", "must be one of 'red', 'blue', not a list")]
    [InlineData("approval", "\"yes\"", "{\"approved\": true}")]
    [InlineData("approval", "{}", "'approved' is missing")]
    [InlineData("approval", """{"approved":"yes","comment":7}""", "'approved' must be true or false, not a text. 'comment' must be a text, not a number.")]
    [InlineData("approval", """{"approved":true,"why":1}""", "'why' is not asked for; known are approved, comment.")]
    [InlineData("form", "[]", "must be an object with 'name', 'note', 'amount', 'express', 'colour', not a list")]
    [InlineData("form", """{"name":" ","note":3,"express":"maybe","colour":"green","x":1}""",
        "'x' is not asked for; known are name, note, amount, express, colour. 'name' is missing. 'note' must be a text, not a number. 'amount' is missing. "
        + "'express' must be true or false, not a text. 'colour' is 'green', but must be one of 'red', 'blue'.")]
    [InlineData("form", """{"name":"a","amount":"a lot"}""", "'amount' must be a number, not a text.")]
    [InlineData("form", """{"name":"a","amount":1e999}""", "too large a number")]
    [InlineData("form", """{"name":"a","amount":"1e999"}""", "'amount' must be a number")]
    public void What_does_not_fit_is_told_all_at_once(string kind, string answer, string problem)
    {
        var check = Of(kind).Check(NodeTest.Json(answer));
        check.Answer.ShouldBeNull();
        check.Problem.ShouldNotBeNull().ShouldContain(problem);
    }

    [Fact]
    public void An_answer_may_have_a_quarter_of_a_mebibyte()
    {
        Text.Check(JsonText.Element(new string('x', 262_142))).Problem.ShouldBeNull();
        Text.Check(JsonText.Element(new string('x', 262_143))).Problem.ShouldNotBeNull().ShouldContain("262,145 bytes");
    }

    [Theory]
    [InlineData("text")]
    [InlineData("choice")]
    [InlineData("approval")]
    [InlineData("form")]
    [InlineData("before")]
    [InlineData("after")]
    public void A_question_is_read_back_as_it_was_written(string kind)
    {
        var json = Of(kind).ToJson();
        var read = Question.Read(json);
        read.ToJson().GetRawText().ShouldBe(json.GetRawText());
        (read.Kind, read.Text, read.When).ShouldBe((Of(kind).Kind, Of(kind).Text, Of(kind).When));
    }

    [Fact]
    public void Its_json_is_what_others_rely_on()
    {
        Question.Interrupt(InterruptWhen.Before).ToJson().GetRawText().ShouldBe("""{"kind":"interrupt","when":"before"}""");
        Choice.ToJson().GetRawText().ShouldBe("""{"kind":"choice","text":"Which?","choices":["red","blue"]}""");
        new Question { Kind = QuestionKind.Form, Text = "F", Fields = [new() { Name = "a", Kind = QuestionFieldKind.LongText }, new() { Name = "b", Label = "B?", Kind = QuestionFieldKind.Choice, Choices = ["x"], Required = true }] }
            .ToJson().GetRawText().ShouldBe(
                """{"kind":"form","text":"F","fields":[{"name":"a","label":"a","kind":"long_text","required":false},{"name":"b","label":"B?","kind":"choice","required":true,"choices":["x"]}]}""");
    }

    [Theory]
    [InlineData("\"Only a text\"")]
    [InlineData("[1,2]")]
    [InlineData("""{"kind":7,"text":[],"choices":"x","fields":[1,{"name":""},{"label":"x"}]}""")]
    [InlineData("null")]
    public void Whatever_else_stands_there_is_a_question_for_a_text(string json) => Question.Read(NodeTest.Json(json)).Kind.ShouldBe(QuestionKind.Text);

    [Theory]
    [InlineData("{}", "a list of 1 to 50 fields")]
    [InlineData("[]", "a list of 1 to 50 fields")]
    [InlineData("[7]", "field 1 must be an object with a name")]
    [InlineData("""[{"name":"","kind":"date","required":"yes","choices":[1],"hint":"x"}]""",
        "field 1 has no 'hint'; known are name, label, kind, required, choices|field 1 needs a name|the kind of field 1 must be|'required' of field 1 must be|'choices' of field 1 must be")]
    [InlineData("""[{"name":"a"},{"name":"a","kind":"choice"}]""", "field 2: there is nothing to choose from|two fields are called a")]
    [InlineData("""[{"name":7,"label":true}]""", "'name' of field 1 must be a text|'label' of field 1 must be a text")]
    public void Every_flaw_of_a_form_is_told(string setting, string flaws)
    {
        FormFields.Read(NodeTest.Json(setting), out var problems).ShouldBeEmpty();
        foreach (var flaw in flaws.Split('|'))
            problems.ShouldContain(p => p.Contains(flaw, StringComparison.Ordinal), string.Join("; ", problems));
    }

    [Fact]
    public void A_form_is_read_with_its_defaults()
    {
        var fields = FormFields.Read(NodeTest.Json("""[{"name":"a"},{"name":"b","label":"B","kind":"choice","choices":["x","y"],"required":true}]"""), out var problems);
        problems.ShouldBeEmpty();
        (fields[0].Label, fields[0].Kind, fields[0].Required).ShouldBe(("a", QuestionFieldKind.Text, false));
        (fields[1].Label, fields[1].Kind, fields[1].Required).ShouldBe(("B", QuestionFieldKind.Choice, true));
        fields[1].Choices.ShouldBe(["x", "y"]);
    }
}
