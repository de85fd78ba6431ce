using System.Net;
using FlowStudio.Web.Security;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class RefusedCallsTests
{
    [Fact]
    public async Task Calls_that_a_flow_refused_are_remembered_with_status_and_reason()
    {
        await using var server = await StudioServer.StartAsync(["--FlowStudio:Intake:MaxBodyBytes=2000"]);
        var flow = await server.AddFlowAsync("guarded", access: "token");
        var open = await server.AddFlowAsync("open");
        var seen = new List<Guid>();
        server.Get<RefusedCalls>().Changed += seen.Add;
        (await server.PostWebhookAsync("guarded", "{}")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await server.PostWebhookAsync("guarded", "{}", ("X-Webhook-Token", "wht_no"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await server.PostWebhookAsync("open", "")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await server.PostWebhookAsync("open", new string('x', 3000))).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await server.PostWebhookAsync("nobody", "{}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await server.PostWebhookAsync("open", "{}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var refused = server.Get<RefusedCalls>();
        refused.Of(flow).Select(c => (c.Status, c.Reason)).ShouldBe([(401, "wrong token"), (401, "no token")]);
        refused.Of(open).Select(c => (c.Status, c.Reason)).ShouldBe([(413, "body too large"), (400, "empty body")]);
        seen.ShouldBe([flow, flow, open, open]);
    }

    [Fact]
    public void Only_the_last_are_kept_of_a_flow_and_only_so_many_flows()
    {
        var time = new ManualTime();
        var refused = new RefusedCalls(time);
        var flows = Enumerable.Range(0, RefusedCalls.MaxFlows + 5).Select(_ => Guid.CreateVersion7()).ToList();
        for (var i = 0; i < RefusedCalls.PerFlow + 3; i++)
            refused.Add(flows[0], 400 + i, "x");
        refused.Of(flows[0]).Select(c => c.Status).ShouldBe(Enumerable.Range(403, RefusedCalls.PerFlow).Reverse());
        foreach (var flow in flows)
            refused.Add(flow, 401, "no token");
        flows.Count(f => refused.Of(f).Count > 0).ShouldBe(RefusedCalls.MaxFlows);
        refused.Of(flows[0]).ShouldBeEmpty();
        refused.Of(flows[^1]).ShouldHaveSingleItem().At.ShouldBe(time.GetUtcNow());
    }
}
