using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Langflow.Files;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary><c>/api/v2/workflows</c>: a flow's run as a job that is waited for, watched, or left to itself. A job's id is the run's.</summary>
sealed class JobsApi(LangflowRuns runs, IRunStore store, IRunControl control, EventStream stream, SecretRedactor redactor)
{
    const int MaxKey = 255;
    const int MaxOutputs = 1000;

    static readonly TimeSpan LongestSync = TimeSpan.FromSeconds(300);

    static readonly string[] Known =
        ["flow_id", "mode", "background", "stream", "input_value", "inputs", "tweaks", "session_id", "idempotency_key", "output_component", "input_type", "output_type", "globals", "output_ids"];

    public void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v2/workflows").Access(AccessRule.Api).WithTags("Langflow");
        group.MapPost("/", (Delegate)FastApi.Handle(StartAsync)).WithSummary("Run a flow as a job (Langflow v2)")
            .WithDescription("mode sync waits up to 300 s for the result, background answers with the job at once, stream sends its events. idempotency_key gives the first job again.");
        group.MapGet("/", (Delegate)FastApi.Handle(GetAsync)).WithSummary("A job's state or result (Langflow v2)");
        group.MapPost("/stop", (Delegate)FastApi.Handle(StopAsync)).WithSummary("Stop a job (Langflow v2)");
        group.MapGet("/{job_id}/events", (Delegate)FastApi.Handle(EventsAsync)).WithSummary("A job's events (Langflow v2, server-sent events)");
    }

    async Task StartAsync(HttpContext context)
    {
        var body = FastApi.Object(await FastApi.ReadAsync(context));
        foreach (var member in body.EnumerateObject().Where(m => !Known.Contains(m.Name, StringComparer.Ordinal)))
            throw FastApiException.Invalid("extra_forbidden", "Extra inputs are not permitted", "body", member.Name);
        var name = FastApi.Text(body, "flow_id", MaxKey) ?? throw FastApiException.Invalid("missing", "Field required", "body", "flow_id");
        var mode = Mode(body);
        var flow = await FindAsync(name, context.RequestAborted);
        var wish = Wish(body, flow.Version.Document);
        var key = FastApi.Text(body, "idempotency_key", MaxKey);
        var started = await runs.StartAsync(context, flow, wish, string.IsNullOrEmpty(key) ? null : key, string.IsNullOrEmpty(key) ? null : SHA256.HashData(JsonText.Utf8(body)));
        switch (mode)
        {
            case "background":
                var run = await store.FindAsync(started.Id, context.RequestAborted);
                await FastApi.WriteAsync(context, StatusCodes.Status200OK, Job(started.Id, flow.Flow.Id, run?.CreatedAt, "queued"));
                break;
            case "stream":
                context.Response.Headers["X-Job-Id"] = started.Id.ToString();
                await stream.WriteAsync(context, started.Id, after: 0, Show);
                break;
            default:
                var details = await runs.EndOfAsync(started.Id, LongestSync, context.RequestAborted) ?? throw NoJob(started.Id.ToString());
                if (!RunNames.IsFinal(details.Run.Status))
                    throw Error(StatusCodes.Status408RequestTimeout, "Execution timeout", "EXECUTION_TIMEOUT", "The job has not ended within 300 s; it goes on.", started.Id.ToString());
                await FastApi.WriteAsync(context, StatusCodes.Status200OK, await ResponseAsync(details, context.RequestAborted, wish));
                break;
        }
    }

    async Task GetAsync(HttpContext context)
    {
        var details = await JobAsync(context.Request.Query["job_id"].ToString(), context.RequestAborted);
        var run = details.Run;
        switch (run.Status)
        {
            case RunStatus.Failed:
                throw Error(StatusCodes.Status500InternalServerError, "Job failed", "JOB_FAILED", LangflowRuns.Failure(run), run.Id.ToString());
            case RunStatus.TimedOut:
                throw Error(StatusCodes.Status408RequestTimeout, "Execution timeout", "EXECUTION_TIMEOUT", LangflowRuns.Failure(run), run.Id.ToString());
            case RunStatus.Succeeded:
                await FastApi.WriteAsync(context, StatusCodes.Status200OK, await ResponseAsync(details, context.RequestAborted));
                break;
            default:
                await FastApi.WriteAsync(context, StatusCodes.Status200OK, Job(run.Id, run.FlowId, run.CreatedAt, StatusOf(run.Status)));
                break;
        }
    }

    async Task StopAsync(HttpContext context)
    {
        var body = FastApi.Object(await FastApi.ReadAsync(context));
        var id = FastApi.Text(body, "job_id", MaxKey) ?? throw FastApiException.Invalid("missing", "Field required", "body", "job_id");
        var run = (await JobAsync(id, context.RequestAborted)).Run;
        var message = await control.CancelAsync(run.Id, context.RequestAborted) is CancelOutcome.Canceled ? $"Job {run.Id} cancelled successfully." : $"Job {run.Id} is already {StatusOf(run.Status)}.";
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, new JsonObject { ["job_id"] = run.Id.ToString(), ["message"] = message });
    }

    async Task EventsAsync(HttpContext context)
    {
        var run = (await JobAsync(context.Request.RouteValues["job_id"] as string ?? "", context.RequestAborted)).Run;
        if (EventStream.After(context.Request) is not { } after)
            throw FastApiException.Invalid("int_parsing", "Last-Event-ID should be the number of an event", "header", "Last-Event-ID");
        await stream.WriteAsync(context, run.Id, after, Show);
    }

    async ValueTask<RunnableFlow> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await runs.ResolveAsync(name, cancellationToken);
        }
        catch (FastApiException)
        {
            throw new FastApiException(StatusCodes.Status404NotFound, new JsonObject
            {
                ["error"] = "Flow not found",
                ["code"] = "FLOW_NOT_FOUND",
                ["message"] = $"Flow identifier {name} not found",
                ["flow_id"] = name,
            });
        }
    }

    async Task<RunDetails> JobAsync(string id, CancellationToken cancellationToken) =>
        Guid.TryParse(id, out var run) && await store.FindDetailsAsync(run, cancellationToken) is { } details ? details : throw NoJob(id);

    static FastApiException NoJob(string id) => Error(StatusCodes.Status404NotFound, "Job not found", "JOB_NOT_FOUND", $"Job {id} not found", id);

    static FastApiException Error(int status, string error, string code, string message, string job) =>
        new(status, new JsonObject { ["error"] = error, ["code"] = code, ["message"] = message, ["job_id"] = job });

    static string Mode(JsonElement body)
    {
        var mode = FastApi.Text(body, "mode", MaxKey);
        if (mode is not (null or "sync" or "background" or "stream"))
            throw FastApiException.Invalid("literal_error", "Input should be 'sync', 'stream' or 'background'", "body", "mode");
        return mode ?? (LangflowNode.Flag(body, "background") ? "background" : LangflowNode.Flag(body, "stream") ? "stream" : "sync");
    }

    /// <summary>Inputs go by <c>node.field</c>; what a chat box says and which session it is are no settings of the flow.</summary>
    static RunWish Wish(JsonElement body, FlowDocument document)
    {
        var wish = RunWish.Read(body) with { OutputType = FastApi.Text(body, "output_type", MaxKey) is null ? "any" : RunWish.Read(body).OutputType };
        wish = wish with { Globals = LangflowNode.Member(body, "globals"), Outputs = Names(body, "output_ids") };
        var inputs = LangflowNode.Member(body, "inputs");
        if (inputs.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return wish;
        if (inputs.ValueKind is not JsonValueKind.Object)
            throw FastApiException.Invalid("dict_type", "Input should be a valid dictionary", "body", "inputs");
        var tweaks = wish.Tweaks.ValueKind is JsonValueKind.Object ? JsonNode.Parse(wish.Tweaks.GetRawText()) as JsonObject ?? [] : [];
        foreach (var input in inputs.EnumerateObject())
        {
            var dot = input.Name.LastIndexOf('.');
            var (node, field) = dot > 0 ? (input.Name[..dot], input.Name[(dot + 1)..]) : ("", input.Name);
            if (field == "session_id" && input.Value.ValueKind is JsonValueKind.String)
                wish = wish with { Session = FastApi.Text(inputs, input.Name, 256) };
            else if (field == "input_value" && input.Value.ValueKind is JsonValueKind.String && (node.Length == 0 || document.Node(node)?.Type == "ChatInput"))
                wish = wish with { Input = input.Value.GetString() };
            else if (node.Length > 0)
            {
                if (tweaks[node] is not JsonObject fields)
                    tweaks[node] = fields = [];
                fields[field] = JsonNode.Parse(input.Value.GetRawText());
            }
        }
        return wish with { Tweaks = KeptFile.ToElement(tweaks) };
    }

    /// <summary>A list of texts; null when there is none.</summary>
    static IReadOnlyList<string>? Names(JsonElement body, string name)
    {
        var list = LangflowNode.Member(body, name);
        if (list.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return null;
        if (list.ValueKind is not JsonValueKind.Array || list.GetArrayLength() > MaxOutputs || list.EnumerateArray().Any(i => i.ValueKind is not JsonValueKind.String))
            throw FastApiException.Invalid("list_type", $"Input should be a valid list of at most {MaxOutputs} strings", "body", name);
        return [.. list.EnumerateArray().Select(JsonText.Of)];
    }

    static JsonObject Job(Guid job, Guid flow, DateTimeOffset? at, string status) => new()
    {
        ["job_id"] = job.ToString(),
        ["flow_id"] = flow.ToString(),
        ["object"] = "job",
        ["created_timestamp"] = Time(at),
        ["status"] = status,
        ["links"] = new JsonObject
        {
            ["status"] = $"/api/v2/workflows?job_id={job}",
            ["events"] = $"/api/v2/workflows/{job}/events",
            ["stop"] = "/api/v2/workflows/stop",
        },
        ["errors"] = new JsonArray(),
    };

    async Task<JsonObject> ResponseAsync(RunDetails details, CancellationToken cancellationToken, RunWish? wish = null)
    {
        var run = details.Run;
        var steps = RunEnvelope.Wanted(details, wish ?? new RunWish { OutputType = "any" }).ToList();
        var errors = new JsonArray();
        if (run.Status is not RunStatus.Succeeded)
            errors.Add((JsonNode)new JsonObject { ["error"] = LangflowRuns.Failure(run), ["code"] = run.Error?.Code ?? "INTERNAL_SERVER_ERROR", ["component_id"] = run.Error?.NodeId });
        var outputs = new JsonObject();
        foreach (var step in steps)
        {
            outputs[step.NodeId] = new JsonObject
            {
                ["type"] = "message",
                ["component_id"] = step.NodeId,
                ["status"] = "completed",
                ["content"] = JsonText.OfMessage(step.Output[0].Value),
            };
        }
        return new JsonObject
        {
            ["flow_id"] = run.FlowId.ToString(),
            ["job_id"] = run.Id.ToString(),
            ["session_id"] = await runs.SessionAsync(run.Id, cancellationToken),
            ["object"] = "response",
            ["created_timestamp"] = Time(run.CreatedAt),
            ["status"] = StatusOf(run.Status),
            ["errors"] = errors,
            ["inputs"] = new JsonObject(),
            ["outputs"] = outputs,
            ["output"] = new JsonObject
            {
                ["reason"] = run.Status is not RunStatus.Succeeded ? "failed" : steps.Count switch { 0 => "none", 1 => "single", _ => "multiple" },
                ["text"] = steps.Count == 1 ? JsonText.OfMessage(steps[0].Output[0].Value) : null,
                ["source"] = steps.Count == 1 ? steps[0].NodeId : null,
            },
            ["has_errors"] = errors.Count > 0,
        };
    }

    /// <summary>The event as Langflow names it, with the run's own number: a reader that comes back says the last one it has.</summary>
    ReadOnlyMemory<byte>? Show(RunEvent happened)
    {
        var (name, data) = happened.Type switch
        {
            RunEventTypes.RunFinished => ("end", End(happened)),
            RunEventTypes.CutOff => ("error", CutOff(happened)),
            _ => RunStream.EventOf(happened) ?? default,
        };
        if (name is null)
            return null;
        return JsonText.Utf8(redactor.Redact(KeptFile.ToElement(new JsonObject { ["event"] = name, ["data"] = data }))).ToArray();
    }

    static JsonObject CutOff(RunEvent happened)
    {
        var told = RunStream.CutOff(happened.Read().Text("message") ?? "");
        told["job_id"] = happened.RunId.ToString();
        told["last_seq"] = happened.Seq;
        return told;
    }

    static JsonObject End(RunEvent happened)
    {
        var view = happened.Read();
        return new JsonObject
        {
            ["job_id"] = happened.RunId.ToString(),
            ["status"] = RunNames.Status(view.Text("status") ?? "") is { } status ? StatusOf(status) : null,
            ["error"] = LangflowNode.Text(LangflowNode.Member(view.Data, "error"), "message"),
        };
    }

    static string StatusOf(RunStatus status) => status switch
    {
        RunStatus.Queued => "queued",
        RunStatus.Running => "in_progress",
        RunStatus.Waiting => "suspended",
        RunStatus.Succeeded => "completed",
        RunStatus.Failed => "failed",
        RunStatus.TimedOut => "timed_out",
        _ => "cancelled",
    };

    static string Time(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture) ?? "";
}
