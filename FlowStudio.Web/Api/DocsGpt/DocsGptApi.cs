using System.Text.Json;
using FlowStudio.Web.Api.Json;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.DocsGpt;

/// <summary>The DocsGPT dialect: an agent is a flow, addressed by a token of its own; its tasks are runs.</summary>
static class DocsGptApi
{
    const string Tag = "DocsGPT";
    const string Json = "application/json";

    public static void AddDocsGptApi(this IServiceCollection services)
    {
        services.AddSingleton<AgentWebhook>();
        services.AddSingleton<AgentTasks>();
    }

    public static void MapDocsGptApi(this IEndpointRouteBuilder routes)
    {
        var webhook = routes.ServiceProvider.GetRequiredService<AgentWebhook>();
        var tasks = routes.ServiceProvider.GetRequiredService<AgentTasks>();
        var api = routes.MapGroup("/api").DisableAntiforgery().WithTags(Tag);
        api.MapPost("/webhooks/agents/{token}", webhook.PostAsync).Access(AccessRule.Own).WithMetadata(new JsonBodyType(typeof(JsonElement)))
            .WithSummary("Start an agent").WithDescription("The token in the path is the flow's; its API tab shows it. The body is any JSON but null: the Webhook " +
                "component gives it out, and Chat Input takes its question, or all of it as text. With an Idempotency-Key (256 characters at most, remembered " +
                "for a day) the first answer is given again, whatever the body.")
            .Says<AgentTaskStarted>(400, 403, 404, 409, 413, 415, 429, 503);
        api.MapGet("/webhooks/agents/{token}", webhook.GetAsync).Access(AccessRule.Own)
            .WithSummary("Start an agent with a query").WithDescription("The query is the payload, as an object of texts.")
            .Says<AgentTaskStarted>(400, 403, 404, 409, 429, 503);
        api.MapGet("/task_status", tasks.StatusAsync).Access(AccessRule.Open)
            .WithSummary("What became of an agent's task").WithDescription("PENDING, STARTED, SUCCESS or FAILURE. An id that is none is PENDING, as in Celery.")
            .Says<AgentTaskView>(400);
        api.MapGet("/agent_webhook", webhook.AddressAsync).Access(AccessRule.Own)
            .WithSummary("The address that starts a flow as an agent").WithDescription("By the flow's id or endpoint name, with an API key. Its token is made at the first time.")
            .Says<AgentAddress>(400, 401, 404);
        // What is left is answered in the same shape; a fallback of all of /api would answer in another's.
        api.Map("/webhooks/agents", context => context.Request.Method is "GET" or "POST"
            ? AgentAnswers.RefuseAsync(context, StatusCodes.Status400BadRequest, "Webhook token missing") : WrongMethodAsync(context, "GET, POST"))
            .Access(AccessRule.Open).ExcludeFromDescription();
        api.Map("/webhooks/agents/{token}", context => WrongMethodAsync(context, "GET, POST")).Access(AccessRule.Open).ExcludeFromDescription();
        api.Map("/task_status", context => WrongMethodAsync(context, "GET")).Access(AccessRule.Open).ExcludeFromDescription();
        api.Map("/agent_webhook", context => WrongMethodAsync(context, "GET")).Access(AccessRule.Open).ExcludeFromDescription();
    }

    static RouteHandlerBuilder Says<T>(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> refusals)
    {
        endpoint.Produces<T>(StatusCodes.Status200OK, Json);
        foreach (var status in refusals)
            endpoint.Produces<AgentRefusal>(status, Json);
        return endpoint;
    }

    static Task WrongMethodAsync(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return AgentAnswers.RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "Method Not Allowed");
    }
}

/// <summary>An agent's task was started.</summary>
sealed record AgentTaskStarted(bool Success, string TaskId);

/// <summary>Why nothing was done.</summary>
sealed record AgentRefusal(bool Success, string Message);

/// <summary>How an agent's task stands.</summary>
/// <param name="Status"><c>PENDING</c>, <c>STARTED</c>, <c>SUCCESS</c> or <c>FAILURE</c>.</param>
/// <param name="Result">Null until the end; then the answer, or the error's text.</param>
sealed record AgentTaskView(string Status, JsonElement? Result);

/// <summary>The address that starts a flow as an agent.</summary>
sealed record AgentAddress(bool Success, string WebhookUrl);
