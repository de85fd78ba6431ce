using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Questions;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>Filters, chart and table of runs; what they show is what the address says.</summary>
public sealed partial class RunsView : IDisposable
{
    /// <summary>What stands in the address for the questions that wait.</summary>
    const string WaitingView = "waiting";

    /// <summary>The choice that stands for a time that was marked in the chart.</summary>
    const string Fixed = "fixed";

    const int MostFlows = 200;

    static readonly IReadOnlyList<(string, string)> Statuses = [.. Enum.GetValues<RunStatus>().Select(s => (RunNames.Of(s), RunWords.Of(s)))];
    static readonly IReadOnlyList<(string, string)> Triggers = [.. Enum.GetValues<RunTrigger>().Select(t => (RunNames.Of(t), RunWords.Of(t)))];

    IReadOnlyList<(string, string)> flowChoices = [];
    RunQuery query = new();
    string counted = "";
    int waiting;
    bool waits;
    bool paused;

    /// <summary>Only the runs of this flow; null: of all.</summary>
    [Parameter] public Flow? Flow { get; set; }

    [SupplyParameterFromQuery(Name = "view")] string? ViewParameter { get; set; }

    [SupplyParameterFromQuery(Name = "flow")] string? FlowParameter { get; set; }

    [SupplyParameterFromQuery(Name = "status")] string? StatusParameter { get; set; }

    [SupplyParameterFromQuery(Name = "trigger")] string? TriggerParameter { get; set; }

    [SupplyParameterFromQuery(Name = "q")] string? TextParameter { get; set; }

    [SupplyParameterFromQuery(Name = "time")] string? TimeParameter { get; set; }

    [SupplyParameterFromQuery(Name = "from")] string? FromParameter { get; set; }

    [SupplyParameterFromQuery(Name = "to")] string? ToParameter { get; set; }

    [Inject] internal IFlowStore Flows { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal WaitingCount Waiting { get; init; } = null!; // injected
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal LocalTimes Local { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected

    bool IsUnfiltered => query == new RunQuery(Flow?.Id);

    IReadOnlyList<(string, string)> SpanChoices =>
        [.. RunSpan.Presets.Select(p => (p.Name, p.Words)), .. query.Span.IsFixed ? [(Fixed, query.Span.Words(Time.GetUtcNow(), Local.Zone))] : Array.Empty<(string, string)>()];

    protected override async Task OnInitializedAsync()
    {
        waiting = Waiting.Count ?? 0;
        Waiting.Changed += OnWaitingChanged;
        if (Flow is null)
            flowChoices = [.. (await Flows.ListAsync(search: null, cursor: null, MostFlows, CancellationToken.None)).Items.Select(f => (f.Id.ToString(), f.Name))];
    }

    protected override async Task OnParametersSetAsync()
    {
        waits = ViewParameter == WaitingView;
        var next = RunQuery.Parse(Flow?.Id.ToString() ?? FlowParameter, StatusParameter, TriggerParameter, TextParameter) with
        {
            Span = RunSpan.Parse(TimeParameter, FromParameter, ToParameter),
        };
        if (next == query)
            return;
        (query, counted) = (next, "");
        // The filter must be able to name its flow, be it an old one or one among thousands.
        if (Flow is null && query.Flow is { } id && !flowChoices.Any(c => c.Item1 == id.ToString()))
            flowChoices = [(id.ToString(), (await Flows.FindAsync(id, CancellationToken.None))?.Name ?? $"deleted flow {Times.ShortId(id)}"), .. flowChoices];
    }

    void SetSpan(string choice)
    {
        if (choice != Fixed)
            Show(query with { Span = RunSpan.Parse(choice, from: null, to: null) });
    }

    void SetCount(RunCount? count) => counted = count is { } known ? IsUnfiltered ? RunWords.HowMany(known) : RunWords.HowManyMatch(known) : "";

    void ShowWaiting(Guid? flow) => Navigation.NavigateTo(flow is { } one ? StudioUrls.WaitingOf(one, inFlow: Flow is not null) : StudioUrls.Waiting, replace: true);

    void OnWaitingChanged()
    {
        if (Waiting.Count is { } now && now != waiting)
        {
            _ = InvokeAsync(() =>
            {
                waiting = now;
                StateHasChanged();
            });
        }
    }

    public void Dispose() => Waiting.Changed -= OnWaitingChanged;

    void Show(RunQuery next) => Navigation.NavigateTo(Flow is { } only ? next.UrlIn(only.Id) : next.Url, replace: true);
}
