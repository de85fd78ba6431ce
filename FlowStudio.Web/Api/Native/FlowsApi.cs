using System.ComponentModel;
using System.Globalization;
using FlowStudio.Engine;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace FlowStudio.Web.Api.Native;

/// <summary><c>/v1/flows</c>: drafts, versions, validation, the webhook's token.</summary>
sealed class FlowsApi(IFlowStore flows, IFlowIndex index, FlowFinder finder, FlowValidator validator, SecretVault vault, FlowSecrets flowSecrets, PastedSecrets secrets,
    CompletionWebhooks webhooks, CallbackFields callbacks, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/flows").WithTags("Flows");
        group.MapGet("", ListAsync).WithSummary("List flows").WithDescription("By name, page by page.").Errors(400);
        group.MapPost("", CreateAsync).WithSummary("Create a flow").Produces<FlowView>(201).Errors(400, 409, 413, 415);
        group.MapGet("/{id}", GetAsync).WithSummary("Read a flow with its draft").WithDescription("The ETag is the draft's revision.").Produces<FlowView>(200)
            .Errors(404);
        group.MapPut("/{id}", ReplaceAsync).WithSummary("Save a flow")
            .WithDescription("What the body leaves out stays as it is. With If-Match, only when the draft still has that revision.").Produces<FlowView>(200)
            .Errors(400, 404, 409, 412, 413, 415);
        group.MapDelete("/{id}", DeleteAsync).WithSummary("Delete a flow")
            .WithDescription("For an hour it can be brought back; then it goes for good, with its versions and its webhook token. Its runs stay in history.")
            .Errors(404);
        group.MapPost("/{id}/undelete", UndeleteAsync).WithSummary("Bring back a deleted flow")
            .WithDescription("As it was, by its id, within an hour; without its endpoint name if another flow has taken that.").Produces<FlowView>(200).Errors(404);
        group.MapPost("/{id}/publish", PublishAsync).WithSummary("Publish the draft")
            .WithDescription("Makes it the next numbered version and the live one; when it equals the live version nothing changes.")
            .Errors(400, 404, 412, 415);
        group.MapGet("/{id}/versions", VersionsAsync).WithSummary("List published versions").WithDescription("Newest first.").Errors(404);
        group.MapGet("/{id}/versions/{number}", VersionAsync).WithSummary("Read a published version").Errors(404);
        group.MapPost("/{id}/versions/{number}/restore", RestoreAsync).WithSummary("Make a published version the draft again").Produces<FlowView>(200)
            .Errors(404);
        group.MapPost("/{id}/validate", ValidateAsync).WithSummary("Validate a flow's draft").Errors(404);
        group.MapPost("/validate", ValidateDocument).WithSummary("Validate a document").WithDescription("The body is the document, or has it as document.")
            .Errors(400, 413, 415);
        group.MapGet("/{id}/webhook-token", TokenAsync).WithSummary("Read the token that opens a flow's webhook").Errors(404);
        group.MapPost("/{id}/webhook-token", RotateAsync).WithSummary("Make a new webhook token").WithDescription("The former one is refused from now on.")
            .Errors(404);
        group.MapGet("/{id}/webhook-signing-secret", SigningSecretAsync).WithSummary("Read the secret that calls of a flow's webhook are signed with").Errors(404);
        group.MapPost("/{id}/webhook-signing-secret", RotateSigningSecretAsync).WithSummary("Make a new signing secret for a flow's webhook")
            .WithDescription("Calls signed with the former one are refused from now on.").Errors(404);
    }

    async Task<Ok<ListOf<FlowSummary>>> ListAsync(
        [Description("Text in name, description, endpoint name, tags or types of components")] string? q,
        [Description("Only flows that have this tag")] string? tag,
        [Description("The next_cursor of the page before")] string? cursor,
        [Description("1 to 200; default 50")] string? limit,
        CancellationToken cancellationToken)
    {
        var query = new FlowQuery { Text = q, Tag = string.IsNullOrEmpty(tag) ? null : tag, Order = FlowOrder.Name };
        var page = await Paging.ReadAsync(index.ListAsync(query, string.IsNullOrEmpty(cursor) ? null : cursor, Paging.Limit(limit), cancellationToken));
        return TypedResults.Ok(new ListOf<FlowSummary>([.. page.Items.Select(FlowSummary.Of)], page.NextCursor));
    }

    async Task CreateAsync(HttpContext context, JsonBody<FlowInput> body)
    {
        var blank = new Flow { Id = Ids.New(time), Name = "", Draft = new FlowDocument() };
        var flow = await ConflictsAsync(flows.CreateAsync(secrets.Refuse(FlowFields.Apply(body.Required, blank, isNew: true, callbacks)), context.RequestAborted));
        await vault.EnsureWebhookTokenAsync(flow.Id, context.RequestAborted);
        await EnsureSecretAsync(flow, context.RequestAborted);
        if (flow.WebhookAccess is WebhookAccess.Signed)
            await flowSecrets.EnsureAsync(FlowSecretKind.Signing, flow.Id, context.RequestAborted);
        context.Response.Headers.Location = $"/v1/flows/{flow.Id}";
        await AnswerAsync(context, flow, StatusCodes.Status201Created);
    }

    async Task GetAsync(HttpContext context, string id) => await AnswerAsync(context, await finder.FindAsync(id, context.RequestAborted));

    async Task ReplaceAsync(HttpContext context, string id, JsonBody<FlowInput> body,
        [FromHeader(Name = "If-Match"), Description("The draft's revision as last seen")] string? ifMatch)
    {
        var expected = Revision(ifMatch);
        var flow = await finder.FindAsync(id, context.RequestAborted);
        // Checked again by the store; here so that a stale body is not judged against a draft it never saw.
        if (expected is { } revision && revision != flow.DraftRevision)
            throw new ApiException(StatusCodes.Status412PreconditionFailed, "stale_revision",
                $"The draft is at revision {flow.DraftRevision}, not {revision}. Load it again and repeat your change.");
        var saved = await ConflictsAsync(flows.SaveAsync(secrets.Refuse(FlowFields.Apply(body.Required, flow, isNew: false, callbacks)), expected, context.RequestAborted))
            ?? throw FlowFinder.Missing(id);
        if (saved.WebhookAccess is WebhookAccess.Token)
            await vault.EnsureWebhookTokenAsync(saved.Id, context.RequestAborted);
        await EnsureSecretAsync(saved, context.RequestAborted);
        if (saved.WebhookAccess is WebhookAccess.Signed)
            await flowSecrets.EnsureAsync(FlowSecretKind.Signing, saved.Id, context.RequestAborted);
        await AnswerAsync(context, saved);
    }

    async Task<NoContent> DeleteAsync(string id, CancellationToken cancellationToken)
    {
        var flow = await finder.FindAsync(id, cancellationToken);
        if (!await flows.DeleteAsync(flow.Id, cancellationToken))
            throw FlowFinder.Missing(id);
        return TypedResults.NoContent();
    }

    async Task UndeleteAsync(HttpContext context, string id)
    {
        var flow = Guid.TryParse(id, CultureInfo.InvariantCulture, out var deleted) ? await flows.UndeleteAsync(deleted, context.RequestAborted) : null;
        await AnswerAsync(context, flow ?? throw ApiException.NotFound("flow_not_found", $"There is no deleted flow with the id {id} that could be brought back."));
    }

    async Task<Ok<FlowVersionView>> PublishAsync(string id, JsonBody<PublishInput> body,
        [FromHeader(Name = "If-Match"), Description("The draft's revision as last seen")] string? ifMatch, CancellationToken cancellationToken)
    {
        string? note = null;
        if (!body.IsEmpty)
        {
            var fields = new BodyFields(body.Value, "what to say when publishing", "note");
            note = fields.Text("note", maxLength: 1000);
            fields.Done();
        }
        var flow = await finder.FindAsync(id, cancellationToken);
        var live = await ConflictsAsync(flows.PublishAsync(flow.Id, note, Revision(ifMatch), cancellationToken));
        return TypedResults.Ok(FlowVersionView.Of(live ?? throw FlowFinder.Missing(id)));
    }

    async Task<Ok<ListOf<FlowVersionSummary>>> VersionsAsync(string id, CancellationToken cancellationToken)
    {
        var flow = await finder.FindAsync(id, cancellationToken);
        var versions = await flows.ListVersionsAsync(flow.Id, cancellationToken);
        return TypedResults.Ok(new ListOf<FlowVersionSummary>([.. versions.Select(FlowVersionSummary.Of)]));
    }

    async Task<Ok<FlowVersionView>> VersionAsync(string id, string number, CancellationToken cancellationToken)
    {
        var flow = await finder.FindAsync(id, cancellationToken);
        return TypedResults.Ok(FlowVersionView.Of(await flows.FindVersionAsync(flow.Id, Number(number), cancellationToken) ?? throw MissingVersion(number)));
    }

    async Task RestoreAsync(HttpContext context, string id, string number)
    {
        var flow = await finder.FindAsync(id, context.RequestAborted);
        await AnswerAsync(context, await flows.RestoreAsync(flow.Id, Number(number), context.RequestAborted) ?? throw MissingVersion(number));
    }

    async Task<Ok<FlowCheck>> ValidateAsync(string id, CancellationToken cancellationToken) =>
        TypedResults.Ok(Check((await finder.FindAsync(id, cancellationToken)).Draft));

    Ok<FlowCheck> ValidateDocument(JsonBody<FlowInput> body) => TypedResults.Ok(Check(FlowFields.ReadDocument(body.Required)));

    async Task<Ok<WebhookTokenView>> TokenAsync(string id, CancellationToken cancellationToken)
    {
        var flow = await finder.FindAsync(id, cancellationToken);
        return TypedResults.Ok(new WebhookTokenView(await vault.EnsureWebhookTokenAsync(flow.Id, cancellationToken)));
    }

    async Task<Ok<WebhookTokenView>> RotateAsync(string id, CancellationToken cancellationToken)
    {
        var flow = await finder.FindAsync(id, cancellationToken);
        return TypedResults.Ok(new WebhookTokenView(await vault.RotateWebhookTokenAsync(flow.Id, cancellationToken)));
    }

    /// <summary>Who sets a completion webhook wants to know what its messages are signed with.</summary>
    async Task EnsureSecretAsync(Flow flow, CancellationToken cancellationToken)
    {
        if (flow.CompletionWebhook is not null)
            await webhooks.Secrets.EnsureAsync(flow.Id, cancellationToken);
    }

    async Task<Ok<WebhookSigningSecretView>> SigningSecretAsync(string id, CancellationToken cancellationToken)
    {
        var flow = await finder.FindAsync(id, cancellationToken);
        return TypedResults.Ok(new WebhookSigningSecretView(await flowSecrets.EnsureAsync(FlowSecretKind.Signing, flow.Id, cancellationToken)));
    }

    async Task<Ok<WebhookSigningSecretView>> RotateSigningSecretAsync(string id, CancellationToken cancellationToken)
    {
        var flow = await finder.FindAsync(id, cancellationToken);
        return TypedResults.Ok(new WebhookSigningSecretView(await flowSecrets.RotateAsync(FlowSecretKind.Signing, flow.Id, cancellationToken)));
    }

    FlowCheck Check(FlowDocument document)
    {
        // As callers run it.
        var problems = validator.Validate(document.WithoutPins());
        return new(!problems.Any(p => p.Severity is ProblemSeverity.Error), [.. problems.Select(FlowProblemView.Of)]);
    }

    static Task AnswerAsync(HttpContext context, Flow flow, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{flow.DraftRevision}\"");
        return context.Response.WriteAsJsonAsync(FlowView.Of(flow), ApiJson.Relaxed.FlowView, contentType: null, context.RequestAborted);
    }

    static async Task<T> ConflictsAsync<T>(Task<T> write)
    {
        try
        {
            return await write;
        }
        catch (FlowConflictException e)
        {
            throw new ApiException(e.Code == "stale_revision" ? StatusCodes.Status412PreconditionFailed : StatusCodes.Status409Conflict, e.Code, e.Message);
        }
    }

    /// <summary>The revision that <c>If-Match</c> names, quoted or not; null for none and for any.</summary>
    static int? Revision(string? ifMatch)
    {
        var text = ifMatch?.Trim() ?? "";
        if (text.StartsWith("W/", StringComparison.Ordinal))
            text = text[2..];
        text = text.Trim('"');
        if (text is "" or "*")
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? revision : throw ApiException.BadRequest("invalid_if_match", "If-Match must be the ETag that came with the flow: the draft's revision.");
    }

    static int Number(string number) => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0
        ? n : throw MissingVersion(number);

    static ApiException MissingVersion(string number) => ApiException.NotFound("version_not_found", $"The flow has no version {number}.");
}
