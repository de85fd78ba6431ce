using FlowStudio.Engine.Runs;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web.Virtualization;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor.RunLog;

/// <summary>Draws a <see cref="RunLogState"/>; the page tells it by <see cref="RefreshAsync"/> when there is more, ten times a second at most.</summary>
public sealed partial class RunLogPane
{
    /// <summary>Where the pane puts its tools: its frame has the room.</summary>
    public static readonly object Tools = new();

    static readonly IReadOnlyList<(string, string)> Levels =
        [(nameof(RunLogLevel.Everything), "everything"), (nameof(RunLogLevel.Warnings), "warnings and errors")];

    ElementReference list;
    Virtualize<RunLogLine>? rows;
    DotNetObjectReference<RunLogPane>? self;
    IJSObjectReference? follower;
    bool following = true;

    [Parameter, EditorRequired] public required RunLogState State { get; set; }

    /// <summary>The name of the file to save, without its ending.</summary>
    [Parameter] public string FileName { get; set; } = "run-log";

    /// <summary>A node's name was pressed.</summary>
    [Parameter] public EventCallback<string> NodePicked { get; set; }

    public async Task RefreshAsync()
    {
        if (rows is not null)
            await rows.RefreshDataAsync();
        StateHasChanged();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        self = DotNetObjectReference.Create(this);
        try
        {
            follower = await Browser.FollowAsync(list, self);
        }
        catch (JSDisconnectedException)
        {
            // The tab closed while it was opening.
        }
    }

    /// <summary>Called by the browser when the reader leaves the end or comes back to it.</summary>
    [JSInvokable]
    public void FollowChanged(bool now)
    {
        following = now;
        StateHasChanged();
    }

    ValueTask<ItemsProviderResult<RunLogLine>> ProvideAsync(ItemsProviderRequest request)
    {
        var shown = State.Shown;
        var from = Math.Min(request.StartIndex, shown.Count);
        var count = Math.Min(request.Count, shown.Count - from);
        var page = new RunLogLine[count];
        for (var i = 0; i < count; i++)
            page[i] = shown[from + i];
        return ValueTask.FromResult(new ItemsProviderResult<RunLogLine>(page, shown.Count));
    }

    static string Look(RunLogLine line) => (line.Level, line.BeginsRun) switch
    {
        (LogLevelName.Error, _) => "error",
        (LogLevelName.Warning, _) => "warn",
        (_, true) => "start",
        (LogLevelName.Debug, _) => "quiet",
        _ => "",
    };

    async Task OnSearchAsync(ChangeEventArgs e)
    {
        State.Search = e.Value as string ?? "";
        await RefreshAsync();
    }

    async Task OnLevelAsync(string level)
    {
        State.Level = Enum.TryParse<RunLogLevel>(level, out var chosen) ? chosen : RunLogLevel.Normal;
        await RefreshAsync();
    }

    async Task OnlyNodeAsync(string? nodeId)
    {
        State.OnlyNode = nodeId;
        await RefreshAsync();
    }

    async Task ClearAsync()
    {
        State.Clear();
        await RefreshAsync();
    }

    Task DownloadAsync() => Browser.DownloadAsync($"{FileName}.log", "text/plain;charset=utf-8", State.ToText(Local.ClockMs));

    async Task ResumeAsync()
    {
        following = true;
        if (follower is not null)
            await follower.InvokeVoidAsync("resume");
    }

    public async ValueTask DisposeAsync()
    {
        if (follower is not null)
        {
            try
            {
                await follower.InvokeVoidAsync("dispose");
                await follower.DisposeAsync();
            }
            catch (JSDisconnectedException)
            {
                // The tab is gone.
            }
        }
        self?.Dispose();
    }
}
