using FlowStudio.Web.Studio.Commands;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>What the command palette offers while a flow is open.</summary>
public sealed partial class EditorPage
{
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // set by the framework before anything runs

    [Inject] internal IEnumerable<Api.IForeignFlows> Foreign { get; init; } = null!; // injected

    FlowStudio.Web.Studio.Flows.ForeignExportDialog? foreignExport;

    IEnumerable<Command> Commands()
    {
        if (flow is null)
            yield break;
        if (runButton is not null)
            yield return Here("run", "Run the draft", "play", runButton.RunAsync, "Ctrl+Enter");
        if (publish is not null && differences is not { Count: 0 })
            yield return Here("publish", $"Publish{(PublishCount is { } count ? $" {count}" : "")}…", "rocket", () => publish.OpenAsync(state.Document, differences, flow.LiveVersion));
        if (state.History.UndoName is { } undo)
            yield return Here("undo", $"Undo: {undo}", "undo-2", () => Done(Undo), "Ctrl+Z");
        if (state.History.RedoName is { } redo)
            yield return Here("redo", $"Redo: {redo}", "redo-2", () => Done(Redo), "Ctrl+Y");
        yield return Here("save", "Save the draft now", "save", SaveAsync, "Ctrl+S");
        if (versions is not null)
            yield return Here("versions", "Published versions", "history", versions.OpenAsync);
        foreach (var (key, name) in Tabs.Where(t => t.Key != Shown))
            yield return Here($"tab-{key}", $"Show {name} of this flow", "chevron-right", () => Done(() => Navigation.NavigateTo(StudioUrls.Flow(Id, key == Canvas ? null : key))));
        if (foreignExport is not null && Foreign.FirstOrDefault() is { Program: var program })
            yield return Here("export-for", $"Export for {program}…", "download", () => foreignExport.OpenAsync(Id));
        if (shortcuts is not null)
            yield return Here("shortcuts", "Keyboard shortcuts", "keyboard", shortcuts.OpenAsync, "?");
    }

    static Command Here(string id, string title, string icon, Func<Task> run, string? key = null) => new($"editor-{id}", title, icon, run) { Group = "This flow", Key = key };

    static Task Done(Action act)
    {
        act();
        return Task.CompletedTask;
    }
}
