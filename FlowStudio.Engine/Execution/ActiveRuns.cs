using System.Collections.Concurrent;

namespace FlowStudio.Engine.Execution;

/// <summary>The runs at work in this process.</summary>
public sealed class ActiveRuns
{
    readonly ConcurrentDictionary<Guid, ActiveRun> runs = new();

    public int Count => runs.Count;

    public ICollection<ActiveRun> All => runs.Values;

    public ActiveRun? Find(Guid id) => runs.GetValueOrDefault(id);

    internal void Add(ActiveRun run) => runs[run.Scope.RunId] = run;

    internal void Remove(ActiveRun run)
    {
        runs.TryRemove(new(run.Scope.RunId, run));
        run.Released.TrySetResult();
    }
}
