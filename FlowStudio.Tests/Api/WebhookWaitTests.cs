using System.Net;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Api.Langflow;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary>When a webhook's caller has waited long enough: the time is over, too many wait, the server stops.</summary>
public class WebhookWaitTests
{
    /// <summary>Sleeps for an hour and answers then.</summary>
    static FlowDocument Slow(int limit) => new FlowBuilder()
        .Node("hook", "Webhook", new { answer = WebhookDoor.ByRespond, answer_limit = limit })
        .Node("wait", "Delay", new { hours = 1 })
        .Node("respond", "Respond", new { body_type = "a text", text = "late" })
        .Edge("hook.output_data", "wait.input").Edge("wait.output", "respond.input_value")
        .Build();

    [Fact]
    public async Task After_its_limit_a_caller_gets_the_receipt_and_the_run_goes_on()
    {
        var time = new ManualTime();
        await using var server = await StudioServer.StartAsync(customise: builder => builder.Services.AddSingleton<TimeProvider>(time));
        await server.AddFlowAsync("slow", Slow(limit: 7));
        var call = server.PostWebhookAsync("slow", "{}", ("Idempotency-Key", "k"));
        await UntilWaitingAsync(server, 1);
        await EngineFixture.UntilAsync(async () => (await server.GetJsonAsync("/v1/runs?flow=slow&status=waiting")).GetProperty("items").GetArrayLength() == 1, "the run waits");
        time.Advance(TimeSpan.FromSeconds(6));
        call.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        using var receipt = await call;
        var run = await StudioServer.RunIdAsync(receipt);
        receipt.Headers.GetValues(WebhookWait.RunHeader).ShouldBe([run.ToString()]);

        time.Advance(TimeSpan.FromHours(1));
        (await server.EndOfAsync(run)).GetProperty("output").GetString().ShouldBe("late");
        // Who asks again with the same key gets what was said meanwhile.
        using var again = await server.PostWebhookAsync("slow", "{}", ("Idempotency-Key", "k"));
        again.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await again.Content.ReadAsStringAsync()).ShouldBe("late");
    }

    [Fact]
    public async Task When_too_many_wait_the_next_caller_gets_the_receipt_at_once()
    {
        await using var server = await StudioServer.StartAsync(["--FlowStudio:Webhooks:MaxWaiting=1"]);
        await server.AddFlowAsync("slow", Slow(limit: 300));
        using var leaves = new CancellationTokenSource();
        var first = server.Client.PostAsync("/api/v1/webhook/slow", NativeRunsTests.Json("{}"), leaves.Token);
        await UntilWaitingAsync(server, 1);
        using var second = await server.PostWebhookAsync("slow", "{}");
        second.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        first.IsCompleted.ShouldBeFalse();
        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        await UntilWaitingAsync(server, 0);
    }

    [Fact]
    public async Task A_server_that_stops_answers_with_the_receipt()
    {
        await using var server = await StudioServer.StartAsync();
        await server.AddFlowAsync("slow", Slow(limit: 300));
        var call = server.PostWebhookAsync("slow", "{}");
        await UntilWaitingAsync(server, 1);
        await server.App.StopAsync(TestContext.Current.CancellationToken);
        using var receipt = await call;
        receipt.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    static Task UntilWaitingAsync(StudioServer server, int count) =>
        EngineFixture.UntilAsync(() => Task.FromResult(server.Get<WebhookWait>().Waiting == count), $"{count} wait");
}
