using FlowStudio.Engine.Runs;
using Microsoft.AspNetCore.WebUtilities;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>The filters of the runs page as they stand in its address, so that a link shows the same list.</summary>
public sealed record RunQuery(Guid? Flow = null, RunStatus? Status = null, RunTrigger? Trigger = null, string Text = "")
{
    /// <summary>Reads what it understands; a word that is none filters nothing.</summary>
    public static RunQuery Parse(string? flow, string? status, string? trigger, string? text) => new(
        Guid.TryParse(flow, out var id) ? id : null,
        status is null ? null : RunNames.Status(status),
        trigger is null ? null : RunNames.Trigger(trigger),
        text ?? "");

    public bool IsEmpty => this == new RunQuery();

    public RunFilter Filter => new()
    {
        FlowId = Flow,
        Statuses = Status is { } status ? [status] : [],
        Triggers = Trigger is { } trigger ? [trigger] : [],
        Text = Text.Length == 0 ? null : Text,
    };

    public string Url
    {
        get
        {
            var query = new List<KeyValuePair<string, string?>>();
            if (Flow is { } flow)
                query.Add(new("flow", flow.ToString()));
            if (Status is { } status)
                query.Add(new("status", RunNames.Of(status)));
            if (Trigger is { } trigger)
                query.Add(new("trigger", RunNames.Of(trigger)));
            if (Text.Length > 0)
                query.Add(new("q", Text));
            return QueryHelpers.AddQueryString(StudioUrls.Runs, query);
        }
    }
}
