using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlowStudio.Web.Api.Native;

/// <summary><c>/v1/variables</c>: names and where they are used; values go in and never come out.</summary>
sealed class VariablesApi(SecretVault vault, VariableUses uses)
{
    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/variables").WithTags("Variables");
        group.MapGet("", ListAsync).WithSummary("List variables").WithDescription("Names, kinds and where they are used; never values.");
        group.MapPut("/{name}", SetAsync).WithSummary("Set a variable").Errors(400, 413, 415);
        group.MapDelete("/{name}", DeleteAsync).WithSummary("Delete a variable").Errors(404, 409);
    }

    async Task<Ok<ListOf<VariableView>>> ListAsync(CancellationToken cancellationToken)
    {
        var used = await uses.FindAsync(cancellationToken);
        return TypedResults.Ok(new ListOf<VariableView>([.. vault.List().Select(v => VariableView.Of(v, [.. used[v.Name]]))]));
    }

    async Task<Ok<VariableView>> SetAsync(string name, JsonBody<VariableInput> body, CancellationToken cancellationToken)
    {
        var fields = new BodyFields(body.Required, "a variable's value", "value", "kind");
        var value = fields.Text("value", SecretVault.MaxValueBytes);
        if (value is null && (fields.Json("value") is null or { ValueKind: JsonValueKind.Null }))
            fields.Add("'value' is missing.");
        var kind = fields.Text("kind", maxLength: 20) ?? "secret";
        if (kind is not ("secret" or "generic"))
            fields.Add("'kind' must be secret or generic.");
        fields.Done();
        try
        {
            var variable = await vault.SetAsync(name, value ?? "", kind is "secret", cancellationToken);
            return TypedResults.Ok(VariableView.Of(variable, [.. (await uses.FindAsync(cancellationToken))[name]]));
        }
        catch (VariableException e)
        {
            throw ApiException.BadRequest(e.Code, e.Message);
        }
    }

    async Task<NoContent> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        if (await vault.DeleteAsync(name, cancellationToken))
            return TypedResults.NoContent();
        throw vault.Get(name) is null
            ? ApiException.NotFound("variable_not_found", "There is no variable of that name.")
            : ApiException.Conflict("variable_from_environment", $"{name} comes from the environment of the server. Take it away there.");
    }
}

/// <summary>Finds the nodes of drafts that name variables, by reference or in a field for a secret.</summary>
sealed class VariableUses(IFlowStore flows, ComponentCatalog catalog)
{
    public async Task<ILookup<string, VariableUseView>> FindAsync(CancellationToken cancellationToken)
    {
        var found = new List<(string Name, VariableUseView Use)>();
        string? cursor = null;
        do
        {
            var page = await flows.ListAsync(search: null, cursor, limit: 500, cancellationToken);
            foreach (var flow in page.Items)
            {
                foreach (var node in flow.Draft.Nodes)
                    found.AddRange(Names(node).Distinct().Select(n => (n.Variable, new VariableUseView(flow.Id, flow.Name, node.Id, n.Field))));
            }
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return found.ToLookup(f => f.Name, f => f.Use, StringComparer.Ordinal);
    }

    IEnumerable<(string Variable, string Field)> Names(Node node)
    {
        var descriptor = catalog.Find(node.Type);
        foreach (var read in descriptor?.ReadsVariables?.Invoke(node) ?? [])
            yield return read;
        var secrets = descriptor?.Fields.Where(f => f.Kind is FieldKind.Secret).Select(f => f.Name).ToHashSet(StringComparer.Ordinal) ?? [];
        foreach (var (field, value) in node.Settings)
        {
            if (secrets.Contains(field) && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } name)
                yield return (name, field);
            foreach (var reference in References(value))
                yield return (reference, field);
        }
    }

    static IEnumerable<string> References(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object when VariableReference.TryRead(value, out var reference) => [reference.Name],
        JsonValueKind.Object => value.EnumerateObject().SelectMany(m => References(m.Value)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
