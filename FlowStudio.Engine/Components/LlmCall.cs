using System.Collections.Frozen;
using System.Globalization;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>Asks a language model, or only says which, to a component that asks it itself.</summary>
public sealed class LlmCall(IEnumerable<ILlmProvider> providers) : IComponent
{
    static readonly InputPort Input = new("input_value", PortType.Message)
    {
        Title = "Input",
        Required = true,
        ToolParameter = true,
        Help = "What the model is asked.",
    };

    static readonly InputPort System = new("system_message", PortType.Message) { Title = "System message", Help = "How the model shall behave." };

    static readonly TextField InputText = Field.Multiline("input_value", "What the model is asked, when nothing is connected to the input.") with
    {
        Title = "Input",
        Advanced = true,
    };

    static readonly TextField SystemText = Field.Multiline("system_message", "How the model shall behave, when nothing is connected to that input.") with
    {
        Title = "System message",
    };

    static readonly SwitchField Stream = Field.Switch("stream", "Show the answer while it is being written.").Default(value: true) with { Advanced = true };

    static readonly SwitchField JsonMode = Field.Switch("json_mode", "Ask for an answer that is a JSON object; the prompt must say so too.")
        .Default(value: false) with
    {
        Title = "JSON mode",
        Advanced = true,
    };

    static readonly OutputPort Text = new("text_output", PortType.Message) { Title = "Message", Help = "What the model answered." };

    static readonly OutputPort Model = new("model_output", PortType.Model)
    {
        Title = "Model",
        Help = "This model with its settings, for an Agent or Structured Output. When only this is connected, the model is not asked here.",
    };

    readonly FrozenDictionary<string, ILlmProvider> providers = providers.ToFrozenDictionary(p => p.Name, StringComparer.Ordinal);

    public static ComponentDescriptor Descriptor { get; } =
        new("LLM", "LLM", Category.Models, Effects.External, "Asks a language model, and passes its answer on.")
        {
            Inputs = [Input, System],
            Fields =
            [
                ModelSettings.Provider, ModelSettings.Model, ModelSettings.ApiKey, ModelSettings.BaseUrl, SystemText, ModelSettings.Temperature, InputText,
                ModelSettings.MaxTokens, Stream, JsonMode, ModelSettings.Seed,
            ],
            Outputs = [Text, Model],
            Highlights = ["provider", "model_name", "temperature"],
            Timeout = TimeSpan.FromSeconds(120),
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var model = new PortValue(Model.Name, ModelSettings.AsModel(node.Node));
        if (node.ConnectedOutputs is { Count: > 0 } connected && connected.All(c => c == Model.Name))
            return NodeResult.Of(model);
        var (provider, request) = ModelSettings.Request(node, providers);
        request = request with { Input = node.Text(Input, InputText), System = node.Text(System, SystemText), Json = node.Get(JsonMode) };
        try
        {
            var answer = await provider.CompleteAsync(request, node.Get(Stream) ? node.Token : null, cancellationToken);
            node.Usage(new TokenUsage(answer.InputTokens, answer.OutputTokens));
            Tell(node, request, answer);
            var text = new PortValue(Text.Name, JsonText.Element(answer.Text));
            return node.ConnectedOutputs?.Contains(Model.Name) is true ? NodeResult.Of(text, model) : NodeResult.Of(text);
        }
        catch (LlmException e)
        {
            throw ModelSettings.Failure(node, e);
        }
    }

    /// <summary>What a call cost, and whether it came to its end, in the node's log.</summary>
    internal static void Tell(NodeContext node, LlmRequest request, LlmAnswer answer)
    {
        if (answer.IsCut)
        {
            var limit = request.MaxTokens is { } max ? max.ToString("N0", CultureInfo.InvariantCulture) + " " : "";
            node.Log(LogLevelName.Warning, $"The answer of {request.Model} ends where the limit of {limit}tokens cut it.");
            return;
        }
        node.Log(string.Create(CultureInfo.InvariantCulture, $"{request.Model} answered: {answer.InputTokens:N0} tokens in, {answer.OutputTokens:N0} out."));
    }
}
