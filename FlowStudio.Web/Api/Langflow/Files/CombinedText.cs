using System.Text.Json;
using FlowStudio.Engine;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>Two texts with something between them: a Prompt of two variables.</summary>
static class CombinedText
{
    public static IEnumerable<KeyValuePair<string, JsonElement>> Read(LangflowNode node)
    {
        yield return KeyValuePair.Create("template", JsonText.Element(Template(node)));
    }

    /// <summary>A template that is another does not fit there.</summary>
    public static bool StillIs(LangflowNode node, IReadOnlyDictionary<string, JsonElement> settings) =>
        settings.TryGetValue("template", out var template) && JsonText.Of(template) == Template(node);

    static string Template(LangflowNode node) =>
        $"{{text1}}{(LangflowNode.Text(node.Field("delimiter"), "value") ?? " ").Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal)}{{text2}}";
}
