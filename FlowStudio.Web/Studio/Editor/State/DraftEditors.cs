namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>
/// Which editor stored which revision of a draft, for the words "another tab, 12 s ago". In memory only: after a restart every open editor is a new one.
/// </summary>
public sealed class DraftEditors
{
    const int Most = 2_000;

    readonly Lock gate = new();
    readonly Dictionary<Guid, (int Revision, object Editor)> last = [];

    /// <summary>Said before the save, so that whoever hears of the change can ask whose it is.</summary>
    public void Saves(Guid flowId, int revision, object editor)
    {
        lock (gate)
        {
            if (last.Count >= Most && !last.ContainsKey(flowId))
                last.Clear();
            last[flowId] = (revision, editor);
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
