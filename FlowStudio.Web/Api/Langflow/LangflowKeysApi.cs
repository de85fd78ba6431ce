using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary><c>/api/v1/api_key/</c>: the keys to the API as Langflow's clients make, list and delete them. A key is in one answer, the one that made it.</summary>
sealed class LangflowKeysApi(ApiKeys keys)
{
    /// <summary>Longer names are refused with the rule for names, not with the number of characters alone.</summary>
    const int MaxText = 1_000;

    const string Unnamed = "Made by a Langflow client";

    static readonly string[] Known = ["name", "api_key", "user_id", "created_at", "last_used_at", "total_uses", "is_active"];

    public void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/api_key").Access(AccessRule.Keys).WithTags("API keys");
        group.MapGet("/", (Delegate)FastApi.Handle(ListAsync)).WithSummary("List API keys (Langflow)").WithDescription("Of each key only the first characters are told.");
        group.MapPost("/", (Delegate)FastApi.Handle(CreateAsync)).WithSummary("Make an API key (Langflow)").WithDescription("The answer has the key, this once: it is stored hashed.");
        group.MapDelete("/{api_key_id}", (Delegate)FastApi.Handle(DeleteAsync)).WithSummary("Revoke an API key (Langflow)");
    }

    Task ListAsync(HttpContext context)
    {
        var all = keys.List();
        return FastApi.WriteAsync(context, StatusCodes.Status200OK, new JsonObject
        {
            ["total_count"] = all.Count,
            ["user_id"] = TheUser.Id,
            // The letters of the prefix are shown, as many as there, and no more.
            ["api_keys"] = new JsonArray([.. all.Select(k => (JsonNode?)View(k, k.Prefix + new string('*', 12)))]),
        });
    }

    async Task CreateAsync(HttpContext context)
    {
        var body = FastApi.Object(await FastApi.ReadAsync(context));
        foreach (var member in body.EnumerateObject().Where(m => !Known.Contains(m.Name, StringComparer.Ordinal)))
            throw FastApiException.Invalid("extra_forbidden", "Extra inputs are not permitted", "body", member.Name);
        if (body.TryGetProperty("api_key", out var own) && own.ValueKind is not JsonValueKind.Null)
            throw FastApiException.Invalid("value_error", "A key is made by the server; leave api_key out.", "body", "api_key");
        var name = FastApi.Text(body, "name", MaxText);
        try
        {
            var made = await keys.CreateAsync(string.IsNullOrWhiteSpace(name) ? Unnamed : name, context.RequestAborted);
            context.Response.Headers.CacheControl = "no-store";
            // Not by way of the redactor, which knows a key when it sees one.
            await FastApi.WriteRawAsync(context, StatusCodes.Status200OK, View(made.Info, made.Key));
        }
        catch (ApiKeyException e)
        {
            throw new FastApiException(StatusCodes.Status400BadRequest, e.Message);
        }
    }

    async Task DeleteAsync(HttpContext context)
    {
        if (!await keys.RevokeAsync(FastApi.Id(context, "api_key_id"), context.RequestAborted))
            throw new FastApiException(StatusCodes.Status400BadRequest, "API Key not found");
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, new JsonObject { ["detail"] = "API Key deleted" });
    }

    /// <summary>How often a key was used is not counted, so nothing is said of it once it was.</summary>
    static JsonObject View(ApiKeyInfo key, string text)
    {
        var view = new JsonObject
        {
            ["id"] = key.Id.ToString(),
            ["name"] = key.Name,
            ["api_key"] = text,
            ["user_id"] = TheUser.Id,
            ["created_at"] = FastApi.Time(key.CreatedAt),
            ["last_used_at"] = key.LastUsedAt is { } used ? FastApi.Time(used) : null,
            ["is_active"] = true,
        };
        if (key.LastUsedAt is null)
            view["total_uses"] = 0;
        return view;
    }
}

/// <summary>Everything belongs to one user until there are accounts; clients want to read an id.</summary>
static class TheUser
{
    public const string Id = "00000000-0000-4000-8000-000000000001";

    /// <summary>The one project that all flows are in.</summary>
    public static readonly Guid Project = Guid.Parse("00000000-0000-4000-8000-000000000002");
}
