using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;

namespace FlowStudio.Web.Studio.Questions;

/// <summary>
/// How many questions wait, and when that changes: counted once for all open pages, after something happened to a question and once a second at most.
/// Nothing is watched while no page is open.
/// </summary>
public sealed class WaitingCount(IQuestions questions, RunEventHub hub, TimeProvider time, ILogger<WaitingCount> logger) : IAsyncDisposable
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    readonly Lock gate = new();
    readonly CancellationTokenSource gone = new();
    Action? listeners;
    RunChanges? watching;

    /// <summary>Null until it is known.</summary>
    public int? Count { get; private set; }

    /// <summary>Questions came or went, or may have; told outside of any page's thread.</summary>
    public event Action? Changed
    {
        add
        {
            lock (gate)
            {
                listeners += value;
                if (watching is not null || gone.IsCancellationRequested)
                    return;
                watching = new RunChanges(hub, time, flowId: null, Interval, _ => CountAsync()) { Concerns = Concerns };
                watching.Start();
                // What happened while nobody looked.
                watching.Nudge();
            }
        }
        remove
        {
            RunChanges? ended = null;
            lock (gate)
            {
                listeners -= value;
                if (listeners is null)
                    (ended, watching) = (watching, null);
            }
            if (ended is not null)
                _ = ended.DisposeAsync().AsTask();
        }
    }

    /// <summary>A question was asked or answered; or, while there are any, a run went on or ended, and its own with it.</summary>
    bool Concerns(RunEvent happened) => happened.Type switch
    {
        RunEventTypes.NodeWaiting => happened.Json.Span.IndexOf("\"question_id\""u8) >= 0,
        RunEventTypes.NodeAnswered => true,
        RunEventTypes.RunResumed or RunEventTypes.RunFinished => Count is not 0,
        _ => false,
    };

    async Task CountAsync()
    {
        try
        {
            Count = await questions.CountAsync(gone.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What was counted last stays; the next change counts again.
            StudioLog.ReadFailed(logger, "the number of questions", e);
            return;
        }
        listeners?.Invoke();
    }

    public async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        RunChanges? ended;
        lock (gate)
            (ended, watching) = (watching, null);
        if (ended is not null)
            await ended.DisposeAsync();
        gone.Dispose();
    }
}
