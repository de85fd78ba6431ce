using System.Text;
using FlowStudio.Engine;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;
using FlowStudio.Tests.Schedules;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Callbacks;

/// <summary>An engine over a clock that the test moves, whose messages are short; it can go down for a while.</summary>
sealed class CallbackFixture : IAsyncDisposable
{
    readonly string folder = Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
    readonly Action<EngineOptions>? configure;

    CallbackFixture(Action<EngineOptions>? configure) => this.configure = configure;

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public EngineFixture Engine { get; private set; } = null!; // set by StartAsync

    public ManualTime Time { get; private set; } = null!; // set by StartAsync

    public CompletionWebhooks Webhooks => Engine.Get<CompletionWebhooks>();

    public static async Task<CallbackFixture> StartAsync(Action<EngineOptions>? configure = null)
    {
        var fixture = new CallbackFixture(configure);
        await fixture.StartAsync(new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero));
        return fixture;
    }

    /// <summary>Stops, and starts again so much later.</summary>
    public async Task BeDownAsync(TimeSpan duration)
    {
        var now = Time.GetUtcNow();
        await Engine.DisposeAsync();
        await StartAsync(now + duration);
    }

    async Task StartAsync(DateTimeOffset at)
    {
        Time = new ManualTime(at);
        Engine = await EngineFixture.StartAsync(folder, Configure, services => services.AddSingleton<TimeProvider>(Time).AddSingleton<IAlarms>(new TimerAlarms(Time)).AddSingleton<ICallbackPayload, ShortPayload>());
    }

    // Days go by here: what happens twice a second would take most of the test's time.
    void Configure(EngineOptions options)
    {
        options.Journal.FlushMilliseconds = 60_000;
        configure?.Invoke(options);
    }

    /// <summary>A flow that tells this address.</summary>
    public async Task<Flow> AddFlowAsync(string? url, FlowDocument? document = null)
    {
        var flow = await Engine.AddFlowAsync(document ?? ScheduleFlows.Echo());
        return (await Engine.Flows.SaveAsync(flow with { CompletionWebhook = url }, null, Token)).ShouldNotBeNull();
    }

    /// <summary>Starts a run whose call names these addresses.</summary>
    public async Task<Guid> StartRunAsync(Flow flow, params CallbackTarget[] callbacks)
    {
        var runnable = await Engine.Flows.ResolveAsync(flow.Id.ToString(), draft: false, Token);
        var result = await Engine.Get<IRunIntake>().StartAsync(
            new RunRequest { Flow = runnable.ShouldNotBeNull(), Trigger = RunTrigger.Api, Input = JsonText.EmptyObject, Callbacks = callbacks }, Token);
        result.Outcome.ShouldBe(IntakeOutcome.Accepted, result.Message);
        return result.RunId;
    }

    public async Task<IReadOnlyList<Delivery>> OfRunAsync(Guid run) => (await Webhooks.ListAsync(new() { RunId = run }, null, 100, Token)).Items;

    /// <summary>The run's one delivery, when it is as wanted.</summary>
    public async Task<Delivery> UntilAsync(Guid run, Func<Delivery, bool> wanted, string what)
    {
        Delivery? seen = null;
        await EngineFixture.UntilAsync(async () => (seen = (await OfRunAsync(run)).SingleOrDefault()) is not null && wanted(seen), $"{what}; it is {seen}");
        return seen.ShouldNotBeNull();
    }

    public Task<Delivery> UntilAsync(Guid run, DeliveryStatus status) => UntilAsync(run, d => d.Status == status, $"the delivery is {status}");

    /// <summary>Moves the clock until a condition holds, by less than a message may take and never while one is on its way, or it would run out of time.</summary>
    public Task MoveUntilAsync(TimeSpan step, Func<Task<bool>> condition, string what) => EngineFixture.UntilAsync(
        async () =>
        {
            if (await condition())
                return true;
            if (Engine.Get<DeliveryPump>().OnTheWay == 0)
                Time.Advance(step);
            return false;
        },
        what);

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    sealed class ShortPayload(IRunStore runs) : ICallbackPayload
    {
        public string Kind => CallbackTarget.NativeKind;

        public async Task<byte[]?> WriteAsync(Delivery delivery, CancellationToken cancellationToken) =>
            await runs.FindAsync(delivery.RunId, cancellationToken) is { } run ? Encoding.UTF8.GetBytes($$"""{"run":"{{run.Id}}","status":"{{RunNames.Of(run.Status)}}"}""") : null;

        public byte[] WriteTest(Guid deliveryId, Guid flowId, DateTimeOffset now) => "{\"test\":true}"u8.ToArray();
    }
}
