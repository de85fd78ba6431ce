using FlowStudio.Engine.Components;
using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class RunFlowTests
{
    static readonly Guid Child = Guid.Parse("01938f5e-0000-7000-8000-00000000000a");

    [Fact]
    public async Task It_starts_the_flow_with_its_input_and_waits_for_the_run()
    {
        var node = New(RunStatus.Queued).In("input", """{"a":1}""");
        var result = await node.RunAsync();
        node.Children.Single().Flow.ShouldBe("other");
        node.Children.Single().Input.GetRawText().ShouldBe("""{"a":1}""");
        result.Wait?.RunId.ShouldBe(Child);
        result.Outputs.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_an_input_it_starts_the_flow_with_an_empty_object()
    {
        var node = New(RunStatus.Queued);
        await node.RunAsync();
        node.Children.Single().Input.GetRawText().ShouldBe("{}");
    }

    [Fact]
    public async Task When_the_run_has_ended_it_gives_its_output_and_which_run_it_was()
    {
        var node = New(RunStatus.Succeeded, output: "\"done\"");
        node.Resumed = new NodeResume(default, Until: null, Answer: null, Child);
        (await node.TextAsync("output")).ShouldBe("done");
        (await node.OutputAsync("run")).GetRawText().ShouldBe($$"""{"run_id":"{{Child}}","flow_id":"{{Guid.Empty}}","status":"succeeded"}""");
        node.Children.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_run_that_had_succeeded_before_is_not_waited_for() =>
        (await New(RunStatus.Succeeded, output: "1").OutputAsync("output")).GetInt32().ShouldBe(1);

    [Theory]
    [InlineData(RunStatus.Failed, "child_failed", "failed: No luck.")]
    [InlineData(RunStatus.TimedOut, "child_timed_out", "took too long: No luck.")]
    [InlineData(RunStatus.Canceled, "child_canceled", "was canceled: No luck.")]
    public async Task A_run_that_did_not_succeed_is_the_step_s_error(RunStatus status, string code, string words)
    {
        var node = New(status);
        node.Resumed = new NodeResume(default, Until: null, Answer: null, Child);
        var error = await node.FailsAsync();
        error.Code.ShouldBe(code);
        error.Message.ShouldContain($"the run {Child} of the flow Other {words}");
        error.Remedy.ShouldBe("Try later.");
        error.Retryable.ShouldBeFalse();
    }

    [Fact]
    public async Task A_deleted_run_is_named()
    {
        var node = New(RunStatus.Queued);
        var gone = Guid.Parse("01938f5e-0000-7000-8000-00000000000b");
        node.Resumed = new NodeResume(default, Until: null, Answer: null, gone);
        var error = await node.FailsAsync();
        error.Code.ShouldBe("child_gone");
        error.Message.ShouldContain(gone.ToString());
    }

    [Fact]
    public void A_flow_must_be_named() => new NodeTest("RunFlow").Problems().Single().Field.ShouldBe("flow");

    static NodeTest New(RunStatus status, string output = "null") => new NodeTest("RunFlow")
    {
        Child = new ChildRun(Child, Guid.Empty, "Other", status, NodeTest.Json(output), status is RunStatus.Succeeded ? null : new RunError("x", "No luck.", NodeId: null, "Try later.")),
    }.Set("flow", "other");
}
