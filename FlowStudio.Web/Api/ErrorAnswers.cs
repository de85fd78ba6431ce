using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using Microsoft.AspNetCore.WebUtilities;

namespace FlowStudio.Web.Api;

/// <summary>
/// Errors in the shape of the dialect that was spoken: FastAPI's <c>{"detail"}</c> under <c>/api</c> and on LangGraph's paths, problem details (RFC 9457) with a stable <c>code</c>
/// elsewhere. Never a stack, a path or SQL.
/// </summary>
static class ErrorAnswers
{
    /// <summary>Whether programs talk here, rather than people.</summary>
    public static bool IsApi(PathString path) =>
        path.Value is { } p && (p.StartsWith("/api/", StringComparison.OrdinalIgnoreCase) || p.StartsWith("/v1/", StringComparison.OrdinalIgnoreCase)
            || p.StartsWith("/bin/", StringComparison.OrdinalIgnoreCase)
            || p.StartsWith("/health/", StringComparison.OrdinalIgnoreCase) || p.StartsWith("/openapi/", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether an error is <c>{"detail"}</c> and nothing else: in the dialects that others have written.</summary>
    public static bool IsPlain(HttpRequest request) =>
        request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) || GraphPaths.Has(request.Method, request.Path);

    /// <summary>Answers with an error, unless the answer has begun.</summary>
    public static Task WriteAsync(HttpContext context, int status, string code, string detail, TimeSpan? retryAfter = null,
        IReadOnlyList<FlowProblem>? problems = null, TextPlace? place = null, Action<Utf8JsonWriter>? more = null)
    {
        var response = context.Response;
        if (response.HasStarted)
            return Task.CompletedTask;
        response.StatusCode = status;
        if (retryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var plain = IsPlain(context.Request);
        response.ContentType = plain ? "application/json" : "application/problem+json";
        response.Headers.CacheControl = "no-store";
        // Messages quote what was sent, and what was sent may be a secret that came to the wrong place.
        detail = context.RequestServices.GetRequiredService<SecretRedactor>().Redact(detail);
        var body = Body(plain, status, code, detail, problems, place, more);
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    static ReadOnlyMemory<byte> Body(bool plain, int status, string code, string detail, IReadOnlyList<FlowProblem>? problems, TextPlace? place, Action<Utf8JsonWriter>? more)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, JsonText.Relaxed);
        json.WriteStartObject();
        if (!plain)
        {
            json.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(status));
            json.WriteNumber("status"u8, status);
            json.WriteString("code"u8, code);
        }
        json.WriteString("detail"u8, detail);
        if (!plain && place is not null)
        {
            json.WriteString("member"u8, place.Member);
            if (place.Field is not null)
            {
                json.WriteString("field"u8, place.Field);
                json.WriteNumber("field_number"u8, place.FieldNumber);
                json.WriteNumber("position"u8, place.Position);
            }
        }
        if (!plain && problems is not null)
            WriteProblems(json, problems);
        if (!plain)
            more?.Invoke(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    static void WriteProblems(Utf8JsonWriter json, IReadOnlyList<FlowProblem> problems)
    {
        json.WriteStartArray("problems"u8);
        foreach (var problem in problems)
        {
            json.WriteStartObject();
            json.WriteString("code"u8, problem.Code);
            json.WriteString("severity"u8, problem.Severity is ProblemSeverity.Error ? "error"u8 : "warning"u8);
            if (problem.NodeId is not null)
                json.WriteString("node_id"u8, problem.NodeId);
            if (problem.Field is not null)
                json.WriteString("field"u8, problem.Field);
            json.WriteString("message"u8, problem.Message);
            json.WriteString("advice"u8, problem.Advice);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
