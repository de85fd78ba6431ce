using System.Threading.Channels;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>
/// Tells which runs began, moved or ended, once in an interval at most: lists show states, not every step to them. What changed is told twice, an interval
/// apart, as an event may be a moment ahead of the store.
/// </summary>
/// <param name="flowId">Null: of all flows.</param>
/// <param name="changed">Gets the runs; none of them when events were lost, or something else changed, and everything may be new.</param>
public sealed class RunChanges(RunEventHub hub, TimeProvider time, Guid? flowId, TimeSpan interval, Func<IReadOnlyCollection<Guid>, Task> changed) : IAsyncDisposable
{
    readonly CancellationTokenSource gone = new();
    readonly Channel<bool> nudges = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    Task? following;

    /// <summary>How often a change is told, an interval apart each time: more where what is read follows the runs by some time.</summary>
    public int Times { get; init; } = 2;

    /// <summary>Which events tell of a change: those of whole runs, unless something else is shown.</summary>
    public Func<RunEvent, bool> Concerns { get; init; } = static happened => happened.Type.StartsWith("run.", StringComparison.Ordinal);

    /// <summary>Begins to tell; a second call does nothing, nor one after the end.</summary>
    public void Start()
    {
        if (!gone.IsCancellationRequested)
            following ??= FollowAsync(hub.WatchAll(flowId));
    }

    /// <summary>Something that is no run changed: it is told as they are.</summary>
    public void Nudge() => nudges.Writer.TryWrite(item: true);

    async Task FollowAsync(RunWatch watch)
    {
        using var watching = watch;
        try
        {
            var (moved, nudged) = (Moved(), Nudged());
            Queue<HashSet<Guid>?> told = [];
            while (true)
            {
                while (told.Count >= Times)
                    told.Dequeue();
                if (told.All(t => t is { Count: 0 }))
                    await Task.WhenAny(moved, nudged);
                gone.Token.ThrowIfCancellationRequested();
                // Null: everything.
                HashSet<Guid>? now = [];
                if (moved.IsCompleted)
                {
                    while (watch.Events.TryRead(out var happened))
                    {
                        if (Concerns(happened))
                            now.Add(happened.RunId);
                    }
                    moved = Moved();
                }
                if (nudged.IsCompleted)
                {
                    nudges.Reader.TryRead(out _);
                    nudged = Nudged();
                    now = null;
                }
                if (watch.TakeGap() is not null)
                    now = null;
                told.Enqueue(now);
                if (told.Contains(null))
                    await changed([]);
                else if (told.SelectMany(t => t ?? []).ToHashSet() is { Count: > 0 } ids)
                    await changed(ids);
                await Task.Delay(interval, time, gone.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }

        Task<bool> Moved() => watch.Events.WaitToReadAsync(gone.Token).AsTask();

        Task<bool> Nudged() => nudges.Reader.WaitToReadAsync(gone.Token).AsTask();
    }

    public async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        if (following is not null)
            await following;
        gone.Dispose();
    }
}
