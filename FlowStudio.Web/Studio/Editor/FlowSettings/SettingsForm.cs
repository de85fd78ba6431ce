using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.FlowSettings;

/// <summary>What a setting became while somebody was changing it here.</summary>
/// <param name="Mine">What was typed here.</param>
/// <param name="Theirs">What somebody else saved meanwhile.</param>
public sealed record SettingConflict(string Mine, string Theirs);

/// <summary>
/// Saves a flow's settings one at a time, on top of whatever else was saved meanwhile: only when somebody changed the same setting is the writer asked.
/// What cannot be saved stays as it was typed, with the reason beside it. No Blazor in it.
/// </summary>
public sealed class SettingsForm(IFlowStore flows)
{
    /// <summary>A draft that is being edited is saved every second; a change made here finds its gap.</summary>
    const int MaxAttempts = 8;

    readonly Dictionary<FlowSetting, string> typed = [];
    readonly Dictionary<FlowSetting, string> problems = [];
    readonly Dictionary<FlowSetting, SettingConflict> conflicts = [];
    Flow? seen;

    /// <summary>The flow as the page shows it from now on.</summary>
    public void Show(Flow flow) => seen = flow;

    /// <summary>What the field shows: what was typed and could not be saved, or else the flow's own.</summary>
    public string Text(FlowSetting setting) => typed.TryGetValue(setting, out var text) ? text : seen is null ? "" : setting.Read(seen);

    public string? Problem(FlowSetting setting) => problems.GetValueOrDefault(setting);

    public SettingConflict? Conflict(FlowSetting setting) => conflicts.GetValueOrDefault(setting);

    /// <summary>Saves a setting. Null when nothing was saved: then its problem or its conflict says why, or it was so already.</summary>
    /// <exception cref="FlowGoneException">The flow was deleted meanwhile.</exception>
    public Task<Flow?> ChangeAsync(FlowSetting setting, string text, CancellationToken cancellationToken) =>
        ChangeAsync(setting, text, overwrite: false, cancellationToken);

    /// <summary>Saves what was typed here over what somebody else saved.</summary>
    public Task<Flow?> UseMineAsync(FlowSetting setting, CancellationToken cancellationToken) =>
        Conflict(setting) is { } conflict ? ChangeAsync(setting, conflict.Mine, overwrite: true, cancellationToken) : Task.FromResult<Flow?>(null);

    /// <summary>Forgets what was typed here.</summary>
    public void UseTheirs(FlowSetting setting) => Forget(setting);

    async Task<Flow?> ChangeAsync(FlowSetting setting, string text, bool overwrite, CancellationToken cancellationToken)
    {
        if (seen is not { } before)
            return null;
        if (setting.Read(before) == text)
        {
            Forget(setting);
            return null;
        }
        typed[setting] = text;
        if (Fault(setting, before, text) is { } fault)
            return Refuse(setting, fault);
        for (var attempt = 1; ; attempt++)
        {
            var newest = await flows.FindAsync(before.Id, cancellationToken) ?? throw new FlowGoneException();
            var theirs = setting.Read(newest);
            if (!overwrite && theirs != setting.Read(before) && theirs != setting.Read(setting.Write(newest, text)))
            {
                problems.Remove(setting);
                conflicts[setting] = new(text, theirs);
                seen = newest;
                return newest;
            }
            try
            {
                var saved = await flows.SaveAsync(setting.Write(newest, text), newest.DraftRevision, cancellationToken) ?? throw new FlowGoneException();
                Forget(setting);
                seen = saved;
                return saved;
            }
            catch (FlowConflictException e) when (e.Code == "stale_revision" && attempt < MaxAttempts)
            {
                // Somebody saved between the two lines above: the next attempt is on top of that.
            }
            catch (FlowConflictException e)
            {
                return Refuse(setting, e.Message);
            }
        }
    }

    Flow? Refuse(FlowSetting setting, string why)
    {
        conflicts.Remove(setting);
        problems[setting] = why;
        return null;
    }

    static string? Fault(FlowSetting setting, Flow flow, string text)
    {
        try
        {
            var changed = setting.Write(flow, text);
            return FlowRules.Check(changed).FirstOrDefault(p => p.Field == setting.Field) is { } problem ? $"{problem.Message} {problem.Advice}" : null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    void Forget(FlowSetting setting)
    {
        typed.Remove(setting);
        problems.Remove(setting);
        conflicts.Remove(setting);
    }
}

/// <summary>The flow whose settings are being changed is not there any more.</summary>
public sealed class FlowGoneException() : Exception("The flow has been deleted meanwhile.");
