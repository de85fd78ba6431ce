namespace FlowStudio.Engine.Secrets;

/// <summary>A stored variable; its value is as the vault sealed it.</summary>
/// <param name="Scope">One of <see cref="VariableScopes"/>; names are unique within it.</param>
/// <param name="Secret">Never shown again once stored.</param>
/// <param name="Value">Sealed bytes; storage does not look inside.</param>
public sealed record VariableRow(string Scope, string Name, bool Secret, byte[] Value, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>What a stored variable is for.</summary>
public static class VariableScopes
{
    /// <summary>A variable that flows read by name.</summary>
    public const string Variable = "variable";

    /// <summary>A flow's webhook token; the name is the flow's id, as <c>Guid.ToString()</c> writes it.</summary>
    public const string WebhookToken = "webhook_token";

    /// <summary>What a flow's completion webhooks are signed with; the name is the flow's id, as <c>Guid.ToString()</c> writes it.</summary>
    public const string CallbackSecret = "callback_secret";

    /// <summary>What callers of a flow's webhook sign with; named like <see cref="WebhookToken"/>.</summary>
    public const string SigningSecret = "webhook_signing_secret";

    /// <summary>A flow's token where agents are addressed by one; named like <see cref="WebhookToken"/>.</summary>
    public const string AgentToken = "agent_token";

    /// <summary>The variables that a caller gave for one run; the name is the run's id. They go when the run ends.</summary>
    public const string RunVariables = "run_variables";

    /// <summary>The scopes whose rows belong to a flow and go with it.</summary>
    public static IReadOnlyList<string> OfFlows { get; } = [WebhookToken, SigningSecret, AgentToken, CallbackSecret];

    /// <summary>Keys that this server signs with; the name says what for.</summary>
    public const string SigningKey = "signing_key";
}

/// <summary>The vault's rows. Every write goes through the one write lane.</summary>
public interface IVariableRows
{
    /// <summary>All rows of a scope, by name.</summary>
    Task<IReadOnlyList<VariableRow>> ListAsync(string scope, CancellationToken cancellationToken);

    /// <summary>Stores a row, in place of the one with its scope and name if there is one; that one's <see cref="VariableRow.CreatedAt"/> is kept.</summary>
    Task PutAsync(VariableRow row, CancellationToken cancellationToken);

    /// <summary>Deletes a row; false when there was none.</summary>
    Task<bool> DeleteAsync(string scope, string name, CancellationToken cancellationToken);
}
