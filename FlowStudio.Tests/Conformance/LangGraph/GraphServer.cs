using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Api;
using Xunit;

namespace FlowStudio.Tests.Conformance.LangGraph;

/// <summary>A server with flows to run as graphs.</summary>
public sealed class GraphServer : StudioServer, IAsyncLifetime
{
    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        await AddFlowAsync("chat", Chat());
        await AddFlowAsync("chat-model", new FlowBuilder().Node("in", "ChatInput").Node("llm", "LLM", new { provider = "demo" }).Node("out", "ChatOutput")
            .Edge("in.message", "llm.input_value").Edge("llm.text_output", "out.input_value").Build());
        await AddFlowAsync("chat-broken", new FlowBuilder().Node("in", "Webhook").Node("call", "ApiRequest", new { url_input = "http://127.0.0.1:9/nobody" }, retries: 0).Node("out", "ChatOutput")
            .Edge("in.output_data", "call.body").Edge("call.data", "out.input_value").Build());
        await AddFlowAsync("slow", Slow());
        await AddFlowAsync("chat-ask", Asks());
        await AddFlowAsync("chat-ask-two", new FlowBuilder().Node("in", "ChatInput").Node("colour", "AskPerson", new { question = "Colour?" }).Node("size", "AskPerson", new { question = "Size?" })
            .Node("say", "Prompt", new { template = "{colour}, {size}" }).Node("out", "ChatOutput")
            .Edge("in.message", "colour.input").Edge("in.message", "size.input").Edge("colour.answer", "say.colour").Edge("size.answer", "say.size").Edge("say.prompt", "out.input_value").Build());
        await AddFlowAsync("chat-tone", new FlowBuilder().Node("in", "ChatInput").Node("tone", "TextInput", new { input_value = "kindly" }).Title("tone", "Tone").Node("say", "Prompt", new { template = "{tone} {text}" }).Node("out", "ChatOutput")
            .Edge("in.message", "say.text").Edge("tone.text", "say.tone").Edge("say.prompt", "out.input_value").Build());
    }

    public static FlowDocument Chat() => new FlowBuilder().Node("in", "ChatInput").Node("say", "Prompt", new { template = "You said: {text}" }).Node("out", "ChatOutput").Title("out", "Answer")
        .Edge("in.message", "say.text").Edge("say.prompt", "out.input_value").Build();

    /// <summary>Asks whether it may, and says so, or that it may not.</summary>
    public static FlowDocument Asks() => new FlowBuilder().Node("in", "ChatInput").Node("ask", "AskPerson", new { question = "May I: {text}?", kind = "approval" })
        .Node("yes", "ChatOutput").Node("refuse", "Prompt", new { template = "No: {text}" }).Node("no", "ChatOutput")
        .Edge("in.message", "ask.input").Edge("ask.approved", "yes.input_value").Edge("ask.rejected", "refuse.text").Edge("refuse.prompt", "no.input_value").Build();

    public static FlowDocument Slow() => new FlowBuilder().Node("in", "ChatInput").Node("nap", "Delay", new { hours = 1 }).Node("out", "ChatOutput")
        .Edge("in.message", "nap.input").Edge("nap.output", "out.input_value").Build();
}
