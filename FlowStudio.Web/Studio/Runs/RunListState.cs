using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>The runs a list shows: pages that were read, and what changed since; newest first, each once. No Blazor in it.</summary>
public sealed class RunListState
{
    readonly List<Run> runs = [];

    public IReadOnlyList<Run> Runs => runs;

    /// <summary>What the next older page begins with; null when there is none.</summary>
    public string? NextCursor { get; private set; }

    /// <summary>Runs that came while the list was open, for a moment of colour.</summary>
    public HashSet<Guid> Arrived { get; } = [];

    /// <summary>Another filter: what is shown is replaced.</summary>
    public void Reset(RunPage first)
    {
        runs.Clear();
        Arrived.Clear();
        runs.AddRange(first.Items);
        NextCursor = first.NextCursor;
    }

    /// <summary>The next older page.</summary>
    public void Append(RunPage older)
    {
        var known = runs.Select(r => r.Id).ToHashSet();
        runs.AddRange(older.Items.Where(r => known.Add(r.Id)));
        NextCursor = older.NextCursor;
    }

    /// <summary>The newest page, read again: new runs come on top, known ones are replaced.</summary>
    public void Refresh(RunPage newest)
    {
        Arrived.Clear();
        var at = runs.Select((r, i) => (r.Id, i)).ToDictionary(p => p.Id, p => p.i);
        var fresh = new List<Run>();
        foreach (var run in newest.Items)
        {
            if (at.TryGetValue(run.Id, out var index))
                runs[index] = run;
            else
                fresh.Add(run);
        }
        // When a whole page is new, what lies between it and the known ones was never read: begin again rather than show a hole.
        if (fresh.Count > 0 && fresh.Count == newest.Items.Count && runs.Count > 0 && newest.NextCursor is not null)
        {
            Reset(newest);
            return;
        }
        if (runs.Count == 0)
            NextCursor = newest.NextCursor;
        foreach (var run in fresh)
            Arrived.Add(run.Id);
        runs.InsertRange(0, fresh);
        runs.Sort(static (a, b) => b.Id.CompareTo(a.Id));
    }

    /// <summary>A shown run as it is now.</summary>
    public void Replace(Run run)
    {
        var index = runs.FindIndex(r => r.Id == run.Id);
        if (index >= 0)
            runs[index] = run;
    }

    public bool Shows(Guid runId) => runs.Exists(r => r.Id == runId);
}
