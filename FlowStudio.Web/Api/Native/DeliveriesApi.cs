using System.ComponentModel;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Web.Api.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlowStudio.Web.Api.Native;

/// <summary><c>/v1/deliveries</c>: what became of completion webhooks; and their secret and test under <c>/v1/flows/{id}/completion-webhook</c>.</summary>
sealed class DeliveriesApi(CompletionWebhooks webhooks, FlowFinder flows, CallbackFields callbacks)
{
    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/deliveries").WithTags("Completion webhooks");
        group.MapGet("", ListAsync).WithSummary("List deliveries of completion webhooks").WithDescription("Newest first, page by page.").Errors(400, 404);
        group.MapGet("/{id}", GetAsync).WithSummary("Read a delivery with its attempts").Errors(404);
        group.MapPost("/{id}/redeliver", RedeliverAsync).WithSummary("Send a delivery again")
            .WithDescription("At once, delivered or not, with the same id; when it is not taken, the retries begin anew.").Produces<DeliveryView>(202).Errors(404, 409);
        var own = api.MapGroup("/flows/{id}/completion-webhook").WithTags("Completion webhooks");
        own.MapGet("/secret", SecretAsync).WithSummary("Read what a flow's completion webhooks are signed with").Errors(404);
        own.MapPost("/secret", RotateAsync).WithSummary("Make a new signing secret")
            .WithDescription("For a day messages are signed with the former one too, so that receivers can change over.").Errors(404);
        own.MapPost("/test", TestAsync).WithSummary("Try a completion webhook out")
            .WithDescription("Sends one signed message of type run.test and gives the receiver's answer. Nothing is stored, and nothing sent again.").Errors(400, 404, 409, 413, 415);
    }

    async Task<Ok<ListOf<DeliveryView>>> ListAsync(
        [Description("A run's id")] string? run,
        [Description("A flow's id or endpoint name")] string? flow,
        [Description("armed, pending, delivered or failed")] string? status,
        [Description("The next_cursor of the page before")] string? cursor,
        [Description("1 to 200; default 50")] string? limit,
        CancellationToken cancellationToken)
    {
        var filter = new DeliveryFilter
        {
            RunId = string.IsNullOrEmpty(run) ? null : Guid.TryParse(run, out var id) ? id : throw ApiException.NotFound("run_not_found", $"There is no run {run}."),
            FlowId = await RunsQuery.FlowIdAsync(flow, flows, cancellationToken),
            Status = string.IsNullOrEmpty(status) ? null
                : DeliveryNames.Status(status) ?? throw ApiException.BadRequest("invalid_status", "status must be armed, pending, delivered or failed."),
        };
        var page = await Paging.ReadAsync(webhooks.ListAsync(filter, string.IsNullOrEmpty(cursor) ? null : cursor, Paging.Limit(limit), cancellationToken));
        return TypedResults.Ok(new ListOf<DeliveryView>([.. page.Items.Select(d => DeliveryView.Of(d))], page.NextCursor));
    }

    async Task<Ok<DeliveryView>> GetAsync(string id, CancellationToken cancellationToken)
    {
        var delivery = await webhooks.FindAsync(Id(id), cancellationToken) ?? throw Missing(id);
        return TypedResults.Ok(DeliveryView.Of(delivery, await webhooks.AttemptsAsync(delivery.Id, cancellationToken)));
    }

    async Task<Accepted<DeliveryView>> RedeliverAsync(string id, CancellationToken cancellationToken)
    {
        var delivery = await webhooks.RedeliverAsync(Id(id), cancellationToken) ?? throw Missing(id);
        return delivery.Status is DeliveryStatus.Armed
            ? throw ApiException.Conflict("run_not_ended", "The run has not ended, so there is nothing to tell yet.")
            : TypedResults.Accepted($"/v1/deliveries/{delivery.Id}", DeliveryView.Of(delivery));
    }

    async Task<Ok<SigningSecretView>> SecretAsync(string id, CancellationToken cancellationToken)
    {
        var flow = await flows.FindAsync(id, cancellationToken);
        return TypedResults.Ok(SigningSecretView.Of(await webhooks.Secrets.EnsureAsync(flow.Id, cancellationToken)));
    }

    async Task<Ok<SigningSecretView>> RotateAsync(string id, CancellationToken cancellationToken)
    {
        var flow = await flows.FindAsync(id, cancellationToken);
        return TypedResults.Ok(SigningSecretView.Of(await webhooks.Secrets.RotateAsync(flow.Id, cancellationToken)));
    }

    async Task<Ok<AttemptView>> TestAsync(string id, JsonBody<CallbackTestInput> body, CancellationToken cancellationToken)
    {
        var flow = await flows.FindAsync(id, cancellationToken);
        var url = flow.CompletionWebhook;
        if (!body.IsEmpty)
        {
            var fields = new BodyFields(body.Value, "a test of a completion webhook", "url");
            url = callbacks.Read(fields, "url", url) ?? url;
            fields.Done();
        }
        if (url is null)
            throw ApiException.Conflict("no_completion_webhook", "The flow has no completion webhook. Set one, or give a url here.");
        return TypedResults.Ok(AttemptView.Of(await webhooks.TestAsync(flow.Id, url, cancellationToken)));
    }

    static Guid Id(string id) => Guid.TryParse(id, out var guid) ? guid : throw Missing(id);

    static ApiException Missing(string id) => ApiException.NotFound("delivery_not_found", $"There is no delivery {id}.");
}
