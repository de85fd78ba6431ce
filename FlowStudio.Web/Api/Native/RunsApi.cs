using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Api.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace FlowStudio.Web.Api.Native;

/// <summary><c>/v1/runs/{id}</c>, and starting one with <c>POST /v1/flows/{id}/runs</c>.</summary>
sealed class RunsApi(IRunStore runs, IRunIntake intake, IRunReplay replay, IRunControl control, FlowFinder flows, CallbackFields callbacks, EventStream stream, QuestionLinkAddresses addresses, IHostApplicationLifetime lifetime)
{
    const int MaxHeaderText = 256;
    static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);
    static readonly string[] ReplayFields = ["from", "version"];
    static readonly string[] StartFields = ["input", "draft", "session_id", "webhook"];

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("Runs");
        group.MapGet("/runs/{id}", GetAsync).WithSummary("Read a run with its steps")
            .WithDescription("Of the steps inside of loops and agents the failed ones and the first, 1,000 at most; steps_left_out then says how many are not there, " +
                "and steps=all gives every one.").Errors(400, 404);
        group.MapGet("/runs/{id}/events", EventsAsync).WithSummary("A run's events as they happen (server-sent events)")
            .WithDescription("Each event has its number as id, its type as event, and as data " +
                "{\"seq\",\"at\",\"type\",\"node_id\",\"iteration\",\"attempt\",\"data\"}. Resume with Last-Event-ID. The stream ends after run.finished; " +
                "204 when nothing is left to tell.")
            .Produces(200, contentType: "text/event-stream").Produces(204).Errors(400, 404);
        group.MapPost("/runs/{id}/cancel", CancelAsync).WithSummary("Cancel a run")
            .WithDescription("Wherever it is: queued, waiting, or in the middle of a call, which is then cut.").Errors(404, 409);
        group.MapPost("/runs/{id}/replay", ReplayAsync).WithSummary("Run an ended run again")
            .WithDescription("A new run with the same input, from the start or from where it failed: then the steps that were done are taken over (reused), " +
                "and those done again have the same idempotency keys. version latest runs the flow as it is now; steps that it does not change are kept. " +
                "An Idempotency-Key gives the first replay again.")
            .Produces<RunView>(201).Errors(400, 404, 409, 413, 415, 422, 429, 503);
        group.MapDelete("/runs/{id}", DeleteAsync).WithSummary("Delete an ended run with all it stored").Produces(204).Errors(404, 409);
        group.MapPost("/flows/{id}/runs", StartAsync).WithSummary("Start a run").WithTags("Flows")
            .WithDescription("Runs the live version, or the draft when nothing is published or draft is true. With wait, the ended run (200) or the " +
                "unfinished one (202). An object as input also fills Text Inputs by their titles: {\"input\":{\"tone\":\"friendly\"}}. " +
                "webhook names an address that is told of the run's end (signed, and sent again when it is not taken). An Idempotency-Key (256 characters at most, remembered for a day) gives the first run again.")
            .Produces<RunView>(201).Produces<RunView>(200).Produces<RunView>(202).Errors(400, 404, 409, 413, 415, 422, 429, 503);
    }

    async Task<Ok<RunView>> GetAsync(HttpRequest request, string id, [Description("all: every step, however many there are")] string? steps)
    {
        if (steps is not (null or "" or "all"))
            throw ApiException.BadRequest("invalid_steps", "'steps' may be all, or left out.");
        return TypedResults.Ok(await ViewAsync(request, Id(id), allSteps: steps == "all"));
    }

    async Task EventsAsync(HttpContext context, string id)
    {
        var run = Id(id);
        if (EventStream.After(context.Request) is not { } after)
            throw ApiException.BadRequest("invalid_event_id", "Last-Event-ID must be the number of an event.");
        if (await runs.FindAsync(run, context.RequestAborted) is null)
            throw NoRun(id);
        await stream.WriteAsync(context, run, after, static e => e.Json);
    }

    async Task<Ok<RunView>> CancelAsync(HttpRequest request, string id, CancellationToken cancellationToken)
    {
        var run = Id(id);
        return await control.CancelAsync(run, cancellationToken) switch
        {
            CancelOutcome.Canceled => TypedResults.Ok(await ViewAsync(request, run)),
            CancelOutcome.AlreadyEnded => throw ApiException.Conflict("run_ended", "The run has ended already."),
            _ => throw NoRun(id),
        };
    }

    async Task<NoContent> DeleteAsync(string id, CancellationToken cancellationToken)
    {
        var run = Id(id);
        if (await runs.DeleteAsync(run, cancellationToken))
            return TypedResults.NoContent();
        throw await runs.FindAsync(run, cancellationToken) is null ? NoRun(id)
            : ApiException.Conflict("run_not_ended", "The run has not ended. Cancel it first.");
    }

    async Task StartAsync(
        HttpContext context,
        string id,
        JsonBody<RunStart> body,
        [Description("Seconds to wait for the run's end, 0 to 600")] string? wait,
        [FromHeader(Name = "Idempotency-Key"), Description("Same key and body: the same run")] string? idempotencyKey)
    {
        var patience = Patience(wait);
        var (input, draft, session, webhook) = Read(body);
        CheckKey(idempotencyKey);
        var flow = await flows.ResolveAsync(id, draft, context.RequestAborted);
        var result = await intake.StartAsync(
            new RunRequest
            {
                Flow = flow,
                Trigger = RunTrigger.Api,
                Input = input,
                SessionId = session,
                Callbacks = webhook is null ? [] : [new CallbackTarget(webhook, CallbackSource.Call)],
                IdempotencyKey = string.IsNullOrEmpty(idempotencyKey) ? null : idempotencyKey,
                BodyHash = string.IsNullOrEmpty(idempotencyKey) ? null : body.Hash,
            },
            context.RequestAborted);
        if (result.Outcome is not (IntakeOutcome.Accepted or IntakeOutcome.Repeated))
            throw Refusals.Of(result);
        if (patience > TimeSpan.Zero)
            await WaitAsync(result.RunId, patience, context.RequestAborted);
        var run = await ViewAsync(context.Request, result.RunId);
        var ended = RunNames.Status(run.Status) is { } status && RunNames.IsFinal(status);
        var waited = ended ? StatusCodes.Status200OK : StatusCodes.Status202Accepted;
        context.Response.StatusCode = patience == TimeSpan.Zero ? StatusCodes.Status201Created : waited;
        context.Response.Headers.Location = $"/v1/runs/{run.Id}";
        await context.Response.WriteAsJsonAsync(run, ApiJson.Relaxed.RunView, contentType: null, context.RequestAborted);
    }

    async Task ReplayAsync(
        HttpContext context,
        string id,
        JsonBody<RunReplayStart> body,
        [FromHeader(Name = "Idempotency-Key"), Description("Same key and body: the same replay")] string? idempotencyKey)
    {
        CheckKey(idempotencyKey);
        var (from, version) = ReadReplay(body);
        var result = await replay.ReplayAsync(new(Id(id), from, version, string.IsNullOrEmpty(idempotencyKey) ? null : idempotencyKey), context.RequestAborted);
        if (result.Outcome is not (IntakeOutcome.Accepted or IntakeOutcome.Repeated))
            throw Refusals.Of(result);
        var run = await ViewAsync(context.Request, result.RunId);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"/v1/runs/{run.Id}";
        await context.Response.WriteAsJsonAsync(run, ApiJson.Relaxed.RunView, contentType: null, context.RequestAborted);
    }

    static (ReplayFrom From, ReplayVersion Version) ReadReplay(JsonBody<RunReplayStart> body)
    {
        if (body.IsEmpty)
            return (ReplayFrom.Start, ReplayVersion.Same);
        var fields = new BodyFields(body.Value, "a wish for a replay", ReplayFields);
        var from = fields.Text("from", maxLength: 20);
        var version = fields.Text("version", maxLength: 20);
        if (from is not (null or "start" or "failed"))
            fields.Add("'from' must be start or failed.");
        if (version is not (null or "same" or "latest"))
            fields.Add("'version' must be same or latest.");
        fields.Done();
        return (from == "failed" ? ReplayFrom.Failed : ReplayFrom.Start, version == "latest" ? ReplayVersion.Latest : ReplayVersion.Same);
    }

    static void CheckKey(string? idempotencyKey)
    {
        if (idempotencyKey?.Length > MaxHeaderText)
            throw ApiException.BadRequest("idempotency_key_too_long",
                $"The Idempotency-Key has {idempotencyKey.Length} characters; {MaxHeaderText} are the most.");
    }

    /// <summary>Waits for the run's end, but not longer than the server runs.</summary>
    async Task WaitAsync(Guid run, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            await control.WaitForEndAsync(run, patience, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The server stops; the caller gets the run as it is, and it resumes at the next start.
        }
    }

    (JsonElement Input, bool Draft, string? Session, string? Webhook) Read(JsonBody<RunStart> body)
    {
        if (body.IsEmpty)
            return (JsonText.EmptyObject, false, null, null);
        var fields = new BodyFields(body.Value, "a wish for a run", StartFields);
        var input = fields.Json("input") ?? JsonText.EmptyObject;
        var draft = fields.Flag("draft") ?? false;
        var session = fields.Text("session_id", maxLength: MaxHeaderText);
        var webhook = callbacks.Read(fields, "webhook", stored: null);
        fields.Done();
        return (input, draft, string.IsNullOrEmpty(session) ? null : session, webhook);
    }

    async Task<RunView> ViewAsync(HttpRequest request, Guid id, bool allSteps = false) =>
        await runs.FindDetailsAsync(id, request.HttpContext.RequestAborted) is { } details
            ? RunView.Of(details, whole: true, allSteps, question => addresses.Of(question, request))
            : throw NoRun(id.ToString());

    static TimeSpan Patience(string? wait)
    {
        if (string.IsNullOrEmpty(wait))
            return TimeSpan.Zero;
        return double.TryParse(wait, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= LongestWait.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw ApiException.BadRequest("invalid_wait", $"wait must be seconds, 0 to {LongestWait.TotalSeconds:0}.");
    }

    static Guid Id(string id) => Guid.TryParse(id, out var guid) ? guid : throw NoRun(id);

    static ApiException NoRun(string id) => ApiException.NotFound("run_not_found", $"There is no run {id}.");
}
