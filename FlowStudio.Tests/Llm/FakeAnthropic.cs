using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FlowStudio.Tests.Llm;

/// <summary>Anthropic's Messages API on loopback, and what it says.</summary>
static class FakeAnthropic
{
    public static Task<FakeLlmService> StartAsync(RequestDelegate answer) => FakeLlmService.StartAsync("/v1/messages", "", (context, _) => answer(context));

    /// <summary>Answers everything with a status, a body and headers.</summary>
    public static Task<FakeLlmService> AnsweringAsync(int status, string body, string type = "application/json", params (string Name, string Value)[] headers) =>
        StartAsync(FakeLlmService.Answer(status, body, type, headers));

    /// <summary>Streams events, each the JSON of its data.</summary>
    public static Task<FakeLlmService> StreamingAsync(params string[] events) => AnsweringAsync(200, Events(events), "text/event-stream");

    public static string Events(params string[] events) =>
        string.Concat(events.Select(e => $"event: {JsonDocument.Parse(e).RootElement.GetProperty("type").GetString()}\ndata: {e}\n\n"));

    /// <summary>A stream's events from its start to its end, around the given ones.</summary>
    public static string[] Stream(string stopReason, params string[] events) =>
    [
        """{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""", """{"type":"ping"}""", .. events,
        """{"type":"content_block_stop","index":0}""",
        $$$"""{"type":"message_delta","delta":{"stop_reason":"{{{stopReason}}}"},"usage":{"output_tokens":5}}""", """{"type":"message_stop"}""",
    ];

    public static string Text(string text) => JsonSerializer.Serialize(new { type = "content_block_delta", index = 0, delta = new { type = "text_delta", text } });

    public static string Whole(string text, string stopReason = "end_turn") => JsonSerializer.Serialize(new
    {
        id = "m",
        type = "message",
        role = "assistant",
        content = new[] { new { type = "text", text } },
        stop_reason = stopReason,
        usage = new { input_tokens = 12, output_tokens = 5 },
    });
}
