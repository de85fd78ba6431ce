using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Api.Json;
using Microsoft.AspNetCore.Mvc;

namespace FlowStudio.Web.Api.Native;

/// <summary>Many runs at once: <c>/v1/runs/export</c> and <c>/v1/runs/bulk</c>.</summary>
sealed class RunsBulkApi(IRunStore runs, RunBulk bulk, FlowFinder flows, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>The most ids of one call; an address cannot hold more.</summary>
    public const int MostExported = 200;

    /// <summary>The most ids of one call: it answers when it has done all of them.</summary>
    public const int MostChanged = 1_000;

    static readonly string[] Fields = ["act", "ids", "from", "version"];
    static readonly ReadOnlyMemory<byte> NewLine = "\n"u8.ToArray();

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/runs").WithTags("Runs");
        group.MapGet("/export", ExportAsync).WithSummary("Export runs")
            .WithDescription("One run a line (JSON Lines), each as GET /v1/runs/{id} gives it, newest first: those of the filters, or the ones that id names. " +
                "It is written as it is read, however many there are; runs that are deleted meanwhile are left out.")
            .Produces(200, contentType: "application/jsonl").Errors(400, 404, 501);
        group.MapPost("/bulk", ChangeAsync).WithSummary("Cancel, delete or replay many runs")
            .WithDescription("{\"act\":\"cancel|delete|replay\",\"ids\":[…]}, 1,000 ids at most; for a replay also from and version as in POST /v1/runs/{id}/replay. " +
                "Answers when all are done, with what became of each: done, or why not.")
            .Errors(400, 413, 415);
    }

    async Task ExportAsync(
        HttpContext context,
        [AsParameters] RunsQuery query,
        [FromQuery(Name = "id"), Description("Ids of runs, separated by commas, 200 at most; then no filter is allowed")] string? ids,
        [FromQuery(Name = "steps"), Description("all: every step; none: without steps; default: as GET /v1/runs/{id}")] string? steps)
    {
        if (steps is not (null or "" or "all" or "none"))
            throw ApiException.BadRequest("invalid_steps", "'steps' may be all or none, or left out.");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var cancellationToken = ending.Token;
        await using var wanted = (string.IsNullOrEmpty(ids) ? bulk.IdsAsync(await query.FilterAsync(flows, cancellationToken), cancellationToken) : Given(ids, query))
            .GetAsyncEnumerator(cancellationToken);
        // What is wrong with the filters shows at the first run, while the answer can still say so.
        var more = await FirstAsync(wanted);
        context.Response.ContentType = "application/jsonl; charset=utf-8";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"runs-{time.GetUtcNow():yyyyMMdd-HHmmss}.jsonl\"";
        try
        {
            for (; more; more = await wanted.MoveNextAsync())
                await WriteAsync(context.Response.Body, wanted.Current, steps, cancellationToken);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The caller left, or the server stops: a file that is cut off must not look whole.
            context.Abort();
        }
    }

    async Task WriteAsync(Stream file, Guid run, string? steps, CancellationToken cancellationToken)
    {
        if (await runs.FindDetailsAsync(run, cancellationToken) is not { } details)
            return;
        var view = RunView.Of(details, whole: true, allSteps: steps == "all");
        await JsonSerializer.SerializeAsync(file, steps == "none" ? view with { Steps = null, StepsLeftOut = null } : view, ApiJson.Relaxed.RunView, cancellationToken);
        await file.WriteAsync(NewLine, cancellationToken);
    }

    async Task<ListOf<RunActView>> ChangeAsync(JsonBody<RunActs> body, CancellationToken cancellationToken)
    {
        var (act, ids, from, version) = Read(body.Required);
        var done = new List<RunActView>(ids.Count);
        await foreach (var (run, problem, made) in bulk.DoAsync(act, ids.ToAsyncEnumerable(), from, version, cancellationToken))
            done.Add(new(run, problem is null, made, problem));
        return new(done);
    }

    static (RunAct Act, List<Guid> Ids, ReplayFrom From, ReplayVersion Version) Read(JsonElement body)
    {
        var fields = new BodyFields(body, "a wish for many runs", Fields);
        var act = fields.Text("act", maxLength: 20, required: true);
        if (act is not (null or "cancel" or "delete" or "replay"))
            fields.Add("'act' must be cancel, delete or replay.");
        var (from, version) = (fields.Text("from", maxLength: 20), fields.Text("version", maxLength: 20));
        if (from is not (null or "start" or "failed"))
            fields.Add("'from' must be start or failed.");
        if (version is not (null or "same" or "latest"))
            fields.Add("'version' must be same or latest.");
        var ids = new List<Guid>();
        if (fields.Json("ids") is not { ValueKind: JsonValueKind.Array } list)
            fields.Add("'ids' must be a list of ids of runs.");
        else if (list.GetArrayLength() > MostChanged)
            fields.Add($"'ids' has {list.GetArrayLength()} ids; {MostChanged} are the most.");
        else
            ids = Ids(list, fields);
        fields.Done();
        return (act switch { "cancel" => RunAct.Cancel, "delete" => RunAct.Delete, _ => RunAct.Replay }, ids,
            from == "failed" ? ReplayFrom.Failed : ReplayFrom.Start, version == "latest" ? ReplayVersion.Latest : ReplayVersion.Same);
    }

    static List<Guid> Ids(JsonElement list, BodyFields fields)
    {
        var ids = new List<Guid>();
        var at = 0;
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind is JsonValueKind.String && item.TryGetGuid(out var id))
                ids.Add(id);
            else
                fields.Add($"'ids[{at}]' is not the id of a run.");
            at++;
        }
        return [.. ids.Distinct()];
    }

    static IAsyncEnumerable<Guid> Given(string ids, RunsQuery query)
    {
        if (query != new RunsQuery())
            throw ApiException.BadRequest("ids_or_filters", "Give ids or filters, not both.");
        var read = ids.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(id => Guid.TryParse(id, out var guid) ? guid : throw ApiException.BadRequest("invalid_id", $"'{(id.Length > 50 ? id[..50] : id)}' is not the id of a run."))
            .Distinct().ToList();
        return read.Count <= MostExported ? read.ToAsyncEnumerable()
            : throw ApiException.BadRequest("too_many_ids", $"There are {read.Count} ids; {MostExported} are the most. Use the filters for more.");
    }

    static async Task<bool> FirstAsync(IAsyncEnumerator<Guid> ids)
    {
        try
        {
            return await ids.MoveNextAsync();
        }
        catch (NotSupportedException e)
        {
            throw new ApiException(StatusCodes.Status501NotImplemented, "search_unavailable", e.Message);
        }
    }
}

/// <summary>What to do to which runs.</summary>
/// <param name="Act"><c>cancel</c>, <c>delete</c> or <c>replay</c>.</param>
/// <param name="From">Of replays: <c>start</c> (default) or <c>failed</c>.</param>
/// <param name="Version">Of replays: <c>same</c> (default) or <c>latest</c>.</param>
sealed record RunActs(string Act, IReadOnlyList<Guid> Ids, string? From, string? Version);

/// <summary>What became of a run.</summary>
/// <param name="RunId">The replay.</param>
/// <param name="Message">Why nothing was done.</param>
sealed record RunActView(
    Guid Id,
    bool Done,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? RunId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Message);
