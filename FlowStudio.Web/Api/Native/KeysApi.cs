using System.Globalization;
using System.Text.Json.Serialization;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Json;
using FlowStudio.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlowStudio.Web.Api.Native;

/// <summary><c>/v1/keys</c>: the keys to the API. A key is in one answer, the one that made it.</summary>
sealed class KeysApi(ApiKeys keys)
{
    /// <summary>Longer names are refused with the rule for names, not with the number of characters alone.</summary>
    const int MaxText = 1_000;

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/keys").Access(AccessRule.Keys).WithTags("API keys");
        group.MapGet("", List).WithSummary("List API keys").WithDescription("Newest first: names, first characters, when they were made and last used.");
        group.MapPost("", CreateAsync).WithSummary("Make an API key")
            .WithDescription("The answer has the key, this once: it is stored hashed. Where pages ask for the access token, that token as a bearer may make keys too.")
            .Errors(400, 409, 413, 415);
        group.MapGet("/{id}", Get).WithSummary("Read an API key's name and use").Errors(404);
        group.MapPut("/{id}", RenameAsync).WithSummary("Rename an API key").Errors(400, 404, 413, 415);
        group.MapDelete("/{id}", RevokeAsync).WithSummary("Revoke an API key").WithDescription("It opens nothing from then on.").Errors(404);
    }

    Ok<ListOf<ApiKeyView>> List(CancellationToken _) => TypedResults.Ok(new ListOf<ApiKeyView>([.. keys.List().Select(k => ApiKeyView.Of(k))]));

    async Task<Created<ApiKeyView>> CreateAsync(HttpContext context, JsonBody<ApiKeyInput> body)
    {
        var name = Name(body);
        var made = await TryAsync(keys.CreateAsync(name, context.RequestAborted));
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/v1/keys/{made.Info.Id}", ApiKeyView.Of(made.Info, made.Key));
    }

    Ok<ApiKeyView> Get(string id, CancellationToken _) => TypedResults.Ok(ApiKeyView.Of(keys.Find(Id(id)) ?? throw Missing(id)));

    async Task<Ok<ApiKeyView>> RenameAsync(string id, JsonBody<ApiKeyInput> body, CancellationToken cancellationToken)
    {
        var name = Name(body);
        return TypedResults.Ok(ApiKeyView.Of(await TryAsync(keys.RenameAsync(Id(id), name, cancellationToken)) ?? throw Missing(id)));
    }

    async Task<NoContent> RevokeAsync(string id, CancellationToken cancellationToken) =>
        await keys.RevokeAsync(Id(id), cancellationToken) ? TypedResults.NoContent() : throw Missing(id);

    static string Name(JsonBody<ApiKeyInput> body)
    {
        var fields = new BodyFields(body.Required, "an API key", "name");
        var name = fields.Text("name", MaxText, required: true);
        fields.Done();
        return name ?? "";
    }

    static async Task<T> TryAsync<T>(Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (ApiKeyException e) when (e.Code == "too_many_keys")
        {
            throw ApiException.Conflict(e.Code, e.Message);
        }
        catch (ApiKeyException e)
        {
            throw ApiException.BadRequest(e.Code, e.Message);
        }
    }

    static Guid Id(string id) => Guid.TryParse(id, CultureInfo.InvariantCulture, out var guid) ? guid : throw Missing(id);

    static ApiException Missing(string id) => ApiException.NotFound("api_key_not_found", $"There is no API key with the id {id}.");
}

/// <summary>What an API key is made with.</summary>
/// <param name="Name">Who or what uses it.</param>
sealed record ApiKeyInput(string Name);

/// <summary>An API key.</summary>
/// <param name="Prefix">Its first characters, to tell it from others.</param>
/// <param name="LastUsedAt">When it was last shown, to the minute; null: never.</param>
/// <param name="Key">The key itself, only in the answer that made it.</param>
sealed record ApiKeyView(Guid Id, string Name, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key = null)
{
    public static ApiKeyView Of(ApiKeyInfo key, string? text = null) => new(key.Id, key.Name, key.Prefix, key.CreatedAt, key.LastUsedAt, text);
}
