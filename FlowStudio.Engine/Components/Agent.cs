using System.Collections.Frozen;
using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>
/// A model that works in turns: in each it calls tools, other nodes of the flow, or answers. Every turn and every call is a step of its own, so that an
/// agent cut in the middle goes on where it was: turn <c>t</c> of an agent at the path <c>p</c> is its own step at <c>p.t</c>, the <c>k</c>-th call of
/// that turn the tool's step at <c>p.t.k</c>.
/// </summary>
public sealed class Agent(IEnumerable<ILlmProvider> providers) : IComponent
{
    const int MaxTurns = 100;
    const int MaxHistory = 200;

    /// <summary>Calls of one turn, done at the same time.</summary>
    const int MaxCalls = 32;

    /// <summary>How long one turn may take; the calls have their nodes' own limits.</summary>
    static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(120);

    static readonly InputPort Input = new("input_value", PortType.Message)
    {
        Title = "Input",
        Required = true,
        ToolParameter = true,
        Help = "What the agent shall do.",
    };

    static readonly InputPort System = new("system_prompt", PortType.Message) { Title = "Agent instructions", Help = "Who the agent is and how it shall work." };

    static readonly InputPort Tools = new("tools", PortType.Tool) { Title = "Tools", Many = true, Help = "What the agent may call." };

    static readonly TextField InputText = Field.Multiline("input_value", "What the agent shall do, when nothing is connected to the input.") with
    {
        Title = "Input",
        Advanced = true,
    };

    static readonly TextField SystemText = Field.Multiline("system_prompt", "Who the agent is and how it shall work, when nothing is connected to that input.")
        .Default("You are a helpful assistant that can use tools to answer questions and perform tasks.") with
    {
        Title = "Agent instructions",
    };

    static readonly NumberField MaxIterations = Field.Integer("max_iterations", "How often the model is asked at most; an agent that has not answered by then fails.")
        .Default(15).Between(1, MaxTurns) with
    {
        Title = "Max iterations",
        Advanced = true,
        Unit = "turns",
    };

    static readonly NumberField History = Field.Integer("n_messages", "How many earlier messages of the conversation it sees. 0: none.")
        .Default(20).Between(0, MaxHistory) with
    {
        Title = "Chat history",
        Advanced = true,
        Unit = "messages",
    };

    static readonly OutputPort Response = new("response", PortType.Message) { Help = "What the agent answered in the end." };

    readonly FrozenDictionary<string, ILlmProvider> providers = providers.ToFrozenDictionary(p => p.Name, StringComparer.Ordinal);

    public static ComponentDescriptor Descriptor { get; } =
        new("Agent", "Agent", Category.Models, Effects.External, "A model that calls tools until it can answer.")
        {
            Inputs = [Input, System, ModelSettings.Input, Tools],
            Fields =
            [
                ModelSettings.Provider, ModelSettings.Model, ModelSettings.ApiKey, ModelSettings.BaseUrl, SystemText, InputText, ModelSettings.Temperature,
                ModelSettings.MaxTokens, MaxIterations, History, ModelSettings.Seed,
            ],
            Outputs = [Response],
            Highlights = ["provider", "model_name"],
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var (provider, request) = ModelSettings.Request(node, providers);
        var tools = AgentTool.Of(node.Tools(Tools));
        var chat = await HistoryAsync(node, cancellationToken);
        chat.Add(new LlmMessage(LlmRole.User, node.Text(Input, InputText)));
        request = request with { System = node.Text(System, SystemText), Tools = [.. tools.Select(t => t.Definition)], Messages = chat };
        var turns = (int)node.Get(MaxIterations);
        for (var turn = 0; turn < turns; turn++)
        {
            var said = await TurnAsync(node, provider, request, turn, cancellationToken);
            if (said.ToolCalls.Count == 0)
                return NodeResult.Of(Response, said.Text);
            if (turn == turns - 1)
                break;
            chat.Add(said);
            // All of them, also when one wakes later than the others: the model is asked again when it can be told everything.
            var calls = await Task.WhenAll(said.ToolCalls.Select((call, k) => CallAsync(node, tools, call, [.. node.Iteration, turn, k], cancellationToken).AsTask()));
            if (calls.Select(c => c.Wait).OfType<NodeWait>().ToList() is { Count: > 0 } waits)
                return NodeResult.WaitForParts(waits);
            chat.AddRange(calls.Select((result, k) => new LlmMessage(LlmRole.Tool, Text(result, tools, said.ToolCalls[k])) { ToolCallId = said.ToolCalls[k].Id, IsError = result.Error is not null }));
        }
        throw new NodeException("max_iterations", $"{node.Node.Label}: the agent has not answered after {turns} {(turns == 1 ? "turn" : "turns")}.",
            "Raise Max iterations, ask for less at once, or tell it in its instructions when to stop.");
    }

    /// <summary>One turn: what the model said, from history when it has said it before.</summary>
    static async ValueTask<LlmMessage> TurnAsync(NodeContext node, ILlmProvider provider, LlmRequest request, int turn, CancellationToken cancellationToken)
    {
        // The agent's own time limit holds for all it does, not for each turn.
        var part = new NodePart(node.Node with { Timeout = null }, node.Descriptor with { Timeout = TurnTimeout }, new FunctionExecutor(AskAsync), [.. node.Iteration, turn]);
        var result = await node.PartAsync(part, cancellationToken);
        if (result.Error is { } error)
            throw new NodeException(error.Code, error.Message, error.Remedy);
        return AgentTurn.Read(result.Outputs[0].Value);

        async ValueTask<NodeResult> AskAsync(NodeContext step, CancellationToken cancellation)
        {
            try
            {
                var answer = await provider.CompleteAsync(request, step.Token, cancellation);
                step.Usage(new TokenUsage(answer.InputTokens, answer.OutputTokens));
                LlmCall.Tell(step, request, answer);
                return NodeResult.Of([AgentTurn.Write(answer)]);
            }
            catch (LlmException e)
            {
                throw ModelSettings.Failure(step, e);
            }
        }
    }

    static ValueTask<PartResult> CallAsync(NodeContext node, IReadOnlyList<AgentTool> tools, LlmToolCall call, IReadOnlyList<int> path, CancellationToken cancellationToken)
    {
        if (tools.FirstOrDefault(t => t.Definition.Name == call.Name) is not { } tool)
        {
            return ValueTask.FromResult(new PartResult([], new NodeError("unknown_tool", $"There is no tool {Excerpt.Of(call.Name, 64)}.",
                tools.Count > 0 ? $"There are: {string.Join(", ", tools.Select(t => t.Definition.Name))}." : "There are no tools: answer without one.")));
        }
        if (path[^1] >= MaxCalls)
            return ValueTask.FromResult(new PartResult([], new NodeError("too_many_calls", $"More than {MaxCalls} calls at once.", "Call the tool in the next turn.")));
        var next = new StepKey(node.Node.Id, StepKey.PathOf([.. node.Iteration, path[^2] + 1]));
        return node.PartAsync(tool.Call(call.Arguments, path) with { Before = next }, cancellationToken);
    }

    static string Text(PartResult result, IReadOnlyList<AgentTool> tools, LlmToolCall call)
    {
        if (result.Error is { } error)
            return error.Remedy.Length > 0 ? $"{error.Message} {error.Remedy}" : error.Message;
        return tools.First(t => t.Definition.Name == call.Name).Result(result.Outputs);
    }

    /// <summary>What was said in the thread before this run began, or the one it replays from its failed step: the same however often it goes on.</summary>
    static async ValueTask<List<LlmMessage>> HistoryAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var limit = (int)node.Get(History);
        if (limit == 0)
            return [];
        // Ids are ordered by time. Some more are read, for those that this run and later ones have added.
        var run = node.Run.RootRunId.ToString();
        var messages = (await node.MessagesAsync(limit + 50, cancellationToken))
            .Where(m => m.Text.Length > 0 && m.RunId != node.Run.RunId && m.RunId != node.Run.RootRunId && string.CompareOrdinal(m.Id.ToString(), run) < 0);
        // A chat begins with the user.
        return [.. messages.TakeLast(limit).Select(m => new LlmMessage(m.Sender == "User" ? LlmRole.User : LlmRole.Assistant, m.Text)).SkipWhile(m => m.Role is not LlmRole.User)];
    }
}

/// <summary>A turn of an agent as its step keeps it: what the model said, and what it wants called.</summary>
static class AgentTurn
{
    /// <summary>Where its step gives it.</summary>
    public const string Port = "turn";

    public static PortValue Write(LlmAnswer answer) => new(Port, JsonText.Element(answer, static (json, a) =>
    {
        json.WriteStartObject();
        json.WriteString("text"u8, a.Text);
        json.WriteStartArray("tool_calls"u8);
        foreach (var call in a.ToolCalls)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, call.Id);
            json.WriteString("name"u8, call.Name);
            json.WritePropertyName("arguments"u8);
            // People read it too: as JSON when it is some, else as the text it is.
            if (AgentTool.TryParse(call.Arguments, out var arguments))
                arguments.WriteTo(json);
            else
                json.WriteStringValue(call.Arguments);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }));

    public static LlmMessage Read(JsonElement turn) => new(LlmRole.Assistant, turn.GetProperty("text").GetString() ?? "")
    {
        ToolCalls = [.. turn.GetProperty("tool_calls").EnumerateArray().Select(c =>
            new LlmToolCall(c.GetProperty("id").GetString() ?? "", c.GetProperty("name").GetString() ?? "", JsonText.Of(c.GetProperty("arguments"))))],
    };
}
