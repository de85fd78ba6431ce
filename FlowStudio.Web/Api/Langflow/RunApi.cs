using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Api.Langflow.Files;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary><c>POST /api/v1/run/{flow}</c>: runs a flow and waits, or streams what happens.</summary>
sealed class RunApi(LangflowRuns runs, RunStream stream)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/run").Access(AccessRule.Api).WithTags("Langflow");
        group.MapPost("/{flow}", (Delegate)FastApi.Handle(PostAsync)).WithSummary("Run a flow and wait (Langflow)")
            .WithDescription("input_value goes to the Chat Input (input_type chat), to Text Inputs (text) or to both (any); outputs are those of output_type chat, text or any, " +
                "of all nodes (debug), or of output_component. tweaks set fields for this run alone. With stream=true events come as JSON lines.");
        group.MapPost("/advanced/{flow}", (Delegate)FastApi.Handle(AdvancedAsync)).WithSummary("Run a flow with inputs and outputs by name (Langflow)");
    }

    async Task PostAsync(HttpContext context)
    {
        var flow = await runs.ResolveAsync(Name(context), context.RequestAborted);
        var wish = RunWish.Read(await FastApi.ReadAsync(context));
        var started = await runs.StartAsync(context, flow, wish);
        if (context.Request.Query["stream"] == "true")
            await stream.WriteAsync(context, started, wish);
        else
            await AnswerAsync(context, started, wish);
    }

    async Task AdvancedAsync(HttpContext context)
    {
        var flow = await runs.ResolveAsync(Name(context), context.RequestAborted);
        var body = await FastApi.ReadAsync(context);
        if (body.ValueKind is not JsonValueKind.Undefined)
            FastApi.Object(body);
        var input = LangflowNode.Items(body, "inputs").FirstOrDefault();
        var output = LangflowNode.Items(body, "outputs").FirstOrDefault();
        var wish = RunWish.Read(KeptFile.ToElement(new JsonObject
        {
            ["input_value"] = LangflowNode.Text(input, "input_value"),
            ["input_type"] = LangflowNode.Text(input, "type") ?? "chat",
            ["output_type"] = "any",
            ["output_component"] = output.ValueKind is JsonValueKind.String ? output.GetString() : null,
            ["session_id"] = LangflowNode.Text(body, "session_id"),
            ["tweaks"] = LangflowNode.Member(body, "tweaks") is { ValueKind: JsonValueKind.Object } tweaks ? JsonNode.Parse(tweaks.GetRawText()) : null,
        }));
        await AnswerAsync(context, await runs.StartAsync(context, flow, wish), wish);
    }

    async Task AnswerAsync(HttpContext context, StartedRun started, RunWish wish)
    {
        var details = await runs.EndOfAsync(started.Id, limit: null, context.RequestAborted)
            ?? throw new FastApiException(StatusCodes.Status404NotFound, "The run was deleted.");
        if (details.Run.Status is not RunStatus.Succeeded)
            throw LangflowRuns.Failed(details.Run);
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, RunEnvelope.Of(details, started, wish));
    }

    static string Name(HttpContext context) => context.Request.RouteValues["flow"] as string ?? "";
}
