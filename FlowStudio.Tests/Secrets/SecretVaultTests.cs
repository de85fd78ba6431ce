using System.Text;
using FlowStudio.Engine.Secrets;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Secrets;

public class SecretVaultTests
{
    const string Canary = "sk-canary-51f0c2";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_variable_is_found_after_it_was_set_and_after_a_restart()
    {
        var fixture = new VaultFixture();
        using (var vault = await fixture.OpenAsync())
        {
            vault.Find("KEY").ShouldBeNull();
            await vault.SetAsync("KEY", Canary, secret: true, Cancel);
            vault.Find("KEY").ShouldBe(Canary);
            vault.Find("key").ShouldBeNull();
        }
        using var again = await fixture.OpenAsync();
        again.Find("KEY").ShouldBe(Canary);
    }

    [Fact]
    public async Task A_replaced_value_is_the_only_one_found()
    {
        var fixture = new VaultFixture();
        using var vault = await fixture.OpenAsync();
        await vault.SetAsync("KEY", "the first value", secret: true, Cancel);
        await vault.SetAsync("KEY", "the second value", secret: false, Cancel);
        vault.Find("KEY").ShouldBe("the second value");
        vault.List().ShouldHaveSingleItem().Kind.ShouldBe(VariableKind.Generic);
        fixture.Memory.All.Count(r => r.Scope == VariableScopes.Variable).ShouldBe(1);
    }

    [Fact]
    public async Task A_deleted_variable_is_gone_and_cannot_be_deleted_twice()
    {
        using var vault = await new VaultFixture().OpenAsync();
        await vault.SetAsync("KEY", Canary, secret: true, Cancel);
        (await vault.DeleteAsync("KEY", Cancel)).ShouldBeTrue();
        vault.Find("KEY").ShouldBeNull();
        (await vault.DeleteAsync("KEY", Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task Rows_hold_no_value_in_the_clear()
    {
        var fixture = new VaultFixture();
        using var vault = await fixture.OpenAsync();
        await vault.SetAsync("KEY", Canary, secret: true, Cancel);
        await vault.SetAsync("PLAIN", Canary, secret: false, Cancel);
        var token = await vault.EnsureWebhookTokenAsync(Guid.CreateVersion7(), Cancel);
        fixture.Memory.All.Count().ShouldBe(4);
        foreach (var row in fixture.Memory.All)
        {
            var text = Encoding.Latin1.GetString(row.Value);
            text.ShouldNotContain(Canary);
            text.ShouldNotContain(token);
            row.Value.AsSpan().IndexOf(vault.SigningKey).ShouldBe(-1);
        }
    }

    [Fact]
    public async Task The_list_shows_generic_values_and_never_a_secret()
    {
        var fixture = new VaultFixture { Environment = { ["OPENAI_API_KEY"] = "sk-environment" } };
        using var vault = await fixture.OpenAsync();
        await vault.SetAsync("zone", "Europe/Berlin", secret: false, Cancel);
        await vault.SetAsync("KEY", Canary, secret: true, Cancel);
        var list = vault.List();
        list.Select(v => v.Name).ShouldBe(["KEY", "OPENAI_API_KEY", "zone"]);
        list.Select(v => v.Value).ShouldBe([null, null, "Europe/Berlin"]);
        list.Select(v => v.Source).ShouldBe([VariableSource.Stored, VariableSource.Environment, VariableSource.Stored]);
        list.ShouldAllBe(v => v.UpdatedAt.HasValue == (v.Source == VariableSource.Stored));
        list.ToString().ShouldNotBeNull();
        string.Join(' ', list).ShouldNotContain(Canary);
        vault.Get("KEY").ShouldBe(list[0]);
        vault.Get("NONE").ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("1st")]
    [InlineData("a-b")]
    [InlineData("ä")]
    public async Task A_bad_name_is_refused(string name)
    {
        using var vault = await new VaultFixture().OpenAsync();
        var problem = await Should.ThrowAsync<VariableException>(() => vault.SetAsync(name, Canary, secret: true, Cancel));
        problem.Code.ShouldBe("invalid_name");
        problem.Message.ShouldNotContain(Canary);
    }

    [Fact]
    public async Task A_value_may_have_64_KiB_and_not_a_byte_more()
    {
        using var vault = await new VaultFixture().OpenAsync();
        await vault.SetAsync("BIG", new string('é', SecretVault.MaxValueBytes / 2), secret: false, Cancel);
        foreach (var tooLarge in (string[])[new string('é', SecretVault.MaxValueBytes / 2) + "x", new string('x', SecretVault.MaxValueBytes + 1)])
            (await Should.ThrowAsync<VariableException>(() => vault.SetAsync("BIG", tooLarge, secret: false, Cancel))).Code.ShouldBe("value_too_large");
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public async Task A_secret_needs_a_value(string value)
    {
        using var vault = await new VaultFixture().OpenAsync();
        (await Should.ThrowAsync<VariableException>(() => vault.SetAsync("KEY", value, secret: true, Cancel))).Code.ShouldBe("invalid_value");
        await vault.SetAsync("KEY", value, secret: false, Cancel);
        vault.Find("KEY").ShouldBe(value);
    }

    [Fact]
    public async Task Half_a_surrogate_pair_is_no_value()
    {
        using var vault = await new VaultFixture().OpenAsync();
        (await Should.ThrowAsync<VariableException>(() => vault.SetAsync("KEY", "half \ud800 a pair", secret: false, Cancel))).Code.ShouldBe("invalid_value");
    }

    [Fact]
    public async Task The_environment_is_read_by_listed_names_and_by_prefix()
    {
        var fixture = new VaultFixture
        {
            Environment =
            {
                ["OPENAI_API_KEY"] = "sk-listed",
                ["HOME"] = "/root",
                ["FLOWSTUDIO_VAR_TEAM"] = "blue team",
                ["FLOWSTUDIO_VAR_no-name"] = "ignored value",
                ["TAVILY_API_KEY"] = "",
            },
        };
        using var vault = await fixture.OpenAsync();
        vault.Find("OPENAI_API_KEY").ShouldBe("sk-listed");
        vault.Find("TEAM").ShouldBe("blue team");
        vault.Find("HOME").ShouldBeNull();
        vault.Find("TAVILY_API_KEY").ShouldBeNull();
        vault.List().Count.ShouldBe(2);
        fixture.Log.Lines.ShouldContain(l => l.Contains("FLOWSTUDIO_VAR_no-name", StringComparison.Ordinal));
        string.Join('\n', fixture.Log.Lines).ShouldNotContain("ignored value");
    }

    [Fact]
    public async Task A_stored_variable_hides_one_of_the_environment_until_it_is_deleted()
    {
        var fixture = new VaultFixture { Environment = { ["OPENAI_API_KEY"] = "sk-environment" } };
        using var vault = await fixture.OpenAsync();
        await vault.SetAsync("OPENAI_API_KEY", "sk-stored", secret: true, Cancel);
        vault.Find("OPENAI_API_KEY").ShouldBe("sk-stored");
        fixture.Redactor.Redact("sk-stored sk-environment").ShouldBe("***OPENAI_API_KEY*** ***OPENAI_API_KEY***");
        await vault.DeleteAsync("OPENAI_API_KEY", Cancel);
        vault.Find("OPENAI_API_KEY").ShouldBe("sk-environment");
        (await vault.DeleteAsync("OPENAI_API_KEY", Cancel)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("https://api.example.org/v1", VariableKind.Generic)]
    [InlineData("https://user:word@api.example.org/v1", VariableKind.Secret)]
    [InlineData("https://api.example.org/v1?key=abc", VariableKind.Secret)]
    [InlineData("no url", VariableKind.Secret)]
    public async Task A_base_URL_of_the_environment_is_an_address_unless_it_holds_a_key(string value, VariableKind kind)
    {
        using var vault = await new VaultFixture { Environment = { ["OPENAI_BASE_URL"] = value } }.OpenAsync();
        vault.List().ShouldHaveSingleItem().Kind.ShouldBe(kind);
    }

    [Fact]
    public async Task After_the_key_ring_is_lost_a_variable_needs_to_be_entered_again()
    {
        var fixture = new VaultFixture { Environment = { ["FLOWSTUDIO_VAR_KEY"] = "sk-environment" } };
        var flow = Guid.CreateVersion7();
        string token;
        byte[] signing;
        using (var before = await fixture.OpenAsync())
        {
            await before.SetAsync("KEY", Canary, secret: true, Cancel);
            token = await before.EnsureWebhookTokenAsync(flow, Cancel);
            signing = before.SigningKey;
        }
        fixture.Protector.LoseKey();
        using var vault = await fixture.OpenAsync();
        vault.Find("KEY").ShouldBeNull();
        var listed = vault.List().ShouldHaveSingleItem();
        listed.NeedsEntry.ShouldBeTrue();
        listed.Source.ShouldBe(VariableSource.Stored);
        vault.FindWebhookToken(flow).ShouldBeNull();
        vault.WebhookTokenMatches(flow, token).ShouldBeFalse();
        vault.SigningKey.ShouldNotBe(signing);
        fixture.Log.Lines.ShouldContain(l => l.StartsWith("2301 Warning The variable KEY", StringComparison.Ordinal));

        await vault.SetAsync("KEY", "entered again", secret: true, Cancel);
        vault.Find("KEY").ShouldBe("entered again");
        vault.List().ShouldHaveSingleItem().NeedsEntry.ShouldBeFalse();
        (await vault.EnsureWebhookTokenAsync(flow, Cancel)).ShouldNotBe(token);
    }

    [Fact]
    public async Task A_value_moved_to_another_name_in_the_database_is_not_used()
    {
        var fixture = new VaultFixture();
        using (var vault = await fixture.OpenAsync())
        {
            await vault.SetAsync("MINE", Canary, secret: true, Cancel);
            await vault.SetAsync("OTHER", "another value", secret: false, Cancel);
        }
        var mine = fixture.Memory.All.Single(r => r.Name == "MINE");
        await fixture.Rows.PutAsync(fixture.Memory.All.Single(r => r.Name == "OTHER") with { Value = mine.Value }, Cancel);
        using var again = await fixture.OpenAsync();
        again.Find("OTHER").ShouldBeNull();
        again.Find("MINE").ShouldBe(Canary);
    }

    [Fact]
    public async Task What_could_not_be_stored_is_not_set()
    {
        var fixture = new VaultFixture();
        using var vault = await fixture.OpenAsync();
        await vault.SetAsync("KEY", "the first value", secret: true, Cancel);
        fixture.Memory.Failure = new Engine.Journal.StorageException("storage_full", "The disk is full.");
        await Should.ThrowAsync<Engine.Journal.StorageException>(() => vault.SetAsync("KEY", "the second value", secret: true, Cancel));
        await Should.ThrowAsync<Engine.Journal.StorageException>(() => vault.DeleteAsync("KEY", Cancel));
        vault.Find("KEY").ShouldBe("the first value");
        fixture.Memory.Failure = null;
        await vault.SetAsync("KEY", "the third value", secret: true, Cancel);
        vault.Find("KEY").ShouldBe("the third value");
    }

    [Fact]
    public async Task A_webhook_token_is_made_once_replaced_by_rotation_and_forgotten()
    {
        var fixture = new VaultFixture();
        using var vault = await fixture.OpenAsync();
        var flow = Guid.CreateVersion7();
        vault.WebhookTokenMatches(flow, "").ShouldBeFalse();
        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => vault.EnsureWebhookTokenAsync(flow, Cancel)));
        var token = made.Distinct().ShouldHaveSingleItem();
        token.ShouldMatch("^wht_[A-Za-z0-9_-]{43}$");
        vault.FindWebhookToken(flow).ShouldBe(token);
        vault.WebhookTokenMatches(flow, token).ShouldBeTrue();
        vault.WebhookTokenMatches(Guid.CreateVersion7(), token).ShouldBeFalse();

        var next = await vault.RotateWebhookTokenAsync(flow, Cancel);
        next.ShouldNotBe(token);
        vault.WebhookTokenMatches(flow, token).ShouldBeFalse();
        vault.WebhookTokenMatches(flow, next).ShouldBeTrue();
        using var again = await fixture.OpenAsync();
        again.WebhookTokenMatches(flow, next).ShouldBeTrue();
        again.SigningKey.ShouldBe(vault.SigningKey);

        (await vault.DeleteWebhookTokenAsync(flow, Cancel)).ShouldBeTrue();
        (await vault.DeleteWebhookTokenAsync(flow, Cancel)).ShouldBeFalse();
        vault.FindWebhookToken(flow).ShouldBeNull();
        vault.WebhookTokenMatches(flow, next).ShouldBeFalse();
        string.Join('\n', fixture.Log.Lines).ShouldNotContain("wht_");
    }

    [Theory]
    [InlineData("")]
    [InlineData("wht_")]
    [InlineData("ä€😀")]
    public async Task A_wrong_token_does_not_match(string given)
    {
        using var vault = await new VaultFixture().OpenAsync();
        var flow = Guid.CreateVersion7();
        var token = await vault.EnsureWebhookTokenAsync(flow, Cancel);
        vault.WebhookTokenMatches(flow, given).ShouldBeFalse();
        vault.WebhookTokenMatches(flow, token + given + "x").ShouldBeFalse();
        vault.WebhookTokenMatches(flow, token + new string('x', 100_000)).ShouldBeFalse();
    }

    [Fact]
    public async Task Checking_a_token_allocates_nothing()
    {
        using var vault = await new VaultFixture().OpenAsync();
        var flow = Guid.CreateVersion7();
        var token = await vault.EnsureWebhookTokenAsync(flow, Cancel);
        vault.WebhookTokenMatches(flow, token).ShouldBeTrue();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            vault.WebhookTokenMatches(flow, token);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);
    }

    [Fact]
    public async Task The_redactor_learns_and_remembers_former_values()
    {
        var fixture = new VaultFixture();
        using var vault = await fixture.OpenAsync();
        fixture.Redactor.IsEmpty.ShouldBeTrue();
        await vault.SetAsync("KEY", "the first value", secret: true, Cancel);
        await vault.SetAsync("KEY", "the second value", secret: true, Cancel);
        fixture.Redactor.Redact("the first value, the second value").ShouldBe("***KEY***, ***KEY***");
        await vault.SetAsync("PLACE", "the first value", secret: false, Cancel);
        fixture.Redactor.Redact("the first value, the second value").ShouldBe("the first value, ***KEY***");
        await vault.DeleteAsync("KEY", Cancel);
        fixture.Redactor.Redact("the second value").ShouldBe("***KEY***");
    }

    [Fact]
    public async Task Many_readers_see_whole_values_while_they_are_replaced()
    {
        using var vault = await new VaultFixture().OpenAsync();
        await vault.SetAsync("KEY", "value 0", secret: true, Cancel);
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var seen = 0;
            while (!stop.IsCancellationRequested)
            {
                var number = int.Parse(vault.Find("KEY").ShouldNotBeNull().AsSpan(6));
                number.ShouldBeGreaterThanOrEqualTo(seen);
                seen = number;
            }
        })).ToArray();
        for (var i = 1; i <= 200; i++)
            await vault.SetAsync("KEY", $"value {i}", secret: true, Cancel);
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        vault.Find("KEY").ShouldBe("value 200");
    }
}
