using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>The runs a list shows: pages that were read, and what changed since; newest first, each once. No Blazor in it.</summary>
public sealed class RunListState
{
    /// <summary>Who has read so many has not found what was looked for; filters do.</summary>
    public const int Most = 10_000;

    readonly List<Run> runs = [];

    public IReadOnlyList<Run> Runs => runs;

    /// <summary>What the next older page begins with; null when there is none.</summary>
    public string? NextCursor { get; private set; }

    /// <summary>Whether there are older runs and they may still be read.</summary>
    public bool CanReadOlder => NextCursor is not null && runs.Count < Most;

    /// <summary>Whether there are older runs that are too many to be listed.</summary>
    public bool IsFull => NextCursor is not null && runs.Count >= Most;

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

    /// <summary>
    /// The newest page, read again: as far as it reaches, the list is what it is. New runs come on top, known ones are replaced, and those that are no
    /// longer there (deleted, or the filter does not have them any more) go.
    /// </summary>
    public void Refresh(RunPage newest)
    {
        Arrived.Clear();
        if (newest is { Items.Count: 0, NextCursor: not null })
            return;
        var known = runs.Select(r => r.Id).ToHashSet();
        var fresh = newest.Items.Where(r => !known.Contains(r.Id)).Select(r => r.Id).ToList();
        // When a whole page is new, what lies between it and the known ones was never read: begin again rather than show a hole.
        if (newest.NextCursor is null || (fresh.Count > 0 && fresh.Count == newest.Items.Count))
        {
            Reset(newest);
            if (known.Count > 0)
                Arrived.UnionWith(fresh);
            return;
        }
        var reach = newest.Items[^1].Id;
        runs.RemoveAll(r => r.Id.CompareTo(reach) >= 0);
        runs.InsertRange(0, newest.Items);
        Arrived.UnionWith(fresh);
    }

    /// <summary>A shown run as it is now; null when the list does not have it any more.</summary>
    public void Replace(Guid id, Run? run)
    {
        var index = runs.FindIndex(r => r.Id == id);
        if (index < 0)
            return;
        if (run is null)
            runs.RemoveAt(index);
        else
            runs[index] = run;
    }

    /// <summary>Takes away what was deleted.</summary>
    public void Remove(IReadOnlySet<Guid> gone) => runs.RemoveAll(r => gone.Contains(r.Id));

    public bool Shows(Guid runId) => runs.Exists(r => r.Id == runId);
}
