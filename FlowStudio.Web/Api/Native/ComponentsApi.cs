using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Web.Api.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlowStudio.Web.Api.Native;

/// <summary><c>/v1/components</c>: the catalog.</summary>
static class ComponentsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var catalog = api.ServiceProvider.GetRequiredService<ComponentCatalog>();
        var group = api.MapGroup("/components").WithTags("Components");
        group.MapGet("", () => TypedResults.Ok(new ListOf<ComponentView>([.. catalog.All.Select(ComponentView.Of)]))).WithSummary("List components");
        group.MapGet("/{type}", Ok<ComponentView> (string type) => TypedResults.Ok(ComponentView.Of(catalog.Find(type) ?? throw Missing(type))))
            .WithSummary("Read a component").Errors(404);
        group.MapGet("/{type}/icon", ContentHttpResult (string type) => TypedResults.Content(catalog.Icon(type) ?? throw Missing(type), "image/svg+xml"))
            .WithSummary("A component's icon").Produces(200, contentType: "image/svg+xml").Errors(404);
        group.MapPost("/api-request/curl", Ok<CurlSettings> (JsonBody<CurlInput> body) => TypedResults.Ok(ReadCurl(body.Required)))
            .WithSummary("Settings of an API Request from a curl command")
            .WithDescription("As bash, browsers and Windows' cmd write it. $NAME becomes a reference to the variable NAME. Nothing is called and nothing is stored.")
            .Errors(400, 413, 415);
        group.MapPost("/llm/test", TestAsync).WithSummary("Try a model")
            .WithDescription("Asks the model one short question with the settings of an LLM node, and says how it went: a failure of the model is an answer too, "
                + "with ok false. At most 20 seconds. A key is given by the name of its variable and is never answered.")
            .Errors(400, 413, 415);
    }

    static async Task<Ok<ModelTestView>> TestAsync(JsonBody<ModelTestInput> body, ModelTest test, CancellationToken cancellationToken)
    {
        var fields = new BodyFields(body.Required, "a model test", "settings");
        var settings = fields.Json("settings") ?? JsonText.EmptyObject;
        if (settings.ValueKind is not JsonValueKind.Object)
            fields.Add("settings must be an object.");
        fields.Done();
        return TypedResults.Ok(ModelTestView.Of(await test.RunAsync(settings, cancellationToken)));
    }

    static CurlSettings ReadCurl(JsonElement body)
    {
        var fields = new BodyFields(body, "a curl command", "command");
        var command = fields.Text("command", CurlCommand.MaxLength, required: true);
        fields.Done();
        try
        {
            var parsed = CurlCommand.Parse(command ?? "");
            var settings = parsed.ToSettings();
            return new(settings, parsed.Notes);
        }
        catch (CurlException e)
        {
            throw ApiException.BadRequest("invalid_curl", e.Message);
        }
    }

    static ApiException Missing(string type) => ApiException.NotFound("component_not_found", $"There is no component of the type {type}.");
}

/// <summary>A command to take over.</summary>
sealed record CurlInput(string Command);

/// <summary>What a curl command means for an API Request.</summary>
/// <param name="Settings">By field; what is not there keeps its default.</param>
/// <param name="Notes">What was left out, or should be changed.</param>
sealed record CurlSettings(IReadOnlyDictionary<string, JsonElement> Settings, IReadOnlyList<string> Notes);

/// <summary>A model to try.</summary>
/// <param name="Settings">As an LLM node has them: provider, model_name, api_key (the name of a variable), base_url, temperature, max_tokens, seed.</param>
sealed record ModelTestInput(IReadOnlyDictionary<string, JsonElement> Settings);

/// <summary>How a model answered.</summary>
/// <param name="Model">The model's name as the service was told.</param>
/// <param name="Text">The beginning of what it said; null when it failed.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
sealed record ModelTestView(bool Ok, string Provider, string Model, string? Text, double DurationMs, TokensView Tokens, ModelTestError? Error)
{
    public static ModelTestView Of(ModelTestResult r) => new(r.Ok, r.Provider, r.Model, r.Text, Math.Round(r.Duration.TotalMilliseconds), TokensView.Of(r.Tokens),
        r.Error is { } e ? new(e.Code, e.Message, e.Remedy) : null);
}

/// <summary>Why a model gave no answer.</summary>
/// <param name="Remedy">What to do about it.</param>
sealed record ModelTestError(string Code, string Message, string Remedy);
