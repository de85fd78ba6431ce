using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>
/// A Prompt's template. Langflow writes variables as <c>{name}</c> with doubled braces for braces, as is done here; or, when it is told so, as
/// <c>{{name}}</c> with single braces for braces.
/// </summary>
static partial class PromptPart
{
    /// <summary>An input of Langflow's prompts that has no place in the text: what is connected there only comes first.</summary>
    public const string After = "tool_placeholder";

    const string Template = "template";

    /// <summary>The template, and the texts of its variables: also empty ones, which were left so on purpose.</summary>
    public static IEnumerable<KeyValuePair<string, JsonElement>> Read(LangflowNode node)
    {
        var template = TemplateOf(node);
        yield return KeyValuePair.Create(Template, JsonText.Element(template));
        foreach (var field in Fields(node))
        {
            var name = Name(field);
            if (TextTemplate.Parse(template).Paths.Contains(name, StringComparer.Ordinal)
                && new FieldMapping(name, FieldForm.Text).Read(node.Field(field)) is { } value)
                yield return KeyValuePair.Create(name, value);
        }
    }

    /// <summary>A variable's name as it can be one here: letters, digits, underscores.</summary>
    public static string Name(string variable)
    {
        var plain = string.Concat(variable.Trim().Select(c => char.IsLetterOrDigit(c) || c == '_' ? c : '_'));
        if (plain.Length == 0 || char.IsDigit(plain[0]))
            plain = "_" + plain;
        return plain == Template ? Template + "_" : plain;
    }

    /// <summary>Writes a template that was changed here: its variables are fields of the node there, each an input.</summary>
    public static void Write(JsonObject inner, LangflowNode original, IReadOnlyDictionary<string, JsonElement> settings)
    {
        if (inner["template"] is not JsonObject template || !settings.TryGetValue(Template, out var text) || text.ValueKind is not JsonValueKind.String)
            return;
        var ours = text.GetString() ?? "";
        var changed = ours != TemplateOf(original);
        if (changed)
        {
            if (template[Template] is not JsonObject field)
                template[Template] = field = NewField(Template, "prompt");
            field["value"] = IsMustache(original) ? Mustache(ours) : ours;
        }
        var wanted = TextTemplate.Parse(ours).Paths;
        var known = Fields(original).ToDictionary(Name, f => f, StringComparer.Ordinal);
        if (changed)
        {
            foreach (var (name, field) in known.Where(k => !wanted.Contains(k.Key, StringComparer.Ordinal)))
                template.Remove(field);
            inner["custom_fields"] = new JsonObject
            {
                [Template] = new JsonArray([.. wanted.Select(w => (JsonNode?)known.GetValueOrDefault(w, w))]),
            };
        }
        foreach (var name in wanted)
        {
            var theirs = known.GetValueOrDefault(name, name);
            var has = template[theirs] is JsonObject;
            if (template[theirs] is not JsonObject field)
                template[theirs] = field = NewVariable(theirs);
            var mapping = new FieldMapping(name, FieldForm.Text);
            if (settings.TryGetValue(name, out var value) && !(has && Same(mapping.Read(original.Field(theirs)), value)))
                mapping.Write(field, value);
        }
    }

    static bool Same(JsonElement? before, JsonElement now) => before is { } value && JsonElement.DeepEquals(value, now);

    static string TemplateOf(LangflowNode node)
    {
        var text = LangflowNode.Text(node.Field(Template), "value") ?? "";
        return IsMustache(node)
            ? Doubled().Replace(text, m => m.Groups["name"] is { Success: true } name ? "{" + Name(name.Value) + "}" : m.Value + m.Value)
            : Single().Replace(text, m => m.Groups["name"] is { Success: true } name ? "{" + Plain(name.Value) + "}" : m.Value);
    }

    /// <summary>Only a name is made one: what else stands in braces is told as the mistake it is.</summary>
    static string Plain(string name) => name.Length > 0 && name.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or ' ') ? Name(name) : name;

    static string Mustache(string text) =>
        Single().Replace(text, m => m.Groups["name"] is { Success: true } name ? "{{" + name.Value + "}}" : m.Value[..1]);

    static bool IsMustache(LangflowNode node) => LangflowNode.Flag(node.Field("use_double_brackets"), "value")
        || LangflowNode.Text(node.Field("mode"), "value") is { } mode && mode.StartsWith("must", StringComparison.OrdinalIgnoreCase);

    /// <summary>The fields that are variables: those the node lists, else those that are no fields of every prompt.</summary>
    static IEnumerable<string> Fields(LangflowNode node)
    {
        var listed = LangflowNode.Items(LangflowNode.Member(node.Inner, "custom_fields"), Template).Where(f => f.ValueKind is JsonValueKind.String).Select(f => f.GetString() ?? "").ToList();
        var own = node.Template.ValueKind is JsonValueKind.Object
            ? node.Template.EnumerateObject().Where(f => f.Value.ValueKind is JsonValueKind.Object).Select(f => f.Name)
                .Where(f => f is not ("code" or Template or After or "mode" or "use_double_brackets"))
            : [];
        return listed.Concat(own).Distinct(StringComparer.Ordinal).DistinctBy(Name, StringComparer.Ordinal);
    }

    public static JsonObject NewField(string name, string type) => new() { ["name"] = name, ["display_name"] = name, ["type"] = type, ["show"] = true, ["value"] = "" };

    static JsonObject NewVariable(string name) => new()
    {
        ["name"] = name,
        ["display_name"] = name,
        ["field_type"] = "str",
        ["type"] = "str",
        ["input_types"] = new JsonArray("Message"),
        ["multiline"] = true,
        ["advanced"] = false,
        ["show"] = true,
        ["required"] = false,
        ["list"] = false,
        ["value"] = "",
    };

    [GeneratedRegex(@"\{\{|\}\}|\{(?<name>[^{}]*)\}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Single();

    [GeneratedRegex(@"\{\{\s*(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}|[{}]", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Doubled();
}
