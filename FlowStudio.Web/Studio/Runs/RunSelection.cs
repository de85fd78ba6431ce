namespace FlowStudio.Web.Studio.Runs;

/// <summary>Which runs of a list are ticked: some by their ids, or all that the filters have, shown or not. No Blazor in it.</summary>
public sealed class RunSelection
{
    readonly HashSet<Guid> ids = [];
    Guid? last;

    /// <summary>All that the filters have.</summary>
    public bool IsAll { get; private set; }

    public int Count => ids.Count;

    public bool IsEmpty => !IsAll && ids.Count == 0;

    public IReadOnlyCollection<Guid> Ids => ids;

    public bool Has(Guid id) => IsAll || ids.Contains(id);

    /// <summary>Ticks or unticks one; with <paramref name="through"/> also whatever lies between it and the one before.</summary>
    /// <param name="shown">The ids of the list in their order.</param>
    public void Toggle(Guid id, bool through, IReadOnlyList<Guid> shown)
    {
        // Who unticks one of all wants those that are shown, without it.
        if (IsAll)
            All(shown);
        IsAll = false;
        var on = !ids.Contains(id);
        var (from, to) = (last is { } before && through ? IndexOf(shown, before) : -1, IndexOf(shown, id));
        if (from >= 0 && to >= 0)
        {
            for (var i = Math.Min(from, to); i <= Math.Max(from, to); i++)
                Set(shown[i], on);
        }
        Set(id, on);
        last = id;
    }

    /// <summary>Ticks these and no others.</summary>
    public void All(IReadOnlyList<Guid> shown)
    {
        Clear();
        ids.UnionWith(shown);
    }

    /// <summary>Ticks all that the filters have.</summary>
    public void Everything()
    {
        Clear();
        IsAll = true;
    }

    public void Clear()
    {
        ids.Clear();
        (IsAll, last) = (false, null);
    }

    /// <summary>Runs that are gone cannot be ticked.</summary>
    public void Forget(IEnumerable<Guid> gone) => ids.ExceptWith(gone);

    void Set(Guid id, bool on)
    {
        if (on)
            ids.Add(id);
        else
            ids.Remove(id);
    }

    static int IndexOf(IReadOnlyList<Guid> shown, Guid id)
    {
        for (var i = 0; i < shown.Count; i++)
        {
            if (shown[i] == id)
                return i;
        }
        return -1;
    }
}
