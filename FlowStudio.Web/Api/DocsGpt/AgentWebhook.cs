using System.Security.Cryptography;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Json;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.DocsGpt;

/// <summary>Starts flows as agents: whoever has a flow's agent token may.</summary>
sealed class AgentWebhook(IFlowStore flows, FlowSecrets secrets, IRunIntake intake, EngineOptions options, StudioAccess access, WebOptions web, RefusedCalls refused,
    ILogger<AgentWebhook> logger)
{
    /// <summary>The dialect's name in a run's call.</summary>
    public const string Dialect = "docsgpt";

    const int MaxKeyLength = 256;
    const string NoJson = "Invalid or missing JSON data in request body";
    const string NoAgent = "Agent not found";

    /// <summary>The first answer is given again whatever the body, so all bodies count as one.</summary>
    static readonly byte[] AnyBody = new byte[SHA256.HashSizeInBytes];

    public Task PostAsync(HttpContext context, string token) => AgentAnswers.TryAsync(context, logger, async () =>
    {
        if (await FindAsync(context, token) is not { } flow)
            return;
        var body = await RequestBody.ReadAsync(context, options.Intake.MaxBodyBytes);
        JsonFlaw flaw;
        JsonElement payload;
        try
        {
            flaw = JsonIntake.Read(body, out payload);
        }
        finally
        {
            RequestBody.Done(context, body);
        }
        if (flaw is JsonFlaw.None && payload.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            await StartAsync(context, flow, payload);
        else
            await RefuseAsync(context, flow, StatusCodes.Status400BadRequest, flaw is JsonFlaw.None or JsonFlaw.NotJson ? NoJson : $"{NoJson}: {JsonIntake.Words(flaw)}", "bad body");
    });

    public Task GetAsync(HttpContext context, string token) => AgentAnswers.TryAsync(context, logger, async () =>
    {
        if (await FindAsync(context, token) is not { } flow)
            return;
        await StartAsync(context, flow, JsonText.Element(context.Request.Query, static (json, query) =>
        {
            json.WriteStartObject();
            foreach (var (name, values) in query)
                json.WriteString(name, values.Count > 0 ? values[0] : "");
            json.WriteEndObject();
        }));
    });

    public Task AddressAsync(HttpContext context, string? id) => AgentAnswers.TryAsync(context, logger, async () =>
    {
        if (!access.MayUseApi(context))
        {
            await AgentAnswers.RefuseAsync(context, StatusCodes.Status401Unauthorized, "This needs an API key, made under Settings: send it as x-api-key or as a bearer.");
            return;
        }
        if (string.IsNullOrEmpty(id))
        {
            await AgentAnswers.RefuseAsync(context, StatusCodes.Status400BadRequest, "ID is required");
            return;
        }
        if (!FlowNames.IsIdentifier(id) || await flows.ResolveAsync(id, draft: true, context.RequestAborted) is not { Flow: var flow })
        {
            await AgentAnswers.RefuseAsync(context, StatusCodes.Status404NotFound, NoAgent);
            return;
        }
        var token = await secrets.EnsureAsync(FlowSecretKind.Agent, flow.Id, context.RequestAborted);
        var root = web.PublicUrl.Length > 0 ? web.PublicUrl.TrimEnd('/') : $"{context.Request.Scheme}://{context.Request.Host}";
        await AgentAnswers.WriteAsync(context, StatusCodes.Status200OK, $"{root}/api/webhooks/agents/{token}", static (json, url) =>
        {
            json.WriteBoolean("success"u8, value: true);
            json.WriteString("webhook_url"u8, url);
        });
    });

    /// <summary>The flow whose token it is; without one the answer is given.</summary>
    async Task<RunnableFlow?> FindAsync(HttpContext context, string token)
    {
        if (!access.Wide && !Origins.IsLocal(context.Request))
        {
            await AgentAnswers.RefuseAsync(context, StatusCodes.Status403Forbidden,
                "The request comes from a web page of another machine (its Origin header says so), and this server is for its own machine only.");
            return null;
        }
        if (secrets.FindAgent(token) is { } id && await flows.ResolveAsync(id.ToString(), draft: false, CancellationToken.None) is { } flow)
            return flow;
        await AgentAnswers.RefuseAsync(context, StatusCodes.Status404NotFound, NoAgent);
        return null;
    }

    async Task StartAsync(HttpContext context, RunnableFlow flow, JsonElement payload)
    {
        string? key = context.Request.Headers["Idempotency-Key"];
        if (key?.Length > MaxKeyLength)
        {
            await RefuseAsync(context, flow, StatusCodes.Status400BadRequest, $"Idempotency-Key exceeds maximum length of {MaxKeyLength} characters", "key too long");
            return;
        }
        var result = await intake.StartAsync(
            new RunRequest
            {
                Flow = flow,
                Trigger = RunTrigger.Webhook,
                Input = payload,
                Call = Calls.Details(context.Request) with { Dialect = Dialect },
                // Beside the keys of the flow's other callers, whose bodies count.
                IdempotencyKey = string.IsNullOrEmpty(key) ? null : $"{Dialect}:{key}",
                BodyHash = string.IsNullOrEmpty(key) ? null : AnyBody,
            },
            CancellationToken.None);
        if (result.Outcome is IntakeOutcome.Accepted or IntakeOutcome.Repeated)
        {
            await AgentAnswers.WriteAsync(context, StatusCodes.Status200OK, result.RunId, static (json, run) =>
            {
                json.WriteBoolean("success"u8, value: true);
                json.WriteString("task_id"u8, run);
            });
            return;
        }
        var status = result.Outcome switch
        {
            IntakeOutcome.FlowDisabled or IntakeOutcome.FlowInvalid => StatusCodes.Status409Conflict,
            IntakeOutcome.QueueFull => StatusCodes.Status429TooManyRequests,
            _ => StatusCodes.Status503ServiceUnavailable,
        };
        await RefuseAsync(context, flow, status, result.Message.Length > 0 ? result.Message : "The agent takes no task now. Try again later.", "not taken",
            status == StatusCodes.Status409Conflict ? null : result.RetryAfter ?? TimeSpan.FromSeconds(5));
    }

    Task RefuseAsync(HttpContext context, RunnableFlow flow, int status, string message, string reason, TimeSpan? retryAfter = null)
    {
        refused.Add(flow.Flow.Id, status, reason);
        return AgentAnswers.RefuseAsync(context, status, message, retryAfter);
    }
}
