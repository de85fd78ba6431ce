using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class WebhookTests
{
    [Theory]
    [InlineData("""{"a":1}""")]
    [InlineData("[1,2]")]
    [InlineData("\"text\"")]
    [InlineData("0")]
    public async Task The_body_is_passed_on_as_it_came(string body) =>
        (await With(body).OutputAsync("output_data")).GetRawText().ShouldBe(body);

    [Fact]
    public async Task A_posted_null_is_an_empty_object_and_never_the_sample()
    {
        var node = With("null").Set("data", """{"sample":true}""");
        node.Run = node.Run with { Trigger = RunTrigger.Webhook };
        (await node.OutputAsync("output_data")).GetRawText().ShouldBe("{}");
    }

    [Theory]
    [InlineData("""{"sample":true}""", """{"sample":true}""")]
    [InlineData("no json", """{"payload":"no json"}""")]
    [InlineData("", "{}")]
    public async Task Started_without_input_it_gives_the_sample(string sample, string expected)
    {
        var node = With("null").Set("data", sample);
        node.Run = node.Run with { Trigger = RunTrigger.Studio };
        (await node.OutputAsync("output_data")).GetRawText().ShouldBe(expected);
    }

    [Fact]
    public async Task Headers_query_and_method_are_outputs()
    {
        var node = With("{}");
        node.Run = node.Run with { Call = new CallDetails("POST", [new("X-GitHub-Event", "push"), new("Via", "a"), new("via", "b")], [new("page", "2"), new("tag", "x"), new("tag", "y")]) };
        (await node.OutputAsync("headers")).GetRawText().ShouldBe("""{"x-github-event":"push","via":["a","b"]}""");
        (await node.OutputAsync("query")).GetRawText().ShouldBe("""{"page":"2","tag":["x","y"]}""");
        (await node.TextAsync("method")).ShouldBe("POST");
    }

    [Fact]
    public async Task Outputs_that_nobody_takes_are_not_made()
    {
        var node = With("{}");
        node.Connected = ["output_data"];
        (await node.RunAsync()).Outputs.Select(o => o.Port).ShouldBe(["output_data"]);
    }

    static NodeTest With(string body)
    {
        var node = new NodeTest("Webhook");
        node.Run = node.Run with { Input = NodeTest.Json(body) };
        return node;
    }
}

public class DataToMessageTests
{
    [Fact]
    public async Task The_template_is_filled() =>
        (await new NodeTest("DataToMessage").Set("template", "{order.id}: {status}").In("data", """{"order":{"id":7},"status":"paid"}""").TextAsync("text")).ShouldBe("7: paid");

    [Fact]
    public async Task A_missing_key_is_the_empty_string() =>
        (await new NodeTest("DataToMessage").Set("template", "<{nothing.here}>").In("data", """{"a":1}""").TextAsync("text")).ShouldBe("<>");

    [Theory]
    [InlineData("\"hello\"", "hello/hello/hello")]
    [InlineData("42", "42/42/42")]
    [InlineData("true", "true/true/true")]
    [InlineData("""{"text":"t","payload":"p"}""", """t/p/{"text":"t","payload":"p"}""")]
    [InlineData("{}", "//{}")]
    [InlineData("null", "//")]
    public async Task A_value_that_is_no_object_is_its_own_text(string data, string expected) =>
        (await new NodeTest("DataToMessage").Set("template", "{text}/{payload}/{data}").In("data", data).TextAsync("text")).ShouldBe(expected);

    [Fact]
    public async Task A_list_gives_one_text_per_item()
    {
        var node = new NodeTest("DataToMessage").Set("template", "{n}").Set("sep", ", ").In("data", """[{"n":1},{"n":2}]""", """{"n":3}""");
        (await node.TextAsync("text")).ShouldBe("1, 2, 3");
        (await node.OutputAsync("data_list")).GetRawText().ShouldBe("""[{"n":1,"text":"1"},{"n":2,"text":"2"},{"n":3,"text":"3"}]""");
        (await new NodeTest("DataToMessage").In("data", "[]").TextAsync("text")).ShouldBe("");
    }

    [Fact]
    public async Task The_list_has_no_second_text() =>
        (await new NodeTest("DataToMessage").Set("template", "new {text}").In("data", """{"text":"old","k":1}""").OutputAsync("data_list")).GetRawText().ShouldBe("""[{"k":1,"text":"new old"}]""");

    [Fact]
    public async Task Defaults_are_the_text_and_a_line_break() =>
        (await new NodeTest("DataToMessage").In("data", """[{"text":"a"},{"text":"b"}]""").TextAsync("text")).ShouldBe("a\nb");

    [Fact]
    public void A_template_error_is_a_problem_with_its_place()
    {
        var problem = new NodeTest("DataToMessage").Set("template", "ok\n{a!}").Problems().ShouldHaveSingleItem();
        (problem.Code, problem.Severity, problem.NodeId, problem.Field).ShouldBe(("invalid_setting", ProblemSeverity.Error, "n1", "template"));
        problem.Message.ShouldContain("line 2, column 3");
    }

    [Fact]
    public void The_paths_it_reads_are_known()
    {
        var node = new NodeTest("DataToMessage").Set("template", "{order.id} {items[0]}");
        node.Descriptor.ReadsPaths.ShouldNotBeNull()(node.Node).ShouldBe(["order.id", "items[0]"]);
    }
}

public class PromptTests
{
    [Fact]
    public async Task Variables_come_from_inputs()
    {
        var node = new NodeTest("Prompt").Set("template", "{question} {{json}} {data} {n} {yes}")
            .In("question", """{"text":"Why?","sender":"User"}""").In("data", """{"text":"t","k":1}""").In("n", "1.50").In("yes", "true");
        (await node.TextAsync("prompt")).ShouldBe("""Why? {json} {"text":"t","k":1} 1.50 true""");
    }

    [Fact]
    public async Task A_value_with_braces_is_not_expanded() =>
        (await new NodeTest("Prompt").Set("template", "{a}{b}").In("a", "\"{b}\"").In("b", "\"x\"").TextAsync("prompt")).ShouldBe("{b}x");

    [Fact]
    public async Task A_setting_named_like_a_variable_is_its_value_when_nothing_is_connected()
    {
        var node = new NodeTest("Prompt").Set("template", "{tone}!").Set("tone", "friendly");
        (await node.TextAsync("prompt")).ShouldBe("friendly!");
        node.Problems().ShouldBeEmpty();
        NodeTest.Catalog.ShapeOf(node.Node).ShouldNotBeNull().FilledInputs.ShouldBe(["tone"]);
        (await node.In("tone", "\"stern\"").TextAsync("prompt")).ShouldBe("stern!");
    }

    [Fact]
    public void Each_variable_is_a_required_input()
    {
        var shape = NodeTest.Catalog.ShapeOf(new NodeTest("Prompt").Set("template", "{b} {a} {b}").Node).ShouldNotBeNull();
        shape.Inputs.Select(i => i.Name).ShouldBe(["b", "a"]);
        shape.Inputs.ShouldAllBe(i => i.Required && !i.Many && i.Accepts.SequenceEqual(new[] { PortType.Message, PortType.Data, PortType.Number, PortType.Boolean }));
        shape.Inputs[0].Title.ShouldBe("b");
    }

    [Theory]
    [InlineData("{order.id}", "Data to Message")]
    [InlineData("{a[0]}", "Data to Message")]
    [InlineData("{a b}", "letters, digits and underscores")]
    [InlineData("{1a}", "letters, digits and underscores")]
    [InlineData("{template}", "Choose another")]
    public void What_is_no_name_is_a_problem(string template, string advice)
    {
        var problem = new NodeTest("Prompt").Set("template", template).Problems().ShouldHaveSingleItem();
        problem.Code.ShouldBe("invalid_setting");
        problem.Message.ShouldContain(template);
        problem.Advice.ShouldContain(advice);
    }

    [Fact]
    public void A_missing_template_too_many_variables_and_a_template_from_a_variable_are_problems()
    {
        new NodeTest("Prompt").Problems().ShouldHaveSingleItem().Code.ShouldBe("missing_setting");
        new NodeTest("Prompt").Set("template", string.Concat(Enumerable.Range(0, 101).Select(i => $"{{v{i}}}"))).Problems().ShouldHaveSingleItem().Message.ShouldContain("101");
        new NodeTest("Prompt").Set("template", new { variable = "X" }).Problems().ShouldHaveSingleItem().Message.ShouldContain("can't come from a variable");
    }
}

public class DelayTests
{
    static readonly DateTimeOffset Now = StoppedClock.Noon;

    [Fact]
    public async Task A_long_wait_puts_the_run_to_sleep_and_then_passes_its_input_on()
    {
        var node = new NodeTest("Delay", NodeTest.NewCatalog(new StoppedClock())).Set("minutes", 90).Set("days", 1).Set("seconds", 0.5).In("input", """{"k":[1]}""");
        var result = await node.RunAsync();
        result.Outputs.ShouldBeEmpty();
        result.Wait.ShouldNotBeNull().Until.ShouldBe(Now + new TimeSpan(1, 1, 30, 0, 500));
        node.Resumed = new NodeResume(Now, Now, Answer: null);
        (await node.OutputAsync("output")).GetRawText().ShouldBe("""{"k":[1]}""");
    }

    [Fact]
    public async Task A_short_wait_is_waited_for()
    {
        var node = new NodeTest("Delay").Set("seconds", 0.02).In("input", "7");
        var result = await node.RunAsync();
        result.Wait.ShouldBeNull();
        result.Outputs.ShouldHaveSingleItem().Value.GetRawText().ShouldBe("7");
    }

    [Fact]
    public async Task A_short_wait_ends_when_the_run_is_canceled()
    {
        using var stop = new CancellationTokenSource();
        var waiting = new NodeTest("Delay").Set("seconds", 1).In("input", "7").RunAsync(stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await waiting);
    }

    [Fact]
    public async Task Ten_years_can_be_waited_for() =>
        (await new NodeTest("Delay", NodeTest.NewCatalog(new StoppedClock())).Set("days", 3_660).In("input", "1").RunAsync()).Wait.ShouldNotBeNull().Until.ShouldBe(Now.AddDays(3_660));

    [Fact]
    public void No_time_is_a_warning_and_a_negative_one_an_error()
    {
        var warning = new NodeTest("Delay").Problems().ShouldHaveSingleItem();
        (warning.Code, warning.Severity).ShouldBe(("missing_setting", ProblemSeverity.Warning));
        new NodeTest("Delay").Set("hours", -1).Problems().ShouldHaveSingleItem().Severity.ShouldBe(ProblemSeverity.Error);
    }
}
