using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>Asks a model for data of a given shape, and lets nothing else through.</summary>
public sealed class StructuredOutput(IEnumerable<ILlmProvider> providers) : IComponent
{
    /// <summary>The property that holds a list, where the service must answer with an object.</summary>
    const string ListName = "items";

    static readonly InputPort Input = new("input_value", PortType.Message)
    {
        Title = "Input",
        Required = true,
        ToolParameter = true,
        Help = "The text that the data is in.",
    };

    static readonly TextField InputText = Field.Multiline("input_value", "The text that the data is in, when nothing is connected to the input.") with
    {
        Title = "Input",
        Advanced = true,
    };

    static readonly JsonField Schema = Field.Json("output_schema",
        "The shape of the data: a JSON schema, or a list of fields, each with name, description, type (str, int, float, bool, dict) and multiple.") with
    {
        Title = "Output schema",
        Required = true,
    };

    static readonly SwitchField Many = Field.Switch("multiple", "Ask for a list of such objects instead of one.").Default(value: false) with { Title = "List of objects" };

    static readonly TextField Instructions = Field.Multiline("system_prompt", "What the model is told before the schema.")
        .Default("Take the data out of the text you are given. Take it from the text alone; where it says nothing, leave out what may be left out, and do not invent.") with
    {
        Title = "Format instructions",
        Advanced = true,
    };

    static readonly OutputPort Data = new("structured_output", PortType.Data) { Title = "Structured output", Help = "The data, which fulfils the schema." };

    static readonly OutputPort Table = new("dataframe_output", PortType.Table) { Title = "Table", Help = "The data as rows, when it is a list of objects." };

    readonly FrozenDictionary<string, ILlmProvider> providers = providers.ToFrozenDictionary(p => p.Name, StringComparer.Ordinal);

    public static ComponentDescriptor Descriptor { get; } =
        new("StructuredOutput", "Structured Output", Category.Models, Effects.External, "Asks a model for data of a given shape, and checks it.")
        {
            Inputs = [Input, ModelSettings.Input],
            Fields =
            [
                ModelSettings.Provider, ModelSettings.Model, ModelSettings.ApiKey, ModelSettings.BaseUrl, Schema, Many, InputText, Instructions,
                ModelSettings.Temperature, ModelSettings.MaxTokens, ModelSettings.Seed,
            ],
            Outputs = [Data, Table],
            Highlights = ["provider", "model_name"],
            Timeout = TimeSpan.FromSeconds(120),
            Check = CheckSchema,
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var setting = node.Get(Schema);
        if (OutputSchema.Flaws(setting) is { Count: > 0 } flaws)
            throw new NodeException("invalid_setting", $"{node.Node.Label}: the output schema can't be used: {string.Join("; ", flaws)}.", "Correct it in the node's settings.");
        var schema = OutputSchema.Of(setting);
        if (node.Get(Many))
            schema = OutputSchema.ListOf(schema);
        var isList = schema.TryGetProperty("type", out var type) && type.ValueKind is JsonValueKind.String && type.ValueEquals("array"u8);
        var asked = isList ? OutputSchema.Wrapped(schema, ListName) : schema;

        var (provider, request) = ModelSettings.Request(node, providers);
        var chat = new List<LlmMessage> { new(LlmRole.User, node.Text(Input, InputText)) };
        var system = $"{node.Get(Instructions)}\n\nAnswer with one JSON value that fulfils this JSON schema, and with nothing else:\n{JsonText.Of(asked)}".Trim();
        request = request with { System = system, Messages = chat, Json = true, Schema = asked };
        var first = await AskAsync(node, provider, request, cancellationToken);
        var problems = Read(first, asked, out var value);
        if (problems.Count > 0)
        {
            node.Log(LogLevelName.Warning, $"The answer does not fulfil the schema and is asked for once more: {Excerpt.Of(string.Join("; ", problems), 300)}");
            chat.Add(new LlmMessage(LlmRole.Assistant, first));
            chat.Add(new LlmMessage(LlmRole.User, $"That does not fulfil the schema: {string.Join("; ", problems)}. Answer again, with the JSON value alone."));
            var second = await AskAsync(node, provider, request, cancellationToken);
            problems = Read(second, asked, out value);
            if (problems.Count > 0)
            {
                throw new NodeException("invalid_output",
                    $"{node.Node.Label}: the model's answer does not fulfil the schema, nor did a second one: {string.Join("; ", problems)}. It begins: {Excerpt.Of(second)}",
                    "Make the schema plainer, describe its fields, or take a stronger model.");
            }
        }
        if (isList)
            value = value.GetProperty(ListName);
        return value.ValueKind is JsonValueKind.Array && value.GetArrayLength() > 0 && value.EnumerateArray().All(v => v.ValueKind is JsonValueKind.Object) && node.Wants(Table)
            ? NodeResult.Of(new PortValue(Data.Name, value), new PortValue(Table.Name, value))
            : NodeResult.Of(Data, value);
    }

    static async ValueTask<string> AskAsync(NodeContext node, ILlmProvider provider, LlmRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await provider.CompleteAsync(request, onToken: null, cancellationToken);
            node.Usage(new TokenUsage(answer.InputTokens, answer.OutputTokens));
            LlmCall.Tell(node, request, answer);
            return answer.Text;
        }
        catch (LlmException e)
        {
            throw ModelSettings.Failure(node, e);
        }
    }

    static IReadOnlyList<string> Read(string answer, JsonElement schema, out JsonElement value)
    {
        if (!JsonCheck.TryParse(Encoding.UTF8.GetBytes(JsonAnswer.Unfenced(answer)), out value, out _))
            return ["it is not valid JSON"];
        return JsonSchema.Problems(schema, value);
    }

    static IEnumerable<FlowProblem> CheckSchema(Node node)
    {
        var setting = NodeSettings.Value(node, Schema);
        if (setting.ValueKind is JsonValueKind.Null || VariableReference.TryRead(setting, out _))
            return [];
        return OutputSchema.Flaws(setting).Select(flaw =>
            NodeSettings.Invalid(node, Schema.Name, $"{node.Label}: the output schema can't be used: {flaw}.", "Correct it."));
    }
}
