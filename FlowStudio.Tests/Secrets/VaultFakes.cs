using System.Collections.Concurrent;
using System.Security.Cryptography;
using FlowStudio.Engine;
using FlowStudio.Engine.Secrets;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FlowStudio.Tests.Secrets;

/// <summary>AES-GCM under a key that a test can lose.</summary>
sealed class FakeProtector : ISecretProtector
{
    byte[] key = RandomNumberGenerator.GetBytes(32);

    public void LoseKey() => key = RandomNumberGenerator.GetBytes(32);

    public byte[] Protect(byte[] plain)
    {
        var result = new byte[12 + 16 + plain.Length];
        RandomNumberGenerator.Fill(result.AsSpan(0, 12));
        using var aes = new AesGcm(key, 16);
        aes.Encrypt(result.AsSpan(0, 12), plain, result.AsSpan(28), result.AsSpan(12, 16));
        return result;
    }

    public byte[] Unprotect(byte[] sealedBytes)
    {
        var plain = new byte[sealedBytes.Length - 28];
        using var aes = new AesGcm(key, 16);
        aes.Decrypt(sealedBytes.AsSpan(0, 12), sealedBytes.AsSpan(28), sealedBytes.AsSpan(12, 16), plain);
        return plain;
    }
}

/// <summary>Rows in memory; can be told to fail.</summary>
sealed class MemoryRows : IVariableRows
{
    readonly ConcurrentDictionary<(string Scope, string Name), VariableRow> rows = new();

    public Exception? Failure { get; set; }

    public IEnumerable<VariableRow> All => rows.Values;

    public Task<IReadOnlyList<VariableRow>> ListAsync(string scope, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<VariableRow>>([.. rows.Values.Where(r => r.Scope == scope).OrderBy(r => r.Name, StringComparer.Ordinal)]);

    public Task PutAsync(VariableRow row, CancellationToken cancellationToken)
    {
        if (Failure is { } failure)
            return Task.FromException(failure);
        rows.AddOrUpdate((row.Scope, row.Name), row, (_, old) => row with { CreatedAt = old.CreatedAt });
        return Task.CompletedTask;
    }

    public Task<bool> DeleteAsync(string scope, string name, CancellationToken cancellationToken) =>
        Failure is { } failure ? Task.FromException<bool>(failure) : Task.FromResult(rows.TryRemove((scope, name), out _));
}

/// <summary>Collects what is logged.</summary>
sealed class LogLines<T> : ILogger<T>
{
    readonly ConcurrentQueue<string> lines = new();

    public IReadOnlyList<string> Lines => [.. lines];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue($"{eventId.Id} {logLevel} {formatter(state, exception)} {exception}");
}

/// <summary>A vault over fakes; opening again is a restart.</summary>
sealed class VaultFixture(IVariableRows? store = null)
{
    public IVariableRows Rows { get; } = store ?? new MemoryRows();

    public MemoryRows Memory => (MemoryRows)Rows;

    public FakeProtector Protector { get; } = new();

    public SecretRedactor Redactor { get; private set; } = new();

    public LogLines<SecretVault> Log { get; } = new();

    public VariableOptions Options { get; } = new();

    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    public async Task<SecretVault> OpenAsync()
    {
        Redactor = new();
        var vault = new SecretVault(Rows, Protector, Redactor, Options, new(Environment), TimeProvider.System, Log);
        await vault.LoadAsync(TestContext.Current.CancellationToken);
        return vault;
    }

    public static SecretRedactor RedactorOf(params (string Name, string Value)[] secrets)
    {
        var redactor = new SecretRedactor();
        redactor.Use(secrets.Select(s => new SecretText(s.Name, s.Value)), [], webhookTokens: true);
        return redactor;
    }

}
