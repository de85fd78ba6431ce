using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Web.Api.Native;

/// <summary>
/// Refuses flows that hold a secret where only the name of a variable belongs: what is stored once stays in versions, backups and exports.
/// Other settings may be wrong in a draft; this one may not.
/// </summary>
sealed class PastedSecrets(ComponentCatalog catalog, SecretRedactor redactor)
{
    /// <exception cref="ApiException">
    /// A field for a secret has something else than a name; the answer names every such field and never what is in it.
    /// </exception>
    public Flow Refuse(Flow flow)
    {
        List<FlowProblem> problems = [.. flow.Draft.Nodes.SelectMany(Problems)];
        if (problems.Count == 0)
            return flow;
        throw new ApiException(StatusCodes.Status400BadRequest, "secret_in_flow",
            "A field for a secret holds something that is not the name of a variable. Nothing was stored. "
            + "Keep the secret with PUT /v1/variables/{name}, and give its name in the flow.")
        {
            Problems = problems,
        };
    }

    IEnumerable<FlowProblem> Problems(Node node) =>
        from field in catalog.Find(node.Type)?.Fields ?? []
        where field.Kind is FieldKind.Secret && node.Settings.TryGetValue(field.Name, out var value) && !IsName(value)
        select new FlowProblem("secret_in_flow", ProblemSeverity.Error, node.Id, field.Name,
            $"{node.Label}: {field.Title} must be the name of a variable.", "Keep the secret under Variables and give its name here.");

    // A key may look like a name; not if it is one that is known.
    bool IsName(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => true,
        JsonValueKind.String => value.GetString() is "" || (value.GetString() is { } text && VariableReference.IsName(text) && redactor.Redact(text) == text),
        _ => false,
    };
}
