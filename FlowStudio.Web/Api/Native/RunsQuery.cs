using System.ComponentModel;
using FlowStudio.Engine.Runs;
using Microsoft.AspNetCore.Mvc;

namespace FlowStudio.Web.Api.Native;

/// <summary>Which runs a caller means.</summary>
sealed record RunsQuery
{
    /// <summary>Longer ones are no search any more.</summary>
    const int MaxText = 1000;

    [FromQuery(Name = "flow"), Description("A flow's id or endpoint name")]
    public string? Flow { get; init; }

    [FromQuery(Name = "status"), Description("One or more statuses, separated by commas")]
    public string? Status { get; init; }

    [FromQuery(Name = "trigger"), Description("One or more of webhook, api, schedule, studio, replay, flow, separated by commas")]
    public string? Trigger { get; init; }

    [FromQuery(Name = "from"), Description("Created at or after; counts to the millisecond")]
    public string? From { get; init; }

    [FromQuery(Name = "to"), Description("Created before; counts to the millisecond")]
    public string? To { get; init; }

    [FromQuery(Name = "q"), Description("Words, or the beginnings of words, and \"phrases in quotes\": all of them in the input, the output, the error or the " +
        "session id; or a run's id. Finds ended runs, a moment after their end; 1,000 characters at most")]
    public string? Text { get; init; }

    /// <exception cref="ApiException">Something in it is not understood.</exception>
    public async Task<RunFilter> FilterAsync(FlowFinder flows, CancellationToken cancellationToken) => new()
    {
        FlowId = await FlowIdAsync(Flow, flows, cancellationToken),
        Statuses = Names("status", Status, RunNames.Status),
        Triggers = Names("trigger", Trigger, RunNames.Trigger),
        From = Paging.Time("from", From),
        To = Paging.Time("to", To),
        Text = string.IsNullOrWhiteSpace(Text) ? null
            : Text.Length <= MaxText ? Text
            : throw ApiException.BadRequest("query_too_long", $"q has {Text.Length} characters; {MaxText} are the most."),
    };

    /// <summary>Runs outlive their flow: an id is taken as it is.</summary>
    public static async Task<Guid?> FlowIdAsync(string? flow, FlowFinder flows, CancellationToken cancellationToken) =>
        string.IsNullOrEmpty(flow) ? null : Guid.TryParse(flow, out var id) ? id : (await flows.FindAsync(flow, cancellationToken)).Id;

    static IReadOnlyList<T> Names<T>(string parameter, string? given, Func<string, T?> find)
        where T : struct => string.IsNullOrEmpty(given) ? [] :
        [
            .. given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(name => find(name)
                ?? throw ApiException.BadRequest($"invalid_{parameter}",
                    $"{parameter} has '{name}', which is none. Give one or more of {string.Join(", ", Enum.GetNames(typeof(T)).Select(FlowWords.Snake))}.")),
        ];
}
