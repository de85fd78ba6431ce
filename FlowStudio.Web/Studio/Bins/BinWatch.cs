using FlowStudio.Engine.Bins;

namespace FlowStudio.Web.Studio.Bins;

/// <summary>A bin's requests as they come, newest first, each once, the oldest forgotten as the bin forgets them. No Blazor in it.</summary>
public sealed class BinWatch
{
    /// <summary>How many a bin keeps.</summary>
    public const int Keep = 100;

    readonly List<BinRequest> requests = [];

    public IReadOnlyList<BinRequest> Requests => requests;

    /// <summary>Adds requests that may be known, in any order.</summary>
    public void Add(IEnumerable<BinRequest> more)
    {
        var known = requests.Select(r => r.Id).ToHashSet();
        requests.AddRange(more.Where(r => known.Add(r.Id)));
        requests.Sort(static (a, b) => b.Id.CompareTo(a.Id));
        if (requests.Count > Keep)
            requests.RemoveRange(Keep, requests.Count - Keep);
    }

    public void Clear() => requests.Clear();
}
