using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Components;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Flows;

/// <summary>Whether what answers a webhook's callers fits together, and how calls are taken.</summary>
public class WebhookAnswerRulesTests
{
    [Theory]
    [InlineData(WebhookDoor.AtOnce)]
    [InlineData(WebhookDoor.AtEnd)]
    public void A_Respond_that_nobody_waits_for_is_a_warning_with_what_to_do(string answer)
    {
        var problem = Problems(new FlowBuilder().Node("hook", "Webhook", new { answer }).Node("respond", "Respond").Edge("hook.output_data", "respond.input_value")).ShouldHaveSingleItem();
        (problem.Code, problem.Severity, problem.NodeId).ShouldBe(("respond_not_awaited", ProblemSeverity.Warning, "respond"));
        problem.Message.ShouldContain(answer);
        problem.Advice.ShouldContain(WebhookDoor.ByRespond);
    }

    [Fact]
    public void A_Respond_without_any_webhook_is_a_warning()
    {
        var problem = Problems(new FlowBuilder().Node("in", "ChatInput").Node("respond", "Respond").Edge("in.message", "respond.input_value")).ShouldHaveSingleItem();
        problem.Code.ShouldBe("respond_not_awaited");
        problem.Advice.ShouldContain("Add a Webhook");
    }

    [Fact]
    public void Waiting_for_a_Respond_that_is_not_there_is_a_warning_at_the_setting()
    {
        var problem = Problems(new FlowBuilder().Node("hook", "Webhook", new { answer = WebhookDoor.ByRespond }).Node("respond", "Respond", disabled: true)
            .Edge("hook.output_data", "respond.input_value")).ShouldHaveSingleItem();
        (problem.Code, problem.Severity, problem.NodeId, problem.Field).ShouldBe(("respond_missing", ProblemSeverity.Warning, "hook", "answer"));
    }

    [Fact]
    public void Webhooks_that_answer_the_same_call_differently_are_a_warning()
    {
        var flow = new FlowBuilder().Node("a", "Webhook").Node("b", "Webhook", new { answer = WebhookDoor.AtEnd, methods = new[] { "POST", "GET" } });
        Problems(flow).ShouldHaveSingleItem().Code.ShouldBe("webhook_answers_differ");
        Problems(new FlowBuilder().Node("a", "Webhook").Node("b", "Webhook", new { answer = WebhookDoor.AtEnd, methods = new[] { "GET" } })).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"answer":{"variable":"X"}}""", "answer")]
    [InlineData("""{"methods":[]}""", "methods")]
    [InlineData("""{"methods":["TRACE"]}""", "methods")]
    [InlineData("""{"methods":"GET"}""", "methods")]
    [InlineData("""{"methods":[1]}""", "methods")]
    [InlineData("""{"answer_limit":0}""", "answer_limit")]
    [InlineData("""{"answer_limit":301}""", "answer_limit")]
    public void A_setting_of_the_webhook_that_is_no_good_is_an_error(string settings, string field)
    {
        var problem = Problems(new FlowBuilder().Node("hook", "Webhook", NodeTest.Json(settings))).ShouldHaveSingleItem();
        (problem.Code, problem.Field, problem.Severity).ShouldBe(("invalid_setting", field, ProblemSeverity.Error));
    }

    [Fact]
    public void A_webhook_that_says_nothing_takes_POST_and_answers_at_once()
    {
        var door = WebhookDoor.Of(new FlowBuilder().Node("hook", "Webhook").Build());
        door.IsOpen.ShouldBeTrue();
        door.Allowed.ShouldBe(["POST"]);
        door.Find("POST").ShouldBe(new WebhookEntry(AnswerTime.AtOnce, WebhookDoor.DefaultLimit, KeepsBody: false));
        door.Find("GET").ShouldBeNull();
    }

    [Fact]
    public void Without_a_webhook_that_is_on_nothing_is_taken()
    {
        var door = WebhookDoor.Of(new FlowBuilder().Node("hook", "Webhook", disabled: true).Node("in", "ChatInput").Build());
        (door.IsOpen, door.Allowed.Count, door.Find("POST")).ShouldBe((false, 0, null));
    }

    [Fact]
    public void Of_several_webhooks_each_method_has_its_own_answer()
    {
        var door = WebhookDoor.Of(new FlowBuilder().Node("events", "Webhook").Node("check", "Webhook", new { methods = new[] { "GET", "HEAD" }, answer = WebhookDoor.ByRespond, answer_limit = 5 })
            .Node("out", "TextOutput").Edge("events.body", "out.input_value").Build());
        door.Allowed.ShouldBe(["GET", "POST", "HEAD"]);
        door.Find("POST").ShouldBe(new WebhookEntry(AnswerTime.AtOnce, WebhookDoor.DefaultLimit, KeepsBody: true));
        door.Find("HEAD").ShouldBe(new WebhookEntry(AnswerTime.ByRespond, 5, KeepsBody: false));
    }

    static IReadOnlyList<FlowProblem> Problems(FlowBuilder flow) => new FlowValidator(NodeTest.Catalog).Validate(flow.Build());
}
