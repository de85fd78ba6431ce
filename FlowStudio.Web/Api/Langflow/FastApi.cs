using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Json;
using FlowStudio.Web.Api.Langflow.Files;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>An error whose detail is more than a text, as FastAPI's are when a request does not fit.</summary>
sealed class FastApiException(int status, JsonNode detail) : Exception("The request does not fit.")
{
    public int Status { get; } = status;

    public JsonNode Detail { get; } = detail;

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A value that is not as it must be, in the shape of pydantic's errors.</summary>
    /// <param name="type">The kind of error, such as <c>uuid_parsing</c>.</param>
    /// <param name="message">What it should be.</param>
    /// <param name="where">Where it stands: <c>body</c>, <c>path</c> or <c>query</c>, then names.</param>
    public static FastApiException Invalid(string type, string message, params string[] where) => new(StatusCodes.Status422UnprocessableEntity,
        new JsonArray(new JsonObject { ["type"] = type, ["loc"] = new JsonArray([.. where.Select(w => (JsonNode?)w)]), ["msg"] = message }));

    /// <summary>A run that was not taken.</summary>
    public static FastApiException Refused(IntakeResult result) => new(
        result.Outcome switch
        {
            IntakeOutcome.KeyReused => StatusCodes.Status422UnprocessableEntity,
            IntakeOutcome.QueueFull => StatusCodes.Status429TooManyRequests,
            IntakeOutcome.FlowDisabled or IntakeOutcome.FlowInvalid => StatusCodes.Status409Conflict,
            _ => StatusCodes.Status503ServiceUnavailable,
        },
        JsonValue.Create(result.Message.Length > 0 ? result.Message : "The run was not taken."))
    {
        RetryAfter = result.Outcome is IntakeOutcome.QueueFull or IntakeOutcome.Paused or IntakeOutcome.StorageUnavailable ? result.RetryAfter ?? TimeSpan.FromSeconds(5) : null,
    };
}

/// <summary>What the handlers of this dialect share: bodies, answers, and errors in FastAPI's shape.</summary>
static class FastApi
{
    /// <summary>The handler, its errors answered as this dialect does; those of others are answered where all are.</summary>
    public static Func<HttpContext, Task> Handle(Func<HttpContext, Task> handler) => async context =>
    {
        try
        {
            await handler(context);
        }
        catch (FastApiException e) when (!context.Response.HasStarted)
        {
            if (e.RetryAfter is { } wait)
                context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            var body = new JsonObject { ["detail"] = e.Detail.DeepClone() };
            await WriteAsync(context, e.Status, body);
        }
    };

    /// <summary>Answers with JSON. Known secrets are taken out: messages quote what was sent.</summary>
    public static Task WriteAsync(HttpContext context, int status, JsonNode body)
    {
        var redactor = context.RequestServices.GetRequiredService<SecretRedactor>();
        return WriteRawAsync(context, status, redactor.Redact(KeptFile.ToElement(body)));
    }

    /// <summary>Answers with JSON as it is: with what the caller alone is to read.</summary>
    public static Task WriteRawAsync(HttpContext context, int status, JsonNode body) => WriteRawAsync(context, status, KeptFile.ToElement(body));

    static Task WriteRawAsync(HttpContext context, int status, JsonElement body)
    {
        var bytes = JsonText.Utf8(body).ToArray();
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    /// <summary>The body as JSON; undefined when there is none.</summary>
    /// <exception cref="FastApiException">It is not JSON.</exception>
    /// <exception cref="ApiException">It is said to be something else, too large, or packed in a way that is not taken.</exception>
    public static Task<JsonElement> ReadAsync(HttpContext context) => RequestBody.ReadJsonAsync(context, static body => Parse(body)).AsTask();

    /// <summary>Bytes as JSON; undefined when there are none.</summary>
    /// <exception cref="FastApiException">They are not JSON.</exception>
    public static JsonElement Parse(in ReadOnlySequence<byte> body)
    {
        if (body.IsEmpty)
            return default;
        var flaw = JsonIntake.Read(body, out var value);
        return flaw is JsonFlaw.None ? value : throw new FastApiException(StatusCodes.Status422UnprocessableEntity, new JsonArray(new JsonObject
        {
            ["type"] = "json_invalid",
            ["loc"] = new JsonArray("body", 0),
            ["msg"] = "JSON decode error",
            ["input"] = new JsonObject(),
            ["ctx"] = new JsonObject { ["error"] = JsonIntake.Words(flaw) },
        }));
    }

    /// <summary>A body that must be an object.</summary>
    public static JsonElement Object(JsonElement body) => body.ValueKind switch
    {
        JsonValueKind.Object => body,
        JsonValueKind.Undefined => throw FastApiException.Invalid("missing", "Field required", "body"),
        _ => throw FastApiException.Invalid("model_attributes_type", "Input should be a valid dictionary or object to extract fields from", "body"),
    };

    /// <summary>A text of an object, or null when it is missing or null.</summary>
    public static string? Text(JsonElement owner, string name, int maxLength)
    {
        var value = LangflowNode.Member(owner, name);
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return null;
        if (value.ValueKind is not JsonValueKind.String)
            throw FastApiException.Invalid("string_type", "Input should be a valid string", "body", name);
        var text = value.GetString() ?? "";
        return text.Length <= maxLength ? text : throw FastApiException.Invalid("string_too_long", $"String should have at most {maxLength} characters", "body", name);
    }

    /// <summary>A body that is a list of ids, each once.</summary>
    public static List<Guid> Ids(JsonElement body, int most)
    {
        if (body.ValueKind is not JsonValueKind.Array)
            throw FastApiException.Invalid("list_type", "Input should be a valid list", "body");
        if (body.GetArrayLength() > most)
            throw FastApiException.Invalid("too_long", $"List should have at most {most} items", "body");
        var ids = new List<Guid>();
        foreach (var item in body.EnumerateArray())
        {
            ids.Add(item.ValueKind is JsonValueKind.String && Guid.TryParse(item.GetString(), out var id) ? id
                : throw FastApiException.Invalid("uuid_parsing", "Input should be a valid UUID", "body", ids.Count.ToString(CultureInfo.InvariantCulture)));
        }
        return [.. ids.Distinct()];
    }

    /// <summary>A number of the query.</summary>
    public static int Number(string? text, string name, int otherwise, int most)
    {
        if (string.IsNullOrEmpty(text))
            return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number
            : throw FastApiException.Invalid("int_parsing", $"Input should be a valid integer from 1 to {most}", "query", name);
    }

    /// <summary>A page of a list, as FastAPI's pagination writes it.</summary>
    public static JsonObject Page(JsonArray items, int total, int page, int size) => new()
    {
        ["items"] = items,
        ["total"] = total,
        ["page"] = page,
        ["size"] = size,
        ["pages"] = (total + size - 1) / size,
    };

    /// <summary>A time as Python writes it.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture);

    /// <summary>An id of the path.</summary>
    public static Guid Id(HttpContext context, string name) => Guid.TryParse(context.Request.RouteValues[name] as string, out var id)
        ? id : throw FastApiException.Invalid("uuid_parsing", "Input should be a valid UUID", "path", name);
}
