using System.Text;
using FlowStudio.Engine;
using FlowStudio.Engine.Storage;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Secrets;

public sealed class SecretVaultOnDiskTests : IAsyncDisposable
{
    const string Canary = "sk-canary-on-disk-8c41";

    readonly string directory = Directory.CreateTempSubdirectory("flowstudio-vault-").FullName;
    readonly DatabaseStartup startup;
    readonly SqliteConnections connections;
    readonly SqliteWriteLane lane;

    public SecretVaultOnDiskTests()
    {
        var options = new EngineOptions { DataDirectory = directory };
        startup = new(options, NullLogger<DatabaseStartup>.Instance);
        startup.Open();
        connections = new(options);
        lane = new(connections.OpenWriter(), options, NullLogger<SqliteWriteLane>.Instance);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await lane.DisposeAsync();
        connections.Dispose();
        startup.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task What_was_set_rotated_and_deleted_survives_a_restart_and_is_nowhere_in_the_files()
    {
        var fixture = new VaultFixture(new VariableStore(connections, lane));
        var (kept, rotated, forgotten) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        var tokens = new List<string>();
        byte[] key;
        using (var vault = await fixture.OpenAsync())
        {
            await vault.SetAsync("KEY", "former " + Canary, secret: true, Cancel);
            await vault.SetAsync("KEY", Canary, secret: true, Cancel);
            await vault.SetAsync("PLAIN", Canary + " plain", secret: false, Cancel);
            await vault.SetAsync("GONE", Canary + " gone", secret: true, Cancel);
            (await vault.DeleteAsync("GONE", Cancel)).ShouldBeTrue();
            foreach (var flow in (Guid[])[kept, rotated, forgotten])
                tokens.Add(await vault.EnsureWebhookTokenAsync(flow, Cancel));
            tokens.Add(await vault.RotateWebhookTokenAsync(rotated, Cancel));
            (await vault.DeleteWebhookTokenAsync(forgotten, Cancel)).ShouldBeTrue();
            key = vault.SigningKey;
        }

        using var again = await fixture.OpenAsync();
        again.Find("KEY").ShouldBe(Canary);
        again.Find("GONE").ShouldBeNull();
        again.List().Select(v => (v.Name, v.Value)).ShouldBe([("KEY", null), ("PLAIN", Canary + " plain")]);
        again.WebhookTokenMatches(kept, tokens[0]).ShouldBeTrue();
        again.WebhookTokenMatches(rotated, tokens[1]).ShouldBeFalse();
        again.WebhookTokenMatches(rotated, tokens[3]).ShouldBeTrue();
        again.FindWebhookToken(forgotten).ShouldBeNull();
        again.SigningKey.ShouldBe(key);

        var files = Directory.GetFiles(directory, "flowstudio.db*");
        files.Select(Path.GetFileName).ShouldContain("flowstudio.db-wal");
        var sealedRows = 0;
        foreach (var file in files)
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes, Cancel);
            foreach (var canary in (string[])["canary", Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary))[..20], .. tokens])
                bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(canary)).ShouldBe(-1, $"{canary} is in {file}");
            bytes.AsSpan().IndexOf(key).ShouldBe(-1);
            sealedRows += bytes.AsSpan().Count("webhook_token"u8);
        }
        // The sweep looks at the right files: the rows' own names are there.
        sealedRows.ShouldBeGreaterThan(0);
    }
}
