using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FlowStudio.Tests.Llm;

/// <summary>OpenAI-compatible services on loopback, and what they say.</summary>
static class FakeOpenAi
{
    public static Task<FakeLlmService> StartAsync(RequestDelegate answer) => StartWithBodyAsync((context, _) => answer(context));

    /// <summary>Answers by what it is asked.</summary>
    public static Task<FakeLlmService> StartWithBodyAsync(Func<HttpContext, JsonElement, Task> answer) => FakeLlmService.StartAsync("/v1/chat/completions", "/v1", answer);

    /// <summary>Answers everything with a status, a body and headers.</summary>
    public static Task<FakeLlmService> AnsweringAsync(int status, string body, string type = "application/json", params (string Name, string Value)[] headers) =>
        StartAsync(FakeLlmService.Answer(status, body, type, headers));

    /// <summary>Streams events; each is the JSON after <c>data:</c>.</summary>
    public static Task<FakeLlmService> StreamingAsync(params string[] events) => AnsweringAsync(200, Events(events), "text/event-stream");

    public static string Events(params string[] events) => string.Concat(events.Select(e => $"data: {e}\n\n"));

    public static string Chunk(string? content, string? finish = null) =>
        JsonSerializer.Serialize(new { id = "c", @object = "chat.completion.chunk", choices = new[] { new { index = 0, delta = content is null ? (object)new { } : new { content }, finish_reason = finish } } });

    public static string Whole(string content, string finish = "stop") =>
        JsonSerializer.Serialize(new
        {
            id = "c",
            @object = "chat.completion",
            choices = new[] { new { index = 0, message = new { role = "assistant", content }, finish_reason = finish } },
            usage = new { prompt_tokens = 12, completion_tokens = 5, total_tokens = 17 },
        });
}
