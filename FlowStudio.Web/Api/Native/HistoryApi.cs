using System.ComponentModel;
using System.Globalization;
using FlowStudio.Engine.Runs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlowStudio.Web.Api.Native;

/// <summary><c>/v1/runs</c> as a whole: its pages, how many there are, and what they add up to.</summary>
sealed class HistoryApi(IRunStore runs, IRunRollups rollups, FlowFinder flows, TimeProvider time)
{
    static readonly TimeSpan DefaultStretch = TimeSpan.FromHours(1);

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("Runs");
        group.MapGet("/runs", ListAsync).WithSummary("List runs").WithDescription("Newest first, page by page.").Errors(400, 404, 501);
        group.MapGet("/runs/count", CountAsync).WithSummary("Count runs")
            .WithDescription("Exact up to 10,000; beyond it count is 10,000 and exact is false.").Errors(400, 404, 501);
        group.MapGet("/runs/rollups", RollupsAsync).WithSummary("What ended runs add up to, by time")
            .WithDescription("Runs that ended within each step, about a second behind; durations are from start to end, waiting included, and at most " +
                "6.3 % above the true value. Deleting runs changes nothing in it. Single minutes are kept for 7 days, hours for ever.").Errors(400, 404);
    }

    async Task<Ok<ListOf<RunSummary>>> ListAsync(
        [AsParameters] RunsQuery query,
        [Description("The next_cursor of the page before")] string? cursor,
        [Description("1 to 200; default 50")] string? limit,
        CancellationToken cancellationToken)
    {
        var filter = await query.FilterAsync(flows, cancellationToken);
        var page = await Paging.ReadAsync(SearchAsync(runs.ListAsync(filter, string.IsNullOrEmpty(cursor) ? null : cursor, Paging.Limit(limit), cancellationToken)));
        return TypedResults.Ok(new ListOf<RunSummary>([.. page.Items.Select(RunSummary.Of)], page.NextCursor));
    }

    async Task<Ok<RunCountView>> CountAsync([AsParameters] RunsQuery query, CancellationToken cancellationToken)
    {
        var count = await SearchAsync(runs.CountAsync(await query.FilterAsync(flows, cancellationToken), cancellationToken));
        return TypedResults.Ok(new RunCountView(count.Count, count.IsExact));
    }

    async Task<Ok<ListOf<RollupView>>> RollupsAsync(
        [Description("A flow's id or endpoint name; default: all flows together")] string? flow,
        [Description("The first step is the one that has this time in it; default: an hour before to")] string? from,
        [Description("Default: now")] string? to,
        [Description("Seconds, a multiple of 60 that gives 1,500 points at most; default: the shortest that does. Multiples of 3,600 when from is more than 7 days ago")] string? step,
        CancellationToken cancellationToken)
    {
        var flowId = await RunsQuery.FlowIdAsync(flow, flows, cancellationToken);
        var end = Paging.Time("to", to) ?? time.GetUtcNow();
        var start = Paging.Time("from", from) ?? (end - DateTimeOffset.MinValue > DefaultStretch ? end - DefaultStretch : DateTimeOffset.MinValue);
        var points = await rollups.ReadAsync(flowId, start, end, Step(step, start, end), cancellationToken);
        return TypedResults.Ok(new ListOf<RollupView>([.. points.Select(RollupView.Of)]));
    }

    TimeSpan Step(string? given, DateTimeOffset from, DateTimeOffset to)
    {
        var unit = from < time.GetUtcNow() - IRunRollups.MinutesKept ? 3600L : 60;
        // One more than the stretch has, because it need not begin at a step's beginning.
        var least = Math.Max(1, (long)Math.Ceiling((to - from).TotalSeconds / (IRunRollups.MaxPoints - 1) / unit)) * unit;
        if (string.IsNullOrEmpty(given))
            return TimeSpan.FromSeconds(least);
        if (!long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is < 60 or > 31_622_400 || seconds % 60 != 0)
            throw ApiException.BadRequest("invalid_step", "step must be a number of seconds, a multiple of 60 up to 31622400 (366 days).");
        if (seconds % unit != 0)
            throw ApiException.BadRequest("invalid_step", "Single minutes are kept for 7 days: give a later from, or a step that is a multiple of 3600.");
        return seconds >= least ? TimeSpan.FromSeconds(seconds)
            : throw ApiException.BadRequest("invalid_step", $"There would be more than {IRunRollups.MaxPoints} points. Give a step of {least} or more, or a shorter stretch of time.");
    }

    /// <summary>A search that this machine's database cannot do is told as such.</summary>
    static async Task<T> SearchAsync<T>(Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (NotSupportedException e)
        {
            throw new ApiException(StatusCodes.Status501NotImplemented, "search_unavailable", e.Message);
        }
    }
}

/// <summary>How many runs there are.</summary>
/// <param name="Exact">False: so many, or more.</param>
sealed record RunCountView(int Count, bool Exact);

/// <summary>Runs that ended within a step.</summary>
/// <param name="At">When the step begins.</param>
/// <param name="P50Ms">Milliseconds that half of the runs did not exceed; null when none was started. Likewise the others.</param>
sealed record RollupView(DateTimeOffset At, long Succeeded, long Failed, long Canceled, long TimedOut, TokensView Tokens,
    [property: System.Text.Json.Serialization.JsonPropertyName("p50_ms")] double? P50Ms,
    [property: System.Text.Json.Serialization.JsonPropertyName("p95_ms")] double? P95Ms,
    [property: System.Text.Json.Serialization.JsonPropertyName("p99_ms")] double? P99Ms)
{
    public static RollupView Of(RollupPoint point) => new(point.At, point.Succeeded, point.Failed, point.Canceled, point.TimedOut, TokensView.Of(point.Tokens),
        point.P50?.TotalMilliseconds, point.P95?.TotalMilliseconds, point.P99?.TotalMilliseconds);
}
