using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Langflow.Files;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>
/// Variables that a caller gives for one run: in headers <c>X-LANGFLOW-GLOBAL-VAR-NAME</c>, or by name in a job's <c>globals</c>. A value counts as secret
/// unless there is reason to think that it is not: a variable of that name that is no secret, or settings that show what they hold.
/// </summary>
sealed class CallVariables(ComponentCatalog catalog, SecretVault vault, IEnumerable<ILlmProvider> providers)
{
    const string Header = "X-LANGFLOW-GLOBAL-VAR-";

    static readonly string[] Telling = ["KEY", "TOKEN", "SECRET", "PASS", "PWD", "AUTH", "CREDENTIAL", "PRIVATE", "SIGN", "COOKIE", "JWT"];

    readonly HashSet<string> addresses = providers.Select(p => p.Defaults?.BaseUrlVariable).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Those of a call's headers and body; the body's go before the headers'.</summary>
    /// <param name="globals">An object of names and texts; undefined or null when there is none.</param>
    /// <exception cref="FastApiException">A name is none, a value is no text, or there are too many.</exception>
    public IReadOnlyList<RunVariable> Read(HttpRequest request, JsonElement globals, FlowDocument document)
    {
        var all = new OrderedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in request.Headers)
        {
            if (name.StartsWith(Header, StringComparison.OrdinalIgnoreCase))
                Add(name[Header.Length..].ToUpperInvariant(), values.ToString(), "header", name);
        }
        if (globals.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.Object))
            throw FastApiException.Invalid("dict_type", "Input should be a valid dictionary", "body", "globals");
        if (globals.ValueKind is JsonValueKind.Object)
        {
            foreach (var member in globals.EnumerateObject())
                Add(member.Name, FastApi.Text(globals, member.Name, RunVariables.MaxCharacters) ?? "", "body", member.Name);
        }
        if (all.Count > RunVariables.MaxCount)
            throw FastApiException.Invalid("too_long", $"A call can bring {RunVariables.MaxCount} variables, and this one has {all.Count}.", "header", Header);
        if (all.Sum(v => v.Key.Length + v.Value.Length) > RunVariables.MaxCharacters)
            throw FastApiException.Invalid("too_long", $"The variables of a call can have {RunVariables.MaxCharacters / 1024} Ki characters together.", "header", Header);
        return [.. all.Select(v => new RunVariable(v.Key, v.Value, IsSecret(v.Key, document)))];

        void Add(string given, string value, string place, string field)
        {
            if (FieldMapping.VariableOf(given) is not { } name)
                throw FastApiException.Invalid("value_error", "That is no name of a variable: give letters, digits and underscores.", place, field);
            // Who may run a flow must not be able to send the server's own key elsewhere.
            if (addresses.Contains(name))
                throw FastApiException.Invalid("value_error", $"{name} says where a model's service is; a call cannot change that. Set it under Variables, or in the node as Base URL.", place, field);
            all[name] = value;
        }
    }

    bool IsSecret(string name, FlowDocument document)
    {
        if (vault.List().FirstOrDefault(v => v.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } known)
            return known.Kind is VariableKind.Secret;
        if (Array.Exists(Telling, t => name.Contains(t, StringComparison.OrdinalIgnoreCase)))
            return true;
        var shown = false;
        foreach (var node in document.Nodes)
        {
            var descriptor = catalog.Find(node.Type);
            foreach (var (setting, value) in node.Settings)
            {
                var field = descriptor?.Fields.FirstOrDefault(f => f.Name == setting);
                if (field is { Kind: FieldKind.Secret } ? Is(value, name) : Names(value, name) && !Shows(field, value))
                    return true;
                shown |= Names(value, name);
            }
        }
        return !shown;
    }

    /// <summary>A text or a number that is the variable and nothing else; what stands in headers or bodies is another matter.</summary>
    static bool Shows(Field? field, JsonElement value) =>
        field is null or { Kind: FieldKind.Text or FieldKind.Multiline or FieldKind.Template or FieldKind.Number or FieldKind.Integer or FieldKind.Switch or FieldKind.Choice }
        && VariableReference.TryRead(value, out var reference) && reference.Format is null;

    static bool Is(JsonElement value, string name) => value.ValueKind is JsonValueKind.String && string.Equals(value.GetString(), name, StringComparison.OrdinalIgnoreCase);

    static bool Names(JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.Object when VariableReference.TryRead(value, out var reference) => reference.Name.Equals(name, StringComparison.OrdinalIgnoreCase),
        JsonValueKind.Object => value.EnumerateObject().Any(m => Names(m.Value, name)),
        JsonValueKind.Array => value.EnumerateArray().Any(i => Names(i, name)),
        _ => false,
    };
}
