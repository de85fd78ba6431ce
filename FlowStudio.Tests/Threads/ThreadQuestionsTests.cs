using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Threads;
using FlowStudio.Tests.Conformance.LangGraph;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Threads;

/// <summary>Threads whose runs wait for answers, and what is left of that after a restart.</summary>
public sealed class ThreadQuestionsTests
{
    static readonly JsonElement Hello = JsonText.Parse("""{"messages":[{"role":"user","content":"hello"}]}"""u8);

    [Fact]
    public async Task A_thread_that_waits_goes_on_after_a_restart()
    {
        await InFolderAsync(async folder =>
        {
            Guid thread, flow;
            await using (var engine = await EngineFixture.StartAsync(folder))
            {
                (thread, flow) = await AskAsync(engine);
                await engine.StopAsync();
            }
            await using var again = await EngineFixture.StartAsync(folder);
            var end = await EndOfAsync(again, await ResumeAsync(again, flow, thread));
            end.Run.Status.ShouldBe(ThreadRunStatus.Success);
            Texts(end.Values).ShouldBe(["hello", "hello"]);
        });
    }

    /// <summary>The process ends after a run has taken its answers over, and before the native run has them.</summary>
    [Fact]
    public async Task Answers_that_were_taken_over_are_given_after_a_kill()
    {
        await InFolderAsync(async folder =>
        {
            Guid thread, run;
            await using (var engine = await EngineFixture.StartAsync(folder))
            {
                (thread, var flow) = await AskAsync(engine);
                var rows = engine.Get<IThreadRows>();
                var waiting = (await rows.FindAsync(thread, CancellationToken.None)).ShouldNotBeNull().Waiting.ShouldNotBeNull();
                var question = (await engine.Get<IQuestions>().OpenOfRunAsync(waiting.NativeRunId, CancellationToken.None)).ShouldHaveSingleItem();
                // As the runs of threads do it, but for what comes after.
                await engine.Get<ThreadRuns>().StopAsync();
                var now = engine.Get<TimeProvider>().GetUtcNow();
                run = Guid.CreateVersion7(now);
                await rows.AdmitAsync(new() { Id = run, ThreadId = thread, FlowId = flow, AssistantId = flow, Continues = true, Resume = JsonText.True, StartAt = now, UpdatedAt = now }, create: null, JsonText.EmptyObject, CancellationToken.None);
                (await rows.ContinueAsync(run, waiting.NativeRunId, new Dictionary<Guid, JsonElement> { [question.Id] = JsonText.True }, now, update: null, CancellationToken.None)).ShouldNotBeNull();
                await engine.StopAsync();
            }
            await using var again = await EngineFixture.StartAsync(folder);
            var end = await EndOfAsync(again, run);
            end.Run.Status.ShouldBe(ThreadRunStatus.Success);
            Texts(end.Values).ShouldBe(["hello", "hello"]);
        });
    }

    [Fact]
    public async Task An_answer_by_another_way_is_carried_on_also_after_a_restart()
    {
        await InFolderAsync(async folder =>
        {
            Guid thread;
            await using (var engine = await EngineFixture.StartAsync(folder))
            {
                (thread, _) = await AskAsync(engine);
                // Nobody watches the thread any more when the answer comes.
                await engine.Get<ThreadRuns>().StopAsync();
                var waiting = (await engine.Get<IThreadRows>().FindAsync(thread, CancellationToken.None)).ShouldNotBeNull().Waiting.ShouldNotBeNull();
                (await engine.Get<IQuestions>().AnswerAsync(waiting.NativeRunId, questionId: null, JsonText.False, new("Ada", AnswerVia.Studio), CancellationToken.None)).ShouldBeOfType<AnswerOutcome.Answered>();
                await engine.EndOfAsync(waiting.NativeRunId);
                await engine.StopAsync();
            }
            await using var again = await EngineFixture.StartAsync(folder);
            await EngineFixture.UntilAsync(async () => (await again.Get<IThreadRows>().FindAsync(thread, CancellationToken.None))?.Status == ThreadStatus.Idle, "the thread has learned of it");
            var after = (await again.Get<IThreadRows>().FindAsync(thread, CancellationToken.None)).ShouldNotBeNull();
            Texts(after.Values.ShouldNotBeNull()).ShouldBe(["hello", "No: hello"]);
            after.Waiting.ShouldBeNull();
            (await again.Get<IThreadRows>().RunsAsync(thread, [], 0, 10, CancellationToken.None)).Select(r => r.Status).ShouldBe([ThreadRunStatus.Success, ThreadRunStatus.Interrupted]);
        });
    }

    /// <summary>Of many answers at once one counts; the other runs end, each with the reason, and the thread is not hurt by them.</summary>
    [Fact]
    public async Task Twenty_who_answer_at_once_are_one_answer()
    {
        await using var engine = await EngineFixture.StartAsync();
        var (thread, flow) = await AskAsync(engine);
        var runs = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ResumeAsync(engine, flow, thread)));
        var ends = await Task.WhenAll(runs.Select(r => EndOfAsync(engine, r)));
        ends.Count(e => e.Run.Status is ThreadRunStatus.Success).ShouldBe(1);
        ends.Where(e => e.Run.Status is not ThreadRunStatus.Success).ShouldAllBe(e => e.Run.Status == ThreadRunStatus.Error && e.Run.Error != null && e.Run.Error.Code == "cannot_resume");
        var after = (await engine.Get<IThreadRows>().FindAsync(thread, CancellationToken.None)).ShouldNotBeNull();
        after.Status.ShouldBe(ThreadStatus.Idle);
        Texts(after.Values.ShouldNotBeNull()).ShouldBe(["hello", "hello"]);
    }

    [Fact]
    public async Task A_thread_is_not_kept_longer_than_it_was_to_be()
    {
        await using var engine = await EngineFixture.StartAsync();
        var (rows, keeper) = (engine.Get<IThreadRows>(), engine.Get<ThreadKeeper>());
        var old = engine.Get<TimeProvider>().GetUtcNow() - TimeSpan.FromMinutes(10);
        StateThread Thread(ThreadTtl? ttl) => new() { Id = Guid.CreateVersion7(), Ttl = ttl, CreatedAt = old, UpdatedAt = old };
        var (gone, kept, forever) = (Thread(new(5, KeepLatest: false)), Thread(new(15, KeepLatest: false)), Thread(ttl: null));
        foreach (var thread in new[] { gone, kept, forever })
            (await rows.AddAsync(thread, [], CancellationToken.None)).ShouldBeTrue();
        var pruned = Thread(new(5, KeepLatest: true));
        Checkpoint[] states = [.. Enumerable.Range(0, 3).Select(i => new Checkpoint { Id = Guid.CreateVersion7(old + TimeSpan.FromSeconds(i)), ThreadId = pruned.Id, Values = JsonText.EmptyObject, Source = "update", Step = i, CreatedAt = old })];
        (await rows.AddAsync(pruned with { HeadId = states[^1].Id }, states, CancellationToken.None)).ShouldBeTrue();
        (await keeper.SweepAsync()).ShouldBe(2);
        (await rows.FindAsync(gone.Id, CancellationToken.None)).ShouldBeNull();
        (await rows.FindAsync(kept.Id, CancellationToken.None)).ShouldNotBeNull();
        (await rows.FindAsync(forever.Id, CancellationToken.None)).ShouldNotBeNull();
        (await rows.HistoryAsync(pruned.Id, before: null, 10, CancellationToken.None)).ShouldHaveSingleItem().Id.ShouldBe(states[^1].Id);
        (await keeper.SweepAsync()).ShouldBe(0);
    }

    /// <summary>A thread whose run has asked and waits.</summary>
    static async Task<(Guid Thread, Guid Flow)> AskAsync(EngineFixture engine)
    {
        var flow = await engine.AddFlowAsync(GraphServer.Asks());
        var now = engine.Get<TimeProvider>().GetUtcNow();
        var thread = new StateThread { Id = Guid.CreateVersion7(now), CreatedAt = now, UpdatedAt = now };
        (await engine.Get<IThreadRows>().AddAsync(thread, [], CancellationToken.None)).ShouldBeTrue();
        var started = await engine.Get<IThreadRuns>().StartAsync(new() { FlowId = flow.Id, ThreadId = thread.Id, Input = Hello }, CancellationToken.None);
        (await started.Progress.ShouldNotBeNull().Ended.WaitAsync(TimeSpan.FromSeconds(30))).ShouldNotBeNull().Run.Interrupts.ShouldHaveSingleItem().Node.ShouldBe("ask");
        return (thread.Id, flow.Id);
    }

    static async Task<Guid> ResumeAsync(EngineFixture engine, Guid flow, Guid thread)
    {
        var started = await engine.Get<IThreadRuns>().StartAsync(new() { FlowId = flow, ThreadId = thread, Continues = true, Resume = JsonText.True }, CancellationToken.None);
        return started.Run.ShouldNotBeNull().Id;
    }

    static async Task<EndedRun> EndOfAsync(EngineFixture engine, Guid run)
    {
        var progress = (await engine.Get<IThreadRuns>().FollowAsync(run, CancellationToken.None)).ShouldNotBeNull();
        return (await progress.Ended.WaitAsync(TimeSpan.FromSeconds(30))).ShouldNotBeNull();
    }

    static IEnumerable<string?> Texts(JsonElement values) => values.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("content").GetString());

    static async Task InFolderAsync(Func<string, Task> work)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"flowstudio-questions-{Guid.CreateVersion7():N}");
        try
        {
            await work(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
