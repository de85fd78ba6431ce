using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>A component here and those of Langflow that mean the same, the one that new files get first.</summary>
sealed record ComponentMapping(string Ours, params string[] Theirs)
{
    public IReadOnlyList<FieldMapping> Fields { get; init; } = [];

    /// <summary>Inputs that are called otherwise there; the others have one name in both.</summary>
    public IReadOnlyList<(string Theirs, string Ours)> Inputs { get; init; } = [];

    /// <summary>Outputs that are called otherwise there.</summary>
    public IReadOnlyList<(string Theirs, string Ours)> Outputs { get; init; } = [];

    /// <summary>It has a model's settings, which both write in their own way: <see cref="ModelPart"/>.</summary>
    public bool AsksModel { get; init; }

    /// <summary>Its template makes inputs: <see cref="PromptPart"/>.</summary>
    public bool IsPrompt { get; init; }

    /// <summary>Settings that no single field tells.</summary>
    public Func<LangflowNode, IEnumerable<KeyValuePair<string, JsonElement>>>? More { get; init; }

    /// <summary>Whether a node with these settings can be written as the one it was; null: always. Otherwise it is written as a new one.</summary>
    public Func<LangflowNode, IReadOnlyDictionary<string, JsonElement>, bool>? StillIs { get; init; }

    /// <summary>What an import must say of every such node; null when there is nothing.</summary>
    public (string Message, string Advice)? Remark { get; init; }

    /// <summary>The node's settings here.</summary>
    public OrderedDictionary<string, JsonElement> Settings(LangflowNode node)
    {
        var settings = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        if (AsksModel)
            Add(ModelPart.Read(node).Settings);
        if (IsPrompt)
            Add(PromptPart.Read(node));
        foreach (var field in Fields)
        {
            if (field.NameIn(name => node.Field(name).ValueKind is JsonValueKind.Object) is { } theirs && field.Read(node.Field(theirs)) is { } value)
                settings[field.Ours] = value;
        }
        if (More is not null)
            Add(More(node));
        return settings;

        void Add(IEnumerable<KeyValuePair<string, JsonElement>> all)
        {
            foreach (var (name, value) in all)
                settings[name] = value;
        }
    }

    /// <summary>The input here for a field there.</summary>
    public string InputOf(string field) => IsPrompt ? PromptPart.Name(field) : Inputs.FirstOrDefault(i => i.Theirs == field) is { Ours: { } ours } ? ours : field;

    public string OutputOf(string output) => output == ToolPort.Name ? output : Outputs.FirstOrDefault(o => o.Theirs == output) is { Ours: { } ours } ? ours : output;

    /// <summary>The field there for an input here.</summary>
    public string FieldOf(string input) => Inputs.FirstOrDefault(i => i.Ours == input) is { Theirs: { } theirs } ? theirs : input;

    public string TheirOutputOf(string output) => Outputs.FirstOrDefault(o => o.Ours == output) is { Theirs: { } theirs } ? theirs : output;
}
