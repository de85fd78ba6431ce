using System.Text.Json;
using FlowStudio.Engine.Questions;

namespace FlowStudio.Engine.Threads;

/// <content>
/// Native runs that wait for answers. One that does ends its thread's run as interrupted, and is noted with the thread. The next run of the thread goes on with
/// it (with answers, or without when it only was to stop), or gives it up when it brings an input of its own. When it goes on by itself, because somebody
/// answered elsewhere or the time for that was over, a run that nobody asked for carries it on: the thread has to learn what comes of it.
/// </content>
sealed partial class ThreadRuns
{
    static readonly Answerer Caller = new("", AnswerVia.LangGraph);

    public async Task<string?> ResumeProblemAsync(Guid threadId, JsonElement resume, CancellationToken cancellationToken)
    {
        // Behind others it is looked at when it has its turn.
        if (await rows.FindAsync(threadId, cancellationToken) is not { Status: not ThreadStatus.Busy } thread)
            return null;
        return ResumeAnswers.Of(resume, thread.Waiting is { } waiting ? await questions.OpenOfRunAsync(waiting.NativeRunId, cancellationToken) : []).Problem;
    }

    /// <summary>A run goes on with what waits; or else how long to wait before the next try, or the next run.</summary>
    async Task<(ThreadRun? Begun, TimeSpan Retry)> ContinueAsync(ThreadRun run, WaitingRun? waiting)
    {
        var asked = waiting is null ? [] : await questions.OpenOfRunAsync(waiting.NativeRunId, stopping.Token);
        var (answers, problem) = ResumeAnswers.Of(run.Resume, asked);
        if (waiting is null || problem is not null)
        {
            Told(run.Id, await ending.RefuseAsync(run, new("cannot_resume", problem ?? "Nothing on this thread waits for an answer.")));
            return default;
        }
        var begun = await rows.ContinueAsync(run.Id, waiting.NativeRunId, answers, time.GetUtcNow(), run.Update is null ? null : ending.Update, CancellationToken.None);
        return (begun, default);
    }

    /// <summary>Gives a run's answers. Again after a restart in the middle: a question takes one.</summary>
    async Task AnswerAsync(ThreadRun run, Guid native)
    {
        foreach (var (question, answer) in run.Answers)
            await questions.AnswerAsync(native, question, answer, Caller, CancellationToken.None);
    }

    /// <summary>Passes stops that a run did not ask for.</summary>
    async Task PassAsync(Guid native, IReadOnlyList<Guid> stops)
    {
        foreach (var stop in stops)
            await questions.AnswerAsync(native, stop, JsonText.Null, Caller, CancellationToken.None);
    }

    /// <summary>Waits until there is something new on a thread, or what waits there goes on by itself: then a run carries it on.</summary>
    /// <param name="nap">No longer than this; null: as long as it takes.</param>
    async Task WatchAsync(StateThread thread, WaitingRun waiting, Task news, TimeSpan? nap)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        var moved = MovedAsync(waiting, leaving.Token);
        await Task.WhenAny(news, moved, Task.Delay(nap ?? LongestNap, time, leaving.Token));
        var isMoved = moved.IsCompleted;
        await leaving.CancelAsync();
        await moved.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Token.ThrowIfCancellationRequested();
        if (!isMoved)
            return;
        await moved;
        var now = time.GetUtcNow();
        var before = (await rows.RunsAsync(thread.Id, [ThreadRunStatus.Interrupted], 0, 20, CancellationToken.None)).FirstOrDefault(r => r.NativeRunId == waiting.NativeRunId && r.UntilSeq == waiting.Seq);
        var flow = before?.FlowId ?? thread.FlowId ?? Guid.Empty;
        await rows.FollowUpAsync(
            new()
            {
                Id = Ids.New(time, now),
                ThreadId = thread.Id,
                FlowId = flow,
                AssistantId = before?.AssistantId ?? flow,
                Metadata = before?.Metadata ?? thread.Metadata,
                Request = before?.Request ?? JsonText.EmptyObject,
                Stops = before?.Stops ?? RunStops.None,
                Callback = before?.Callback,
                Temporary = before?.Temporary ?? false,
                Continues = true,
                StartAt = now,
                UpdatedAt = now,
            },
            waiting.NativeRunId,
            now,
            CancellationToken.None);
    }

    /// <summary>Completes when a native run does anything after it came to rest.</summary>
    async Task MovedAsync(WaitingRun waiting, CancellationToken cancellationToken)
    {
        // First of all: what happens from here on is seen below.
        using var watch = hub.Watch(waiting.NativeRunId, capacity: 16);
        while (!watch.Tail.Any(e => e.Seq > waiting.Seq) && (await store.EventsAsync(waiting.NativeRunId, waiting.Seq, 1, cancellationToken)).Count == 0)
        {
            await watch.Events.WaitToReadAsync(cancellationToken);
            if (watch.Events.TryRead(out var e) && e.Seq > waiting.Seq)
                return;
        }
    }
}
