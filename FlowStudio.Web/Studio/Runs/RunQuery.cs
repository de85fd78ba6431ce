using FlowStudio.Engine.Runs;
using Microsoft.AspNetCore.WebUtilities;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>The filters of a list of runs as they stand in its address, so that a link shows the same list.</summary>
public sealed record RunQuery(Guid? Flow = null, RunStatus? Status = null, RunTrigger? Trigger = null, string Text = "")
{
    /// <summary>When the runs were created.</summary>
    public RunSpan Span { get; init; } = RunSpan.All;

    /// <summary>Reads what it understands; a word that is none filters nothing.</summary>
    public static RunQuery Parse(string? flow, string? status, string? trigger, string? text) => new(
        Guid.TryParse(flow, out var id) ? id : null,
        status is null ? null : RunNames.Status(status),
        trigger is null ? null : RunNames.Trigger(trigger),
        text ?? "");

    public bool IsEmpty => this == new RunQuery();

    /// <summary>What the engine is asked for; the last hours are those before <paramref name="now"/>.</summary>
    public RunFilter FilterAt(DateTimeOffset now)
    {
        var (from, to) = Span.At(now);
        return new()
        {
            FlowId = Flow,
            Statuses = Status is { } status ? [status] : [],
            Triggers = Trigger is { } trigger ? [trigger] : [],
            Text = Text.Length == 0 ? null : Text,
            From = from,
            To = to,
        };
    }

    /// <summary>The list of all flows' runs with these filters.</summary>
    public string Url => QueryHelpers.AddQueryString(StudioUrls.Runs, Parameters(withFlow: true).Concat(Span.Parameters()));

    /// <summary>The list of one flow's runs with these filters: its own flow is not one of them.</summary>
    public string UrlIn(Guid flow) => QueryHelpers.AddQueryString(StudioUrls.Flow(flow, "runs"), Parameters(withFlow: false).Concat(Span.Parameters()));

    /// <summary>A file of the runs with these filters, from the API.</summary>
    public string ExportUrl(DateTimeOffset now)
    {
        var (from, to) = Span.At(now);
        return QueryHelpers.AddQueryString(StudioUrls.ExportRuns, Parameters(withFlow: true).Concat(new RunSpan(null, from, to).Parameters()));
    }

    IEnumerable<KeyValuePair<string, string?>> Parameters(bool withFlow)
    {
        if (withFlow && Flow is { } flow)
            yield return new("flow", flow.ToString());
        if (Status is { } status)
            yield return new("status", RunNames.Of(status));
        if (Trigger is { } trigger)
            yield return new("trigger", RunNames.Of(trigger));
        if (Text.Length > 0)
            yield return new("q", Text);
    }
}
