using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Threads;
using FlowStudio.Tests.Conformance.LangGraph;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Threads;

/// <summary>Runs on threads: their turns, and what is left of them after a restart.</summary>
public sealed class ThreadRunsTests
{
    static readonly JsonElement Hello = JsonText.Parse("""{"messages":[{"role":"user","content":"hello"}]}"""u8);

    [Fact]
    public async Task What_was_at_work_and_what_waited_go_on_after_a_restart()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"flowstudio-threads-{Guid.CreateVersion7():N}");
        try
        {
            Guid thread, first, second;
            await using (var engine = await EngineFixture.StartAsync(folder))
            {
                var slow = await engine.AddFlowAsync(GraphServer.Slow());
                var chat = await engine.AddFlowAsync(GraphServer.Chat());
                thread = await AddThreadAsync(engine);
                first = await StartAsync(engine, slow, thread);
                second = await StartAsync(engine, chat, thread);
                await UntilAsync(engine, first, ThreadRunStatus.Running);
                await engine.StopAsync();
            }
            await using var again = await EngineFixture.StartAsync(folder);
            var rows = again.Get<IThreadRows>();
            var resumed = (await rows.FindRunAsync(first, CancellationToken.None)).ShouldNotBeNull();
            resumed.Status.ShouldBe(ThreadRunStatus.Running);
            (await rows.FindRunAsync(second, CancellationToken.None)).ShouldNotBeNull().Status.ShouldBe(ThreadRunStatus.Pending);
            (await again.Get<IThreadRuns>().CancelAsync(first, rollback: false, CancellationToken.None)).ShouldBe(ThreadCancel.Canceled);
            (await EndOfAsync(again, first)).Run.Status.ShouldBe(ThreadRunStatus.Interrupted);
            var end = await EndOfAsync(again, second);
            end.Run.Status.ShouldBe(ThreadRunStatus.Success);
            end.Values.GetProperty("messages").GetArrayLength().ShouldBe(3);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Fifty_at_once_on_one_thread_take_their_turns_and_all_speak()
    {
        await using var engine = await EngineFixture.StartAsync();
        var chat = await engine.AddFlowAsync(GraphServer.Chat());
        var thread = await AddThreadAsync(engine);
        var runs = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => StartAsync(engine, chat, thread)));
        foreach (var run in runs)
            (await EndOfAsync(engine, run)).Run.Status.ShouldBe(ThreadRunStatus.Success);
        var values = (await engine.Get<IThreadRows>().FindAsync(thread, CancellationToken.None)).ShouldNotBeNull().Values.ShouldNotBeNull();
        values.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("type").GetString()).ShouldBe(Enumerable.Range(0, 50).SelectMany(_ => new[] { "human", "ai" }));
        // One after the other: each began after the one before it had ended.
        var all = (await engine.Get<IThreadRows>().RunsAsync(thread, [], 0, 100, CancellationToken.None)).OrderBy(r => r.StartedAt).ToList();
        all.Zip(all.Skip(1)).ShouldAllBe(pair => pair.First.EndedAt <= pair.Second.StartedAt);
    }

    [Fact]
    public async Task A_temporary_thread_goes_with_its_run_and_a_deleted_one_stops_its_runs()
    {
        await using var engine = await EngineFixture.StartAsync();
        var chat = await engine.AddFlowAsync(GraphServer.Chat());
        var runs = engine.Get<IThreadRuns>();
        var started = await runs.StartAsync(new() { FlowId = chat.Id, Temporary = true, Input = Hello }, CancellationToken.None);
        var end = (await started.Progress.ShouldNotBeNull().Ended.WaitAsync(TimeSpan.FromSeconds(30))).ShouldNotBeNull();
        end.Values.GetProperty("messages").GetArrayLength().ShouldBe(2);
        (await engine.Get<IThreadRows>().FindAsync(end.Run.ThreadId, CancellationToken.None)).ShouldBeNull();
        (await engine.Get<IThreadRows>().FindRunAsync(end.Run.Id, CancellationToken.None)).ShouldBeNull();

        var slow = await engine.AddFlowAsync(GraphServer.Slow());
        var thread = await AddThreadAsync(engine);
        var run = await StartAsync(engine, slow, thread);
        await UntilAsync(engine, run, ThreadRunStatus.Running);
        var native = (await engine.Get<IThreadRows>().FindRunAsync(run, CancellationToken.None)).ShouldNotBeNull().NativeRunId.ShouldNotBeNull();
        (await runs.DeleteThreadAsync(thread, CancellationToken.None)).ShouldBeTrue();
        (await engine.EndOfAsync(native)).Run.Status.ShouldBe(RunStatus.Canceled);
        (await runs.FollowAsync(run, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_secret_of_the_vault_is_not_kept_with_a_thread()
    {
        await using var engine = await EngineFixture.StartAsync();
        await engine.Get<SecretVault>().SetAsync("API_KEY", "sk-very-secret-value-1234", secret: true, CancellationToken.None);
        var chat = await engine.AddFlowAsync(GraphServer.Chat());
        var started = await engine.Get<IThreadRuns>().StartAsync(
            new() { FlowId = chat.Id, Input = JsonText.Parse("""{"messages":[{"role":"user","content":"my key is sk-very-secret-value-1234"}]}"""u8) }, CancellationToken.None);
        var end = (await started.Progress.ShouldNotBeNull().Ended.WaitAsync(TimeSpan.FromSeconds(30))).ShouldNotBeNull();
        end.Values.GetRawText().ShouldNotContain("sk-very-secret");
        end.Run.Input.GetRawText().ShouldNotContain("sk-very-secret");
    }

    static async Task<Guid> AddThreadAsync(EngineFixture engine)
    {
        var now = engine.Get<TimeProvider>().GetUtcNow();
        var thread = new StateThread { Id = Guid.CreateVersion7(now), CreatedAt = now, UpdatedAt = now };
        (await engine.Get<IThreadRows>().AddAsync(thread, [], CancellationToken.None)).ShouldBeTrue();
        return thread.Id;
    }

    static async Task<Guid> StartAsync(EngineFixture engine, Flow flow, Guid thread)
    {
        var started = await engine.Get<IThreadRuns>().StartAsync(new() { FlowId = flow.Id, ThreadId = thread, Input = Hello }, CancellationToken.None);
        started.Outcome.ShouldBe(Admission.Taken);
        return started.Run.ShouldNotBeNull().Id;
    }

    static Task UntilAsync(EngineFixture engine, Guid run, ThreadRunStatus status) =>
        EngineFixture.UntilAsync(async () => (await engine.Get<IThreadRows>().FindRunAsync(run, CancellationToken.None))?.Status == status, $"run {run} is {status}");

    static async Task<EndedRun> EndOfAsync(EngineFixture engine, Guid run)
    {
        var progress = (await engine.Get<IThreadRuns>().FollowAsync(run, CancellationToken.None)).ShouldNotBeNull();
        return (await progress.Ended.WaitAsync(TimeSpan.FromSeconds(30))).ShouldNotBeNull();
    }
}
