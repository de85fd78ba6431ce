using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>
/// Tells which runs began, moved or ended, once in an interval at most: lists show states, not every step to them. What changed is told twice, an interval
/// apart, as an event may be a moment ahead of the store.
/// </summary>
/// <param name="flowId">Null: of all flows.</param>
/// <param name="changed">Gets the runs; none of them when events were lost and everything may have changed.</param>
public sealed class RunChanges(RunEventHub hub, TimeProvider time, Guid? flowId, TimeSpan interval, Func<IReadOnlyCollection<Guid>, Task> changed) : IAsyncDisposable
{
    readonly CancellationTokenSource gone = new();
    Task? following;

    /// <summary>Begins to tell; a second call does nothing.</summary>
    public void Start() => following ??= FollowAsync(hub.WatchAll(flowId));

    async Task FollowAsync(RunWatch watch)
    {
        using var watching = watch;
        try
        {
            HashSet<Guid> before = [];
            while (before.Count > 0 || await watch.Events.WaitToReadAsync(gone.Token))
            {
                HashSet<Guid> now = [];
                while (watch.Events.TryRead(out var happened))
                {
                    if (happened.Type.StartsWith("run.", StringComparison.Ordinal))
                        now.Add(happened.RunId);
                }
                if (watch.TakeGap() is not null)
                    await changed([]);
                else if (now.Union(before).ToList() is { Count: > 0 } ids)
                    await changed(ids);
                before = now;
                await Task.Delay(interval, time, gone.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        if (following is not null)
            await following;
        gone.Dispose();
    }
}
