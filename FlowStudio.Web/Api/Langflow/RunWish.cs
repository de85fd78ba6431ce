using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Api.Langflow.Files;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>What a caller wants run, in Langflow's words.</summary>
sealed record RunWish
{
    public const int MaxText = 4 * 1024 * 1024;
    public const int MaxSession = 256;

    static readonly string[] InputTypes = ["chat", "text", "any"];
    static readonly string[] OutputTypes = ["chat", "text", "any", "debug"];

    /// <summary>What is said or given; null: what the flow's own inputs hold.</summary>
    public string? Input { get; init; }

    /// <summary>Which inputs get it: <c>chat</c>, <c>text</c> or <c>any</c>.</summary>
    public string InputType { get; init; } = "chat";

    /// <summary>Which outputs are given back: <c>chat</c>, <c>text</c>, <c>any</c>, or all nodes (<c>debug</c>).</summary>
    public string OutputType { get; init; } = "chat";

    /// <summary>One node whose output is wanted, by id, display name or type; null: see <see cref="OutputType"/>.</summary>
    public string? Output { get; init; }

    /// <summary>Nodes whose outputs are wanted, by id; null: see <see cref="OutputType"/>.</summary>
    public IReadOnlyList<string>? Outputs { get; init; }

    public string? Session { get; init; }

    /// <summary>Settings for this run; undefined when there are none.</summary>
    public JsonElement Tweaks { get; init; }

    /// <summary>Variables for this run; undefined when the body has none.</summary>
    public JsonElement Globals { get; init; }

    /// <exception cref="FastApiException">Something of it does not fit.</exception>
    public static RunWish Read(JsonElement body)
    {
        if (body.ValueKind is JsonValueKind.Undefined)
            return new();
        FastApi.Object(body);
        var tweaks = LangflowNode.Member(body, "tweaks");
        if (tweaks.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.Object))
            throw FastApiException.Invalid("dict_type", "Input should be a valid dictionary", "body", "tweaks");
        return new()
        {
            Input = FastApi.Text(body, "input_value", MaxText),
            InputType = Word(body, "input_type", InputTypes),
            OutputType = Word(body, "output_type", OutputTypes),
            Output = FastApi.Text(body, "output_component", MaxSession) is { Length: > 0 } output ? output : null,
            Session = FastApi.Text(body, "session_id", MaxSession) is { Length: > 0 } session ? session : null,
            Tweaks = tweaks,
        };
    }

    static string Word(JsonElement body, string name, string[] words)
    {
        if (FastApi.Text(body, name, MaxSession) is not { } given)
            return words[0];
        return words.Contains(given, StringComparer.Ordinal) ? given
            : throw FastApiException.Invalid("literal_error", $"Input should be {string.Join(", ", words[..^1].Select(w => $"'{w}'"))} or '{words[^1]}'", "body", name);
    }

    /// <summary>Whether a node's output is wanted.</summary>
    public bool Wants(Step step) => Outputs?.Contains(step.NodeId, StringComparer.Ordinal) ?? (Output is not null
        ? step.NodeId == Output || step.Title == Output || step.Type == Output
        : OutputType switch
        {
            "debug" => true,
            "chat" => step.Type == "ChatOutput",
            "text" => step.Type == "TextOutput",
            _ => step.Type is "ChatOutput" or "TextOutput",
        });

    /// <summary>The run's input: what Chat Input says and what Text Inputs hold.</summary>
    public JsonElement InputFor(FlowDocument document)
    {
        if (Input is not { } text)
            return Engine.JsonText.Null;
        if (InputType == "chat")
            return Engine.JsonText.Element(text);
        var texts = document.Nodes.Where(n => n.Type == "TextInput").Select(n => n.Id).ToList();
        // A chat box that is not meant says what it holds.
        var said = InputType == "any" ? text : document.Nodes.FirstOrDefault(n => n.Type == "ChatInput")?.Settings.GetValueOrDefault("input_value") is { ValueKind: JsonValueKind.String } own
            ? own.GetString() ?? "" : "";
        return Engine.JsonText.Element((texts, text, said), static (json, all) =>
        {
            json.WriteStartObject();
            json.WriteString("input_value"u8, all.said);
            foreach (var id in all.texts.Where(i => i != "input_value"))
                json.WriteString(id, all.text);
            json.WriteEndObject();
        });
    }
}
