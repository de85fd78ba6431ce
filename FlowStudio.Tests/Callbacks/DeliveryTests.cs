using FlowStudio.Engine;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Schedules;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Callbacks;

/// <summary>Completion webhooks from the run's acceptance to the last attempt, over a clock that the test moves.</summary>
public class DeliveryTests
{
    [Fact]
    public async Task The_end_of_a_run_is_told_once_signed_and_with_its_token()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var fixture = await CallbackFixture.StartAsync();
        var flow = await fixture.AddFlowAsync(receiver.Url("/hook?token=s3cret-token&b=%20"));
        var run = await fixture.StartRunAsync(flow);

        var delivery = await fixture.UntilAsync(run, DeliveryStatus.Delivered);
        var call = receiver.Calls.ShouldHaveSingleItem();
        call.Url.ShouldBe("/hook?token=s3cret-token&b=%20");
        call.Id.ShouldBe(delivery.Id.ToString());
        call.Headers["content-type"].ShouldBe("application/json");
        call.Headers["webhook-timestamp"].ShouldBe(fixture.Time.GetUtcNow().ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
        var secret = (await fixture.Webhooks.Secrets.FindAsync(flow.Id, CallbackFixture.Token)).ShouldNotBeNull();
        call.Headers["webhook-signature"].ShouldBe(WebhookSignature.Sign(call.Id, fixture.Time.GetUtcNow(), call.Body, secret.Current));
        System.Text.Encoding.UTF8.GetString(call.Body).ShouldBe($$"""{"run":"{{run}}","status":"succeeded"}""");
        (delivery.Attempts, delivery.DueAt, delivery.Target.Source).ShouldBe((1, null, CallbackSource.Flow));
        delivery.LastAttempt.ShouldNotBeNull().Answer.ShouldBe("thanks");
    }

    [Fact]
    public async Task A_run_is_told_of_only_when_it_has_ended_whatever_its_end()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(url: null, ScheduleFlows.Slow()), new CallbackTarget(receiver.Url(), CallbackSource.Call));
        await fixture.Engine.UntilStatusAsync(run, RunStatus.Waiting);
        (await fixture.OfRunAsync(run)).ShouldHaveSingleItem().Status.ShouldBe(DeliveryStatus.Armed);
        (await fixture.Webhooks.RedeliverAsync((await fixture.OfRunAsync(run))[0].Id, CallbackFixture.Token)).ShouldNotBeNull().Status.ShouldBe(DeliveryStatus.Armed);

        await fixture.Engine.Get<IRunControl>().CancelAsync(run, CallbackFixture.Token);
        await fixture.UntilAsync(run, DeliveryStatus.Delivered);
        System.Text.Encoding.UTF8.GetString(receiver.Calls.ShouldHaveSingleItem().Body).ShouldContain("canceled");
    }

    [Fact]
    public async Task Flow_and_call_each_tell_and_the_same_address_is_told_once()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var fixture = await CallbackFixture.StartAsync();
        var flow = await fixture.AddFlowAsync(receiver.Url("/flow"));
        var run = await fixture.StartRunAsync(flow, new(receiver.Url("/call"), CallbackSource.Call), new(receiver.Url("/flow"), CallbackSource.Call));
        await EngineFixture.UntilAsync(async () => (await fixture.OfRunAsync(run)).All(d => d.Status is DeliveryStatus.Delivered), "all are delivered");
        receiver.Calls.Select(c => c.Url).Order().ShouldBe(["/call", "/flow"]);
    }

    [Fact]
    public async Task Without_an_address_nothing_is_stored()
    {
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(url: null));
        await fixture.Engine.EndOfAsync(run);
        (await fixture.Webhooks.ListAsync(new(), null, 10, CallbackFixture.Token)).Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_receiver_that_fails_all_day_is_asked_again_at_the_times_of_the_schedule_with_the_same_message()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.With(500));
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(receiver.Url()));
        for (var tries = 1; tries <= RetrySchedule.Pauses.Count; tries++)
        {
            var waiting = await fixture.UntilAsync(run, d => d.Attempts == tries, $"attempt {tries} is through");
            waiting.Status.ShouldBe(DeliveryStatus.Pending);
            var pause = waiting.DueAt.ShouldNotBeNull() - waiting.LastAttempt.ShouldNotBeNull().At;
            pause.TotalSeconds.ShouldBeInRange(RetrySchedule.Pauses[tries - 1].TotalSeconds * 0.89, RetrySchedule.Pauses[tries - 1].TotalSeconds * 1.11);
            var due = waiting.DueAt.GetValueOrDefault();
            fixture.Time.Leap(due - fixture.Time.GetUtcNow() - TimeSpan.FromMilliseconds(1));
            receiver.Calls.Count.ShouldBe(tries);
            await fixture.MoveUntilAsync(TimeSpan.FromSeconds(1), () => Task.FromResult(receiver.Calls.Count > tries), $"attempt {tries + 1} is made");
        }
        var failed = await fixture.UntilAsync(run, DeliveryStatus.Failed);
        (failed.Attempts, failed.DueAt).ShouldBe((10, null));
        receiver.Calls.Select(c => c.Id).Distinct().ShouldBe([failed.Id.ToString()]);
        receiver.Calls.Select(c => Convert.ToHexString(c.Body)).Distinct().Count().ShouldBe(1);
        receiver.Calls.Select(c => c.Headers["webhook-timestamp"]).Distinct().Count().ShouldBe(10);
        var attempts = await fixture.Webhooks.AttemptsAsync(failed.Id, CallbackFixture.Token);
        attempts.Select(a => a.Number).ShouldBe(Enumerable.Range(1, 10));
        attempts.ShouldAllBe(a => a.StatusCode == 500 && a.Error != null);
        // It goes again when somebody asks, from the start of the schedule.
        receiver.Answer = Receiver.With(204);
        await fixture.Webhooks.RedeliverAsync(failed.Id, CallbackFixture.Token);
        (await fixture.UntilAsync(run, DeliveryStatus.Delivered)).Attempts.ShouldBe(11);
    }

    [Theory]
    [InlineData(410, DeliveryStatus.Failed)]
    [InlineData(404, DeliveryStatus.Pending)]
    [InlineData(302, DeliveryStatus.Pending)]
    [InlineData(204, DeliveryStatus.Delivered)]
    public async Task An_answer_decides(int status, DeliveryStatus expected)
    {
        await using var elsewhere = await Receiver.StartAsync();
        await using var receiver = await Receiver.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = elsewhere.Url();
            return Task.CompletedTask;
        });
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(receiver.Url()));
        var delivery = await fixture.UntilAsync(run, d => d.Attempts == 1, "an attempt is through");
        delivery.Status.ShouldBe(expected);
        delivery.LastAttempt.ShouldNotBeNull().StatusCode.ShouldBe(status);
        elsewhere.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_receiver_that_asks_for_time_gets_it()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.With(503, retryAfter: "3600"));
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(receiver.Url()));
        var delivery = await fixture.UntilAsync(run, d => d.Attempts == 1, "an attempt is through");
        delivery.DueAt.ShouldBe(fixture.Time.GetUtcNow() + TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task A_receiver_that_hangs_is_given_up_on_after_twenty_seconds()
    {
        await using var receiver = await Receiver.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(receiver.Url()));
        await receiver.UntilAsync(1);
        fixture.Time.Advance(TimeSpan.FromSeconds(19));
        (await fixture.OfRunAsync(run)).ShouldHaveSingleItem().Attempts.ShouldBe(0);
        fixture.Time.Advance(TimeSpan.FromSeconds(1.1));
        var attempt = (await fixture.UntilAsync(run, d => d.Attempts == 1, "the attempt is through")).LastAttempt.ShouldNotBeNull();
        (attempt.StatusCode, attempt.ErrorCode).ShouldBe((null, "timeout"));
        attempt.Error.ShouldNotBeNull().ShouldContain("20 s");
    }

    [Fact]
    public async Task A_success_that_drips_for_longer_than_the_limit_is_none()
    {
        var dripping = new TaskCompletionSource();
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            await context.Response.WriteAsync("drip", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            dripping.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(receiver.Url()));
        await dripping.Task;
        await EngineFixture.UntilAsync(
            async () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                return (await fixture.OfRunAsync(run)).Single().Attempts > 0;
            },
            "the attempt is through");
        (await fixture.OfRunAsync(run)).Single().LastAttempt.ShouldNotBeNull().ErrorCode.ShouldBe("timeout");
    }

    [Fact]
    public async Task Only_the_first_four_KiB_of_an_answer_are_kept_and_a_long_one_is_no_failure()
    {
        await using var receiver = await Receiver.StartAsync(context => context.Response.WriteAsync(new string('x', 100_000) + "s3cret"));
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(receiver.Url()));
        (await fixture.UntilAsync(run, DeliveryStatus.Delivered)).LastAttempt.ShouldNotBeNull().Answer.ShouldBe(new string('x', 4096));
    }

    [Fact]
    public async Task A_dead_and_a_hanging_receiver_keep_nothing_from_a_living_one()
    {
        await using var hanging = await Receiver.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var living = await Receiver.StartAsync();
        await using var fixture = await CallbackFixture.StartAsync(o => (o.Callbacks.MaxConcurrent, o.Callbacks.MaxPerEndpoint) = (6, 4));
        var dead = await Receiver.StartAsync();
        var gone = dead.Url();
        await dead.DisposeAsync();
        var flow = await fixture.AddFlowAsync(url: null);
        for (var i = 0; i < 30; i++)
        {
            await fixture.StartRunAsync(flow, new CallbackTarget(hanging.Url(), CallbackSource.Call));
            await fixture.StartRunAsync(flow, new CallbackTarget(gone, CallbackSource.Call));
        }
        await hanging.UntilAsync(4);
        for (var i = 0; i < 30; i++)
            await fixture.StartRunAsync(flow, new CallbackTarget(living.Url(), CallbackSource.Call));
        // The clock stands still: nothing of this waits for a time to run out.
        await living.UntilAsync(30);
        hanging.Calls.Count.ShouldBe(4);
        var attempts = (await fixture.Webhooks.ListAsync(new(), null, 500, CallbackFixture.Token)).Items.Where(d => d.Target.Url == gone).Sum(d => d.Attempts);
        attempts.ShouldBeLessThan(EndpointState.OpensAfter + 4);
    }

    [Fact]
    public async Task A_receiver_that_comes_back_gets_everything()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.With(500));
        await using var fixture = await CallbackFixture.StartAsync();
        var flow = await fixture.AddFlowAsync(receiver.Url());
        for (var i = 0; i < 20; i++)
            await fixture.StartRunAsync(flow);
        await receiver.UntilAsync(EndpointState.OpensAfter);
        receiver.Answer = Receiver.With(200);
        await fixture.MoveUntilAsync(
            TimeSpan.FromSeconds(15),
            async () => (await fixture.Webhooks.ListAsync(new() { FlowId = flow.Id, Status = DeliveryStatus.Delivered }, null, 100, CallbackFixture.Token)).Items.Count == 20,
            "all twenty are delivered");
    }

    [Fact]
    public async Task What_was_due_while_the_server_was_down_is_sent_after_the_start()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.With(500));
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(receiver.Url()));
        var before = await fixture.UntilAsync(run, d => d.Attempts == 1, "the first attempt is through");
        receiver.Answer = Receiver.With(200);
        await fixture.BeDownAsync(TimeSpan.FromHours(6));
        var after = await fixture.UntilAsync(run, DeliveryStatus.Delivered);
        (after.Id, after.Attempts).ShouldBe((before.Id, 2));
    }

    [Fact]
    public async Task A_rotated_secret_signs_beside_the_former_one_for_a_day()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var fixture = await CallbackFixture.StartAsync();
        var flow = await fixture.AddFlowAsync(receiver.Url());
        var first = await fixture.Webhooks.Secrets.EnsureAsync(flow.Id, CallbackFixture.Token);
        var second = await fixture.Webhooks.Secrets.RotateAsync(flow.Id, CallbackFixture.Token);
        second.Previous.ShouldBe(first.Current);
        async Task<string> SignatureAsync(params string[] secrets)
        {
            await fixture.UntilAsync(await fixture.StartRunAsync(flow), DeliveryStatus.Delivered);
            var call = receiver.Calls.Last();
            call.Headers["webhook-signature"].ShouldBe(WebhookSignature.Sign(call.Id, fixture.Time.GetUtcNow(), call.Body, secrets));
            return call.Headers["webhook-signature"];
        }
        (await SignatureAsync(second.Current, first.Current)).ShouldContain(" v1,");
        // The secrets are in the database, both.
        await fixture.BeDownAsync(TimeSpan.FromHours(23));
        await SignatureAsync(second.Current, first.Current);
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await SignatureAsync(second.Current);
    }

    [Fact]
    public async Task A_deleted_run_takes_its_deliveries_along()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.With(500));
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(receiver.Url()));
        var delivery = await fixture.UntilAsync(run, d => d.Attempts == 1, "the first attempt is through");
        (await fixture.Engine.Runs.DeleteAsync(run, CallbackFixture.Token)).ShouldBeTrue();
        (await fixture.Webhooks.FindAsync(delivery.Id, CallbackFixture.Token)).ShouldBeNull();
        (await fixture.Webhooks.AttemptsAsync(delivery.Id, CallbackFixture.Token)).ShouldBeEmpty();
        (await fixture.Webhooks.RedeliverAsync(delivery.Id, CallbackFixture.Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Retention_leaves_a_run_until_it_is_told()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.With(500));
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(receiver.Url()));
        await fixture.UntilAsync(run, d => d.Attempts == 1, "the first attempt is through");
        var upkeep = fixture.Engine.Get<IRetentionUpkeep>();
        var all = new Expired(FlowId: null, Ids.New(fixture.Time, fixture.Time.GetUtcNow().AddDays(1)), fixture.Time.GetUtcNow().AddDays(1));
        (await upkeep.DeleteAsync(all, Guid.Empty, 10, CallbackFixture.Token)).Deleted.ShouldBe(0);
        receiver.Answer = Receiver.With(200);
        await fixture.Webhooks.RedeliverAsync((await fixture.OfRunAsync(run))[0].Id, CallbackFixture.Token);
        await fixture.UntilAsync(run, DeliveryStatus.Delivered);
        (await upkeep.DeleteAsync(all, Guid.Empty, 10, CallbackFixture.Token)).Deleted.ShouldBe(1);
        (await fixture.OfRunAsync(run)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_sent_by_hand_goes_even_to_a_server_that_is_held_to_be_down()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.With(500));
        await using var fixture = await CallbackFixture.StartAsync();
        var flow = await fixture.AddFlowAsync(receiver.Url());
        var runs = new List<Guid>();
        for (var i = 0; i < EndpointState.OpensAfter + 3; i++)
            runs.Add(await fixture.StartRunAsync(flow));
        await EngineFixture.UntilAsync(
            async () => (await fixture.Webhooks.ListAsync(new(), null, 100, CallbackFixture.Token)).Items.Sum(d => d.Attempts) == EndpointState.OpensAfter && fixture.Engine.Get<DeliveryPump>().OnTheWay == 0,
            "five have failed, and the others wait");
        receiver.Answer = Receiver.With(200);
        var untried = (await fixture.Webhooks.ListAsync(new() { Status = DeliveryStatus.Pending }, null, 100, CallbackFixture.Token)).Items.First(d => d.Attempts == 0);
        await fixture.Webhooks.RedeliverAsync(untried.Id, CallbackFixture.Token);
        await fixture.UntilAsync(untried.RunId, DeliveryStatus.Delivered);
        // One that was taken says that the server is back: the other untried ones follow at once.
        await EngineFixture.UntilAsync(
            async () => (await fixture.Webhooks.ListAsync(new() { Status = DeliveryStatus.Delivered }, null, 100, CallbackFixture.Token)).Items.Count == 3, "those that were never tried are delivered");
    }

    [Fact]
    public async Task A_replay_tells_whom_the_run_was_to_tell()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(url: null), new CallbackTarget(receiver.Url(), CallbackSource.Call));
        await fixture.UntilAsync(run, DeliveryStatus.Delivered);
        var replay = await fixture.Engine.Get<IRunReplay>().ReplayAsync(new(run, ReplayFrom.Start, ReplayVersion.Same), CallbackFixture.Token);
        await fixture.UntilAsync(replay.RunId, DeliveryStatus.Delivered);
        receiver.Calls.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_receiver_that_is_added_later_is_told_at_the_end_or_at_once()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var fixture = await CallbackFixture.StartAsync();
        var run = await fixture.StartRunAsync(await fixture.AddFlowAsync(url: null));
        await fixture.Engine.EndOfAsync(run);
        var id = await fixture.Webhooks.AddAsync(run, new(receiver.Url(), CallbackSource.Call), atOnce: false);
        (await fixture.UntilAsync(run, DeliveryStatus.Delivered)).Id.ShouldBe(id.ShouldNotBeNull());
        (await fixture.Webhooks.AddAsync(Guid.CreateVersion7(), new(receiver.Url(), CallbackSource.Call), atOnce: true)).ShouldBeNull();

        var waiting = await fixture.StartRunAsync(await fixture.AddFlowAsync(url: null, ScheduleFlows.Slow()));
        await fixture.Webhooks.AddAsync(waiting, new(receiver.Url(), CallbackSource.Call), atOnce: false);
        await fixture.Engine.UntilStatusAsync(waiting, RunStatus.Waiting);
        (await fixture.OfRunAsync(waiting)).ShouldHaveSingleItem().Status.ShouldBe(DeliveryStatus.Armed);
        await fixture.Engine.Get<IRunControl>().CancelAsync(waiting, CallbackFixture.Token);
        await fixture.UntilAsync(waiting, DeliveryStatus.Delivered);
    }

    [Fact]
    public async Task A_test_is_signed_answered_and_not_stored()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var fixture = await CallbackFixture.StartAsync();
        var flow = await fixture.AddFlowAsync(url: null);
        var attempt = await fixture.Webhooks.TestAsync(flow.Id, receiver.Url(), CallbackFixture.Token);
        (attempt.StatusCode, attempt.Answer, attempt.Error).ShouldBe((200, "thanks", null));
        receiver.Calls.ShouldHaveSingleItem().Headers.Keys.ShouldContain("webhook-signature");
        (await fixture.Webhooks.ListAsync(new(), null, 10, CallbackFixture.Token)).Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task Pages_of_deliveries_go_from_the_newest_to_the_oldest()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var fixture = await CallbackFixture.StartAsync();
        var flow = await fixture.AddFlowAsync(receiver.Url());
        for (var i = 0; i < 5; i++)
            await fixture.StartRunAsync(flow);
        foreach (var filter in new DeliveryFilter[] { new(), new() { FlowId = flow.Id }, new() { FlowId = flow.Id, Status = DeliveryStatus.Delivered }, new() { Status = DeliveryStatus.Delivered } })
        {
            await EngineFixture.UntilAsync(async () => (await fixture.Webhooks.ListAsync(filter, null, 10, CallbackFixture.Token)).Items.Count(d => d.Attempts == 1) == 5, "all are told");
            var first = await fixture.Webhooks.ListAsync(filter, null, 3, CallbackFixture.Token);
            var rest = await fixture.Webhooks.ListAsync(filter, first.NextCursor, 3, CallbackFixture.Token);
            (first.Items.Count, rest.Items.Count, rest.NextCursor).ShouldBe((3, 2, null));
            first.Items.Concat(rest.Items).Select(d => d.Id).ShouldBeInOrder(SortDirection.Descending);
        }
    }
}
