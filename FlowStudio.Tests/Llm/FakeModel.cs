using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FlowStudio.Tests.Llm;

/// <summary>Answers of an OpenAI-compatible service to an agent: calls of tools, and texts.</summary>
static class FakeModel
{
    /// <summary>A model that says these things in turn, and the last one again when asked more often.</summary>
    public static Task<FakeLlmService> SayingAsync(params string[] answers)
    {
        var asked = 0;
        return FakeOpenAi.StartAsync(context => AnswerAsync(context, answers[Math.Min(Interlocked.Increment(ref asked), answers.Length) - 1]));
    }

    /// <summary>A model whose answer depends on what it is asked.</summary>
    public static Task<FakeLlmService> ThinkingAsync(Func<JsonElement, string> think) => FakeOpenAi.StartWithBodyAsync((context, body) => AnswerAsync(context, think(body)));

    public static string Calls(params (string Id, string Name, object Arguments)[] calls) => JsonSerializer.Serialize(new
    {
        choices = new[]
        {
            new
            {
                message = new
                {
                    role = "assistant",
                    content = (string?)null,
                    tool_calls = calls.Select(c => new { id = c.Id, type = "function", function = new { name = c.Name, arguments = c.Arguments as string ?? JsonSerializer.Serialize(c.Arguments) } }),
                },
                finish_reason = "tool_calls",
            },
        },
        usage = new { prompt_tokens = 10, completion_tokens = 3 },
    });

    /// <summary>What tools have told the model, by the call's id, in a request's body.</summary>
    public static IReadOnlyDictionary<string, string> Results(JsonElement body) => body.GetProperty("messages").EnumerateArray()
        .Where(m => m.GetProperty("role").GetString() == "tool")
        .ToDictionary(m => m.GetProperty("tool_call_id").GetString() ?? "", m => m.GetProperty("content").GetString() ?? "", StringComparer.Ordinal);

    static async Task AnswerAsync(HttpContext context, string answer)
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer);
    }
}
