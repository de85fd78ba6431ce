using System.ComponentModel;
using System.Globalization;
using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;
using FlowStudio.Web.Api.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlowStudio.Web.Api.Native;

/// <summary><c>/v1/schedules</c>: flows that the clock starts.</summary>
sealed class SchedulesApi(ISchedules schedules, FlowFinder flows, IRunStore runs, CallbackFields callbacks, TimeProvider time)
{
    const int DefaultPreview = 10;

    static readonly string[] Fields = ["flow", "name", "cron", "time_zone", "input", "misfire", "overlap", "paused", "completion_webhook"];

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/schedules").WithTags("Schedules");
        group.MapGet("", ListAsync).WithSummary("List schedules").WithDescription("By name, page by page.").Errors(400, 404);
        group.MapPost("", CreateAsync).WithSummary("Make a schedule")
            .WithDescription("An expression that is wrong, or never fires, is refused; field and position say where it is wrong.")
            .Produces<ScheduleView>(201).Errors(400, 404, 413, 415);
        group.MapGet("/preview", PreviewAsync).WithSummary("When an expression fires, and what it means").Errors(400);
        group.MapGet("/{id}", GetAsync).WithSummary("Read a schedule").Errors(404);
        group.MapPut("/{id}", UpdateAsync).WithSummary("Change a schedule").WithDescription("What is left out stays as it is.").Errors(400, 404, 413, 415);
        group.MapDelete("/{id}", DeleteAsync).WithSummary("Delete a schedule").WithDescription("Its runs stay in history.").Errors(404);
        group.MapPost("/{id}/pause", (string id, CancellationToken cancellationToken) => PauseAsync(id, paused: true, cancellationToken)).WithSummary("Pause a schedule").Errors(404);
        group.MapPost("/{id}/resume", (string id, CancellationToken cancellationToken) => PauseAsync(id, paused: false, cancellationToken))
            .WithSummary("Resume a schedule").WithDescription("Times that went by while it was paused are not made up for.").Errors(404);
        group.MapPost("/{id}/run", RunAsync).WithSummary("Start a run of a schedule now").WithDescription("Paused or not, whatever else is at work.")
            .Produces<RunView>(201).Errors(404, 409, 429, 503);
        group.MapGet("/{id}/fires", FiresAsync).WithSummary("What became of a schedule's times").WithDescription("Newest first, page by page.").Errors(400, 404);
    }

    async Task<Ok<ListOf<ScheduleView>>> ListAsync(
        [Description("A flow's id or endpoint name; default: all flows")] string? flow,
        [Description("The next_cursor of the page before")] string? cursor,
        [Description("1 to 200; default 50")] string? limit,
        CancellationToken cancellationToken)
    {
        var flowId = await RunsQuery.FlowIdAsync(flow, flows, cancellationToken);
        var page = await Paging.ReadAsync(schedules.ListAsync(flowId, string.IsNullOrEmpty(cursor) ? null : cursor, Paging.Limit(limit), cancellationToken));
        return TypedResults.Ok(new ListOf<ScheduleView>([.. page.Items.Select(i => ScheduleView.Of(i.Schedule, i.LastFire))], page.NextCursor));
    }

    async Task<Created<ScheduleView>> CreateAsync(JsonBody<ScheduleInput> body, CancellationToken cancellationToken)
    {
        var fields = new BodyFields(body.Required, "a schedule", Fields);
        var flow = fields.Text("flow", maxLength: 64, required: true);
        var cron = fields.Text("cron", maxLength: 1000, required: true);
        var name = fields.Text("name", maxLength: 1000);
        var zone = fields.Text("time_zone", maxLength: 200) ?? "UTC";
        var (misfire, overlap) = Policies(fields);
        var paused = fields.Flag("paused") ?? false;
        var webhook = callbacks.Read(fields, "completion_webhook", stored: null);
        fields.Done();
        var created = await TryAsync(async () => await schedules.CreateAsync(
            new Schedule
            {
                Id = Guid.Empty,
                FlowId = (await flows.FindAsync(flow ?? "", cancellationToken)).Id,
                // A name says what it is for; what it does will do when nobody says.
                Name = string.IsNullOrWhiteSpace(name) ? CronWords.Of(CronText.Parse(cron ?? ""), zone) : name,
                Cron = cron ?? "",
                Zone = zone,
                Input = fields.Json("input") ?? JsonText.EmptyObject,
                Misfire = misfire ?? MisfirePolicy.Once,
                Overlap = overlap ?? OverlapPolicy.Skip,
                Paused = paused,
                CompletionWebhook = webhook,
            },
            cancellationToken));
        return TypedResults.Created($"/v1/schedules/{created.Id}", ScheduleView.Of(created, last: null));
    }

    async Task<Ok<ScheduleView>> GetAsync(string id, CancellationToken cancellationToken)
    {
        var found = await FindAsync(id, cancellationToken);
        return TypedResults.Ok(ScheduleView.Of(found.Schedule, found.LastFire));
    }

    async Task<Ok<ScheduleView>> UpdateAsync(string id, JsonBody<ScheduleInput> body, CancellationToken cancellationToken)
    {
        var fields = new BodyFields(body.Required, "a schedule", Fields);
        var (stored, last) = await FindAsync(id, cancellationToken);
        if (fields.Text("flow", maxLength: 64) is { } flow && (await flows.FindAsync(flow, cancellationToken)).Id != stored.FlowId)
            fields.Add("'flow' cannot be changed. Make a schedule for the other flow, and delete this one.");
        var (misfire, overlap) = Policies(fields);
        var wanted = stored with
        {
            Name = fields.Text("name", maxLength: 1000) ?? stored.Name,
            Cron = fields.Text("cron", maxLength: 1000) ?? stored.Cron,
            Zone = fields.Text("time_zone", maxLength: 200) ?? stored.Zone,
            Input = fields.Json("input") ?? stored.Input,
            Misfire = misfire ?? stored.Misfire,
            Overlap = overlap ?? stored.Overlap,
            Paused = fields.Flag("paused") ?? stored.Paused,
            CompletionWebhook = callbacks.Read(fields, "completion_webhook", stored.CompletionWebhook),
        };
        fields.Done();
        var saved = await TryAsync(() => schedules.UpdateAsync(wanted, cancellationToken)) ?? throw Missing(id);
        return TypedResults.Ok(ScheduleView.Of(saved, last));
    }

    async Task<NoContent> DeleteAsync(string id, CancellationToken cancellationToken) =>
        await schedules.DeleteAsync(Id(id), cancellationToken) is null ? throw Missing(id) : TypedResults.NoContent();

    async Task<Ok<ScheduleView>> PauseAsync(string id, bool paused, CancellationToken cancellationToken)
    {
        var changed = await TryAsync(() => schedules.PauseAsync(Id(id), paused, cancellationToken)) ?? throw Missing(id);
        return TypedResults.Ok(ScheduleView.Of(changed, (await schedules.FindAsync(changed.Id, cancellationToken))?.LastFire));
    }

    async Task<Created<RunView>> RunAsync(string id, CancellationToken cancellationToken)
    {
        var result = await schedules.RunNowAsync(Id(id), cancellationToken) ?? throw Missing(id);
        if (result.Outcome is not (IntakeOutcome.Accepted or IntakeOutcome.Repeated))
            throw Refusals.Of(result);
        var run = await runs.FindDetailsAsync(result.RunId, cancellationToken) ?? throw ApiException.NotFound("run_not_found", $"There is no run {result.RunId}.");
        return TypedResults.Created($"/v1/runs/{result.RunId}", RunView.Of(run, whole: true));
    }

    async Task<Ok<ListOf<ScheduleFireView>>> FiresAsync(
        string id,
        [Description("The next_cursor of the page before")] string? cursor,
        [Description("1 to 200; default 50")] string? limit,
        CancellationToken cancellationToken)
    {
        var (schedule, _) = await FindAsync(id, cancellationToken);
        var page = await Paging.ReadAsync(schedules.FiresAsync(schedule.Id, string.IsNullOrEmpty(cursor) ? null : cursor, Paging.Limit(limit), cancellationToken));
        return TypedResults.Ok(new ListOf<ScheduleFireView>([.. page.Items.Select(ScheduleFireView.Of)], page.NextCursor));
    }

    Task<Ok<CronPreview>> PreviewAsync(
        [Description("The expression")] string? cron,
        [Description("An IANA time zone; default: UTC")] string? tz,
        [Description("Fires after this time; default: now")] string? from,
        [Description("1 to 100; default 10")] string? count,
        CancellationToken cancellationToken) => TryAsync(async () =>
        {
            var clock = CronClock.Of(CronText.Parse(cron ?? ""), CronClock.ZoneOf(string.IsNullOrEmpty(tz) ? "UTC" : tz));
            var after = Paging.Time("from", from) ?? time.GetUtcNow();
            var fires = await clock.PreviewAsync(after, Count(count), time, cancellationToken);
            return TypedResults.Ok(new CronPreview(fires, CronWords.Of(clock.Text, string.IsNullOrEmpty(tz) ? "UTC" : tz)));
        });

    static int Count(string? given)
    {
        if (string.IsNullOrEmpty(given))
            return DefaultPreview;
        return int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= CronClock.MaxPreview
            ? count
            : throw ApiException.BadRequest("invalid_count", $"count must be a number from 1 to {CronClock.MaxPreview}.");
    }

    static (MisfirePolicy? Misfire, OverlapPolicy? Overlap) Policies(BodyFields fields)
    {
        var misfireName = fields.Text("misfire", maxLength: 20);
        var overlapName = fields.Text("overlap", maxLength: 20);
        var misfire = misfireName is null ? null : ScheduleNames.Misfire(misfireName);
        var overlap = overlapName is null ? null : ScheduleNames.Overlap(overlapName);
        if (misfireName is not null && misfire is null)
            fields.Add("'misfire' must be once, all or skip.");
        if (overlapName is not null && overlap is null)
            fields.Add("'overlap' must be skip, queue or allow.");
        return (misfire, overlap);
    }

    async Task<ScheduleInfo> FindAsync(string id, CancellationToken cancellationToken) => await schedules.FindAsync(Id(id), cancellationToken) ?? throw Missing(id);

    static async Task<T> TryAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (CronException e)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, e.Code, e.Message) { Place = new("cron", e.Field, e.FieldNumber, e.Position) };
        }
        catch (ScheduleException e) when (e.Code == "flow_not_found")
        {
            throw ApiException.NotFound(e.Code, e.Message);
        }
        catch (ScheduleException e)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, e.Code, e.Message) { Place = new(e.Field, Field: null, 0, 0) };
        }
    }

    static Guid Id(string id) => Guid.TryParse(id, out var guid) ? guid : throw Missing(id);

    static ApiException Missing(string id) => ApiException.NotFound("schedule_not_found", $"There is no schedule {id}.");
}
