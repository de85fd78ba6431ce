using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Execution;

/// <summary>A variable that one run reads in place of the kept one by its name, whatever the case of its letters.</summary>
/// <param name="Secret">Its value is taken out of all that the run writes.</param>
public sealed record RunVariable(string Name, string Value, bool Secret);

/// <summary>The variables of one run, open in memory.</summary>
/// <param name="Redactor">Looks for the vault's secrets and those of the run.</param>
public sealed record OwnVariables(IReadOnlyList<RunVariable> All, SecretRedactor Redactor)
{
    readonly FrozenDictionary<string, string> byName = All.DistinctBy(v => v.Name, StringComparer.OrdinalIgnoreCase)
        .ToFrozenDictionary(v => v.Name, v => v.Value, StringComparer.OrdinalIgnoreCase);

    public string? Find(string name) => byName.GetValueOrDefault(name);
}

/// <summary>
/// Variables that a caller gave for one run alone. They are sealed in the database for as long as the run has not ended, so that it finds them after a restart
/// and however long it waits; a replay does not have them any more. One per process; <see cref="LoadAsync"/> comes before any run.
/// </summary>
public sealed class RunVariables(IVariableRows rows, ISecretProtector protector, SecretRedactor redactor, IRunStore runs, TimeProvider time, ILogger<RunVariables> log)
{
    /// <summary>Variables that a run may be given.</summary>
    public const int MaxCount = 100;

    /// <summary>Characters that their names and values may have together.</summary>
    public const int MaxCharacters = 64 * 1024;

    const string Scope = VariableScopes.RunVariables;

    readonly ConcurrentDictionary<Guid, OwnVariables> byRun = new();

    /// <summary>Reads those of runs that have not ended; what ended runs left is deleted.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var row in await rows.ListAsync(Scope, cancellationToken))
        {
            if (!Guid.TryParse(row.Name, CultureInfo.InvariantCulture, out var id) || await runs.FindAsync(id, cancellationToken) is not { } run || RunNames.IsFinal(run.Status))
                await rows.DeleteAsync(Scope, row.Name, cancellationToken);
            else if (SealedValue.Text(SealedValue.Open(protector, row)) is { } text)
                byRun[id] = Open(Read(text));
            else
                ExecutionLog.RunVariablesUnreadable(log, id);
        }
    }

    /// <summary>The variables of a run that has not ended; null when it has none of its own.</summary>
    public OwnVariables? Of(Guid runId) => byRun.GetValueOrDefault(runId);

    /// <summary>Seals the variables of a run that is about to be accepted; a run that is part of another has those of that one.</summary>
    /// <exception cref="StorageException">The database cannot take them now.</exception>
    internal async ValueTask<OwnVariables?> KeepAsync(Guid runId, RunRequest request)
    {
        var given = request.Parent is { } parent ? Of(parent.RunId)?.All ?? [] : request.Variables;
        if (given.Count == 0)
            return null;
        var now = time.GetUtcNow();
        var name = runId.ToString();
        await rows.PutAsync(new(Scope, name, Secret: true, SealedValue.Seal(protector, Scope, name, Encoding.UTF8.GetBytes(Write(given))), now, now), CancellationToken.None);
        return byRun[runId] = Open(given);
    }

    /// <summary>Forgets a run's variables: it has ended, or was not taken after all.</summary>
    internal async ValueTask ForgetAsync(Guid runId)
    {
        if (!byRun.TryRemove(runId, out _))
            return;
        try
        {
            await rows.DeleteAsync(Scope, runId.ToString(), CancellationToken.None);
        }
        catch (Exception e) when (e is StorageException or ObjectDisposedException)
        {
            // The next start deletes what is left.
            ExecutionLog.RunVariablesNotDeleted(log, runId, e.Message);
        }
    }

    OwnVariables Open(IReadOnlyList<RunVariable> all) =>
        new(all, redactor.With([.. all.Where(v => v is { Secret: true, Value.Length: > 0 }).Select(v => new SecretText(v.Name, v.Value))]));

    static string Write(IReadOnlyList<RunVariable> all) => JsonText.Element(all, static (json, variables) =>
    {
        json.WriteStartArray();
        foreach (var variable in variables)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, variable.Name);
            json.WriteString("value"u8, variable.Value);
            json.WriteBoolean("secret"u8, variable.Secret);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }).GetRawText();

    static IReadOnlyList<RunVariable> Read(string text)
    {
        using var document = JsonDocument.Parse(text);
        return [.. document.RootElement.EnumerateArray().Select(v => new RunVariable(v.GetProperty("name").GetString() ?? "", v.GetProperty("value").GetString() ?? "", v.GetProperty("secret").GetBoolean()))];
    }
}
