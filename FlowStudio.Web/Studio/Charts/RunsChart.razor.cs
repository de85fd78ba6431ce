using System.Globalization;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Charts;

/// <summary>Bars of ended runs over time, by how they ended. Hovering and dragging stay in the browser; it says which bars were marked.</summary>
public sealed partial class RunsChart : IAsyncDisposable
{
    const int Height = 96, Headroom = 8;

    static int made;

    readonly string id = $"chart-{Interlocked.Increment(ref made)}";

    ElementReference root;
    ElementReference overlay;
    DotNetObjectReference<RunsChart>? self;
    IJSObjectReference? brush;
    IReadOnlyList<RollupPoint>? laidOut;
    IReadOnlyList<ChartMark> marks = [];
    long peak = 1;
    bool isEmpty;
    int? cursor;
    int? anchor;

    /// <summary>Oldest first, one per step of <see cref="Span"/>.</summary>
    [Parameter, EditorRequired] public required IReadOnlyList<RollupPoint> Points { get; set; }

    [Parameter, EditorRequired] public required ChartSpan Span { get; set; }

    /// <summary>Bars were marked: the time from the first to the end of the last.</summary>
    [Parameter] public EventCallback<(DateTimeOffset From, DateTimeOffset To)> Brushed { get; set; }

    /// <summary>The one way to end that is looked for; the others stand back. Null: all.</summary>
    [Parameter] public RunStatus? Only { get; set; }

    /// <summary>What to say when nothing ended in the time.</summary>
    [Parameter] public string Nothing { get; set; } = "No run ended in this time";

    [Inject] internal BrowserTools Browser { get; init; } = null!; // set by the framework before anything runs

    string Label => $"Runs over time: {ChartBars.Words(Total)}";

    RollupPoint Total => Points.Count == 0 ? new(Span.From, 0, 0, 0, 0, default, null, null, null) : ChartBars.AtMost(Points, 1)[0];

    protected override void OnParametersSet()
    {
        if (ReferenceEquals(laidOut, Points))
            return;
        laidOut = Points;
        peak = ChartBars.Peak(Points);
        isEmpty = Points.All(p => p.Ended == 0);
        marks = Span.Marks([.. Points.Select(p => p.At)], Local.Zone);
        if (cursor >= Points.Count || anchor >= Points.Count)
            Leave();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        self = DotNetObjectReference.Create(this);
        try
        {
            brush = await Browser.BrushAsync(root, overlay, self);
        }
        catch (JSDisconnectedException)
        {
            // The tab closed while it was opening.
        }
    }

    /// <summary>Called by the browser when bars were dragged over, or one was pressed.</summary>
    [JSInvokable]
    public Task BarsMarked(int first, int last) => NarrowAsync(first, last);

    async Task PressAsync(KeyboardEventArgs e)
    {
        if (Points.Count == 0)
            return;
        switch (e.Key)
        {
            case "ArrowLeft" or "ArrowRight" or "Home" or "End":
                var to = e.Key switch
                {
                    "Home" => 0,
                    "End" => Points.Count - 1,
                    "ArrowLeft" => (cursor ?? Points.Count) - 1,
                    _ => (cursor ?? -1) + 1,
                };
                cursor = Math.Clamp(to, 0, Points.Count - 1);
                anchor = e.ShiftKey ? anchor ?? cursor : cursor;
                break;
            case "Enter" or " " when cursor is { } at:
                await NarrowAsync(Math.Min(at, anchor ?? at), Math.Max(at, anchor ?? at));
                break;
            case "Escape":
                Leave();
                break;
        }
    }

    async Task NarrowAsync(int first, int last)
    {
        if (Points.Count == 0)
            return;
        // The chart may have moved on while somebody was dragging.
        first = Math.Clamp(first, 0, Points.Count - 1);
        last = Math.Clamp(last, first, Points.Count - 1);
        Leave();
        await Brushed.InvokeAsync((Points[first].At, Points[last].At + Span.Step));
    }

    void Leave() => cursor = anchor = null;

    bool Marked(int bar) => cursor is { } at && bar >= Math.Min(at, anchor ?? at) && bar <= Math.Max(at, anchor ?? at);

    bool Dim(string look) => Only is { } only && look != RunNames.Of(only).Replace('_', '-');

    string TimeOf(RollupPoint point) => ChartBars.TimeOf(point.At, Span.Step, Local.Zone, withDay: Span.To - Span.From > TimeSpan.FromHours(25));

    static string Tip(RollupPoint point) => ChartBars.Words(point) + (point.P50 is { } p50 ? $", half within {Times.Duration(p50)}" : "");

    static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        if (brush is not null)
        {
            try
            {
                await brush.InvokeVoidAsync("dispose");
                await brush.DisposeAsync();
            }
            catch (JSDisconnectedException)
            {
                // The tab is gone.
            }
        }
        self?.Dispose();
    }
}
