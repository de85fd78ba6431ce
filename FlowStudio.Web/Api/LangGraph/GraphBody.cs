using System.Reflection;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Web.Api.Json;
using Microsoft.AspNetCore.Http.Metadata;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>A request's JSON body after the gate; what is wrong with it is 422 in this dialect.</summary>
/// <param name="Value">The JSON; undefined when the body was empty.</param>
sealed record GraphBody<T>(JsonElement Value) : IEndpointParameterMetadataProvider
{
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => builder.Metadata.Add(new JsonBodyType(typeof(T)));

    /// <exception cref="ApiException">The body is too large, packed in a way that is not taken, or not JSON that can be kept.</exception>
    public static ValueTask<GraphBody<T>> BindAsync(HttpContext context, ParameterInfo parameter) => RequestBody.ReadJsonAsync(context, static body =>
    {
        if (body.IsEmpty)
            return new GraphBody<T>(default(JsonElement));
        var flaw = JsonIntake.Read(body, out var value);
        return flaw is JsonFlaw.None ? new(value) : throw GraphErrors.Invalid($"Invalid JSON in request body: {JsonIntake.Words(flaw)}");
    });

    /// <summary>The members of the body, which must be an object; one that may be left out counts as an empty one.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    public GraphFields Fields(bool optional = false) => Value.ValueKind switch
    {
        JsonValueKind.Object => new(Value),
        JsonValueKind.Undefined or JsonValueKind.Null when optional => new(JsonText.EmptyObject),
        JsonValueKind.Undefined => throw GraphErrors.Invalid("The request has no body. Send a JSON object."),
        _ => throw GraphErrors.Invalid("The body must be a JSON object."),
    };
}

/// <summary>Errors as this dialect names them.</summary>
static class GraphErrors
{
    public const string NoThreadOrAssistant = "Thread or assistant not found.";
    public const string NoThread = "Thread not found";
    public const string NoRun = "Run not found";
    public const string Busy = "Thread is already running a task. Wait for it to finish or choose a different multitask strategy.";

    public static ApiException Invalid(string detail) => new(StatusCodes.Status422UnprocessableEntity, "invalid", detail);

    public static ApiException Missing(string detail) => ApiException.NotFound("not_found", detail);

    public static ApiException Conflict(string detail) => ApiException.Conflict("conflict", detail);

    /// <summary>An id from a path or a body.</summary>
    /// <exception cref="ApiException">It is no UUID.</exception>
    public static Guid Id(string what, string? text) =>
        Guid.TryParseExact(text, "D", out var id) ? id : throw Invalid($"Invalid {what} ID: must be a UUID");
}
