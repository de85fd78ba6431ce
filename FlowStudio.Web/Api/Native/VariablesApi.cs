using System.Text.Json;
using FlowStudio.Engine.Components;
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
        return TypedResults.Ok(new ListOf<VariableView>([.. vault.List().Select(v => VariableView.Of(v, used[v.Name]))]));
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
            return TypedResults.Ok(VariableView.Of(variable, (await uses.FindAsync(cancellationToken))[name]));
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
