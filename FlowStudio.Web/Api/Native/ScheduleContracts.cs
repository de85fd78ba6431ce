using System.Text.Json;
using System.Text.Json.Serialization;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;

namespace FlowStudio.Web.Api.Native;

/// <summary>What may be set of a schedule. When one is replaced, what is left out stays as it is.</summary>
/// <param name="Flow">The flow's id or endpoint name; only when a schedule is made.</param>
/// <param name="Cron">Five fields, six or seven with seconds first, or a name such as <c>@daily</c>.</param>
/// <param name="TimeZone">An IANA time zone. Default: UTC.</param>
/// <param name="Input">Any JSON: what each run gets. Default: an empty object.</param>
/// <param name="Misfire">Of times missed while the server was down: <c>once</c> (the default), <c>all</c> or <c>skip</c>.</param>
/// <param name="Overlap">While the run before is at work: <c>skip</c> (the default), <c>queue</c> or <c>allow</c>.</param>
/// <param name="CompletionWebhook">Where the end of each run is told, beside where the flow says; null takes it away.</param>
sealed record ScheduleInput(string? Flow, string? Name, string? Cron, string? TimeZone, JsonElement? Input, string? Misfire, string? Overlap, bool? Paused,
    string? CompletionWebhook);

/// <summary>A schedule.</summary>
/// <param name="Words">What the expression means.</param>
/// <param name="CompletionWebhook">Where the end of each run is told, without the values of its query.</param>
/// <param name="NextAt">When it starts a run next; null while it is paused, and when no time comes any more.</param>
/// <param name="LastFire">The newest line of its history.</param>
sealed record ScheduleView(Guid Id, Guid FlowId, string Name, string Cron, string TimeZone, string Words, JsonElement Input, string Misfire, string Overlap, bool Paused,
    string? CompletionWebhook, DateTimeOffset? NextAt, ScheduleFireView? LastFire, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static ScheduleView Of(Schedule schedule, ScheduleFire? last) => new(schedule.Id, schedule.FlowId, schedule.Name, schedule.Cron, schedule.Zone,
        CronWords.Of(CronText.Parse(schedule.Cron), schedule.Zone), schedule.Input, ScheduleNames.Of(schedule.Misfire), ScheduleNames.Of(schedule.Overlap), schedule.Paused,
        schedule.CompletionWebhook is { } webhook ? CallbackUrl.Redact(webhook) : null, schedule.NextAt, last is null ? null : ScheduleFireView.Of(last), schedule.CreatedAt, schedule.UpdatedAt);
}

/// <summary>What became of one time of a schedule.</summary>
/// <param name="At">When it was handled.</param>
/// <param name="Outcome"><c>started</c>, <c>waiting</c> (for the run before it), <c>skipped</c> (that one was still at work), <c>missed</c> or <c>refused</c>.</param>
/// <param name="Manual">It was asked for, and is no time of the expression.</param>
/// <param name="RunStatus">Null without a run, and when it was deleted.</param>
sealed record ScheduleFireView(DateTimeOffset ScheduledAt, DateTimeOffset At, string Outcome, bool Manual, Guid? RunId, string? RunStatus,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason)
{
    public static ScheduleFireView Of(ScheduleFire fire) => new(fire.ScheduledAt, fire.At, ScheduleNames.Of(fire.Outcome), fire.Manual, fire.RunId,
        fire.RunStatus is { } status ? RunNames.Of(status) : null, fire.Code, fire.Reason);
}

/// <summary>When an expression fires.</summary>
/// <param name="Fires">In UTC, in order; fewer than were asked for when no more come.</param>
/// <param name="Words">What it means.</param>
sealed record CronPreview(IReadOnlyList<DateTimeOffset> Fires, string Words);
