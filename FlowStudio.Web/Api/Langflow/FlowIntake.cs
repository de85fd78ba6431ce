using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>What a flow that comes from outside must fulfil before it is stored: no secret where only a variable's name belongs.</summary>
sealed class FlowIntake(ComponentCatalog catalog, SecretRedactor redactor)
{
    /// <exception cref="FastApiException">A field for a secret holds something else; the answer names the field, never what is in it.</exception>
    public Flow Checked(Flow flow)
    {
        foreach (var node in flow.Draft.Nodes)
        {
            foreach (var field in (catalog.Find(node.Type)?.Fields ?? []).Where(f => f.Kind is FieldKind.Secret))
            {
                if (node.Settings.TryGetValue(field.Name, out var value) && !IsName(value))
                    throw FastApiException.Invalid("value_error", $"{node.Label}: {field.Title} must be the name of a variable. Keep the secret under Variables and give its name.", "body", "data");
            }
        }
        return flow;
    }

    /// <summary>Whether a value may stand in a field for a secret; a key may look like a name, but not if it is one that is known.</summary>
    public bool IsName(JsonElement value) => value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined
        || (JsonText.Of(value) is var text && value.ValueKind is JsonValueKind.String && (text.Length == 0 || (VariableReference.IsName(text) && redactor.Redact(text) == text)));

    /// <summary>The name, or with the first free number at its end; takes it.</summary>
    public static string Free(string name, HashSet<string> taken, int maxLength, Func<int, string> ending)
    {
        var free = name;
        for (var i = 1; !taken.Add(free); i++)
        {
            var end = ending(i);
            free = name.Length + end.Length <= maxLength ? name + end : name[..(maxLength - end.Length)] + end;
        }
        return free;
    }
}
