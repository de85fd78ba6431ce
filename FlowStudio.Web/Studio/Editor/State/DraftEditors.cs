namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>
/// Which editor stored which revision of a draft, for the words "another tab, 12 s ago". In memory only: after a restart every open editor is a new one.
/// </summary>
public sealed class DraftEditors
{
    const int Most = 2_000;

    readonly Lock gate = new();
    readonly Dictionary<Guid, (int Revision, object Editor)> last = [];

    /// <summary>Said before the save, so that whoever hears of the change can ask whose it is; a revision belongs to who said so first.</summary>
    public void Saves(Guid flowId, int revision, object editor)
    {
        lock (gate)
        {
            if (last.TryGetValue(flowId, out var save) && save.Revision >= revision)
                return;
            if (last.Count >= Most)
                last.Clear();
            last[flowId] = (revision, editor);
        }
    }

    /// <summary>The save came to nothing: the revision is somebody else's.</summary>
    public void SavedNot(Guid flowId, int revision, object editor)
    {
        lock (gate)
        {
            if (last.TryGetValue(flowId, out var save) && save == (revision, editor))
                last.Remove(flowId);
        }
    }

    /// <summary>Who stored this revision, as the one who asks would say it.</summary>
    public string Who(Guid flowId, int revision, object asking)
    {
        lock (gate)
        {
            if (!last.TryGetValue(flowId, out var save) || save.Revision != revision)
                return "the API or another page";
            return ReferenceEquals(save.Editor, asking) ? "this tab" : "another tab";
        }
    }
}
