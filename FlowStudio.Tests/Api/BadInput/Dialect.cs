using System.Net;
using System.Text.Json;

namespace FlowStudio.Tests.Api.BadInput;

/// <summary>How a refusal looks on a path.</summary>
static class Dialect
{
    static readonly string[] Agents = ["/api/webhooks/agents", "/api/task_status", "/api/agent_webhook"];
    static readonly string[] Problem = ["title", "status", "code", "detail"];

    /// <summary>What is wrong with a refusal; null when it is as the dialect of its path has it.</summary>
    public static string? Flaw(string path, HttpStatusCode status, string? type, string body)
    {
        JsonElement answer;
        try
        {
            answer = JsonDocument.Parse(body).RootElement;
        }
        catch (JsonException)
        {
            return $"is no JSON: '{body}'";
        }
        if (answer.ValueKind is not JsonValueKind.Object)
            return $"is no object: {body}";
        var names = answer.EnumerateObject().Select(p => p.Name).ToList();
        if (path.StartsWith("/v1/", StringComparison.Ordinal) || path.StartsWith("/bin/", StringComparison.Ordinal) || path.StartsWith("/health/", StringComparison.Ordinal))
        {
            return type == "application/problem+json" && Problem.All(names.Contains) && answer.GetProperty("status").GetInt32() == (int)status
                && IsText(answer, "code") && IsText(answer, "detail") ? null : $"is no problem with a code: {type} {body}";
        }
        if (type != "application/json")
            return $"has the type {type}";
        if (Array.Exists(Agents, a => path.StartsWith(a, StringComparison.Ordinal)))
            return names is ["success", "message"] && answer.GetProperty("success").ValueKind is JsonValueKind.False && IsText(answer, "message") ? null : $"is not DocsGPT's: {body}";
        if (names is not ["detail"])
            return $"is not only a detail: {body}";
        // FastAPI tells where and what in a list; LangGraph says it in words.
        return IsText(answer, "detail") || (path.StartsWith("/api/", StringComparison.Ordinal) && answer.GetProperty("detail").ValueKind is JsonValueKind.Array or JsonValueKind.Object)
            ? null : $"has no words: {body}";
    }

    static bool IsText(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 };
}
