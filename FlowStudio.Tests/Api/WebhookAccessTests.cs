using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Security;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary>Webhooks that ask for an API key, or for a signature.</summary>
public sealed class WebhookAccessTests(StudioServer server) : IClassFixture<StudioServer>
{
    const string Body = """{"order":{"id":4711},"name":"Zoë 🙂"}""";

    [Fact]
    public async Task A_webhook_that_asks_for_a_key_takes_it_from_the_header_or_the_query()
    {
        var flow = await server.AddFlowAsync("keyed", access: "api_key");
        var key = (await server.Get<ApiKeys>().CreateAsync("caller", CancellationToken.None)).Key;
        using var header = await server.PostWebhookAsync("keyed", Body, ("x-api-key", key));
        var run = await server.EndOfAsync(await StudioServer.RunIdAsync(header));
        run.GetProperty("status").GetString().ShouldBe("succeeded");
        using var query = await server.PostWebhookAsync($"keyed?x-api-key={key}", Body);
        query.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        // As in Langflow, the header wins.
        using var both = await server.PostWebhookAsync($"keyed?x-api-key={key}", Body, ("x-api-key", "fsk_wrong"));
        await ShouldBeRefusedAsync(both, 403, "Invalid API key");
        using var missing = await server.PostWebhookAsync("keyed", Body);
        await ShouldBeRefusedAsync(missing, 403, "API key required when webhook authentication is enabled");
        using var token = await server.PostWebhookAsync("keyed", Body, ("X-Webhook-Token", await server.Get<SecretVault>().EnsureWebhookTokenAsync(flow, CancellationToken.None)));
        await ShouldBeRefusedAsync(token, 403, "API key required when webhook authentication is enabled");
        server.Get<RefusedCalls>().Of(flow).Select(c => (c.Status, c.Reason)).ShouldBe([(403, "no API key"), (403, "no API key"), (403, "wrong API key")]);
        server.Get<ApiKeys>().List().Single(k => k.Name == "caller").LastUsedAt.ShouldNotBeNull();
        (await server.GetJsonAsync($"/v1/runs/{run.GetProperty("id")}")).GetRawText().ShouldNotContain(key);

        using var status = await server.Client.GetAsync(new Uri((await StudioServer.JsonAsync(header)).GetProperty("status_url").GetString()!));
        status.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var stranger = await server.Client.GetAsync($"/api/v1/webhook/keyed/runs/{run.GetProperty("id")}");
        stranger.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_webhook_that_asks_for_a_signature_takes_one_by_Standard_Webhooks()
    {
        var flow = await server.AddFlowAsync("signed", access: "signed");
        var secret = await SecretAsync("signed");
        secret.ShouldBe(server.Get<FlowSecrets>().Find(FlowSecretKind.Signing, flow));
        using var right = await server.PostWebhookAsync("signed", Body, Sign(secret, Body));
        (await server.EndOfAsync(await StudioServer.RunIdAsync(right))).GetProperty("status").GetString().ShouldBe("succeeded");

        using var other = await server.PostWebhookAsync("signed", Body + " ", Sign(secret, Body));
        await ShouldBeUnsignedAsync(other, "wrong signature");
        using var unsigned = await server.PostWebhookAsync("signed", Body);
        await ShouldBeUnsignedAsync(unsigned, "no signature");
        using var late = await server.PostWebhookAsync("signed", Body, Sign(secret, Body, age: TimeSpan.FromMinutes(6)));
        await ShouldBeUnsignedAsync(late, "signed too long ago");
        using var early = await server.PostWebhookAsync("signed", Body, Sign(secret, Body, age: TimeSpan.FromMinutes(-6)));
        await ShouldBeUnsignedAsync(early, "signed in the future");
        using var within = await server.PostWebhookAsync("signed", Body, Sign(secret, Body, age: TimeSpan.FromMinutes(4)));
        within.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        server.Get<RefusedCalls>().Of(flow).Select(c => c.Reason).ShouldBe(["signed in the future", "signed too long ago", "no signature", "wrong signature"]);

        using var rotated = await server.PostAsync("/v1/flows/signed/webhook-signing-secret", []);
        rotated.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var former = await server.PostWebhookAsync("signed", Body, Sign(secret, Body));
        await ShouldBeUnsignedAsync(former, "wrong signature");
        using var two = await server.PostWebhookAsync("signed", Body, Both(Sign(secret, Body, id: "msg_two"), Sign(await SecretAsync("signed"), Body, id: "msg_two")));
        two.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task The_senders_retry_is_the_same_run()
    {
        await server.AddFlowAsync("retried", access: "signed");
        var secret = await SecretAsync("retried");
        using var first = await server.PostWebhookAsync("retried", Body, Sign(secret, Body, id: "msg_once"));
        using var again = await server.PostWebhookAsync("retried", Body, Sign(secret, Body, id: "msg_once", age: TimeSpan.FromMinutes(1)));
        (await StudioServer.RunIdAsync(again)).ShouldBe(await StudioServer.RunIdAsync(first));
        using var next = await server.PostWebhookAsync("retried", Body, Sign(secret, Body, id: "msg_twice"));
        (await StudioServer.RunIdAsync(next)).ShouldNotBe(await StudioServer.RunIdAsync(first));
    }

    [Theory]
    [InlineData("webhook-timestamp", "")]
    [InlineData("webhook-timestamp", "soon")]
    [InlineData("webhook-timestamp", "-1")]
    [InlineData("webhook-timestamp", "9223372036854775807")]
    [InlineData("webhook-timestamp", "99999999999999999999")]
    [InlineData("webhook-id", "")]
    [InlineData("webhook-signature", "v1,")]
    [InlineData("webhook-signature", "v1,AAAA")]
    [InlineData("webhook-signature", "v1,%%%")]
    [InlineData("webhook-signature", "v2,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("webhook-signature", "v1a,AAAA    v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("webhook-signature", "nonsense")]
    public async Task A_signature_that_is_none_is_refused(string name, string value)
    {
        var flow = $"odd-{Guid.CreateVersion7():N}";
        await server.AddFlowAsync(flow, access: "signed");
        var headers = Sign(await SecretAsync(flow), Body).Select(h => h.Name == name ? (name, value) : h).ToArray();
        using var response = await server.PostWebhookAsync(flow, Body, headers);
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task GitHubs_signature_will_do()
    {
        await server.AddFlowAsync("github", access: "signed");
        var secret = await SecretAsync("github");
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(Body)));
        using var right = await server.PostWebhookAsync("github", Body, ("X-Hub-Signature-256", $"sha256={signature}"), ("X-GitHub-Event", "push"));
        right.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        foreach (var wrong in new[] { $"sha256={signature[..^2]}0x", $"sha256={signature[..^2]}", $"sha1={signature}", signature, "sha256=", new string('a', 71) })
        {
            using var refused = await server.PostWebhookAsync("github", Body, ("X-Hub-Signature-256", wrong));
            await ShouldBeUnsignedAsync(refused, "wrong signature");
        }
    }

    [Fact]
    public async Task A_stranger_does_not_learn_what_is_in_a_signed_flow()
    {
        await server.AddFlowAsync("bare", new FlowBuilder().Node("in", "ChatInput").Node("out", "ChatOutput").Edge("in.message", "out.input_value").Build(), access: "signed");
        using var stranger = await server.PostWebhookAsync("bare", Body);
        stranger.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var empty = await server.PostWebhookAsync("bare", "");
        empty.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var known = await server.PostWebhookAsync("bare", Body, Sign(await SecretAsync("bare"), Body));
        known.StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Theory]
    [InlineData("\"everyone\"")]
    [InlineData("\"API_KEY\"")]
    [InlineData("7")]
    public async Task There_is_no_other_access(string access)
    {
        using var response = await server.PostAsync("/v1/flows", Encoding.UTF8.GetBytes($$"""{"name":"x","access":{{access}}}"""));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain("'access' must be");
    }

    async Task<string> SecretAsync(string flow) =>
        (await server.GetJsonAsync($"/v1/flows/{flow}/webhook-signing-secret")).GetProperty("secret").GetString().ShouldNotBeNull();

    /// <summary>As the specification has it, without the server's own code.</summary>
    static (string Name, string Value)[] Sign(string secret, string body, string? id = null, TimeSpan age = default)
    {
        id ??= $"msg_{Guid.CreateVersion7():N}";
        var timestamp = (TimeProvider.System.GetUtcNow() - age).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}"));
        return [("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", $"v1,{Convert.ToBase64String(signature)}")];
    }

    /// <summary>As a sender does it that changes its secret: the call has both signatures.</summary>
    static (string Name, string Value)[] Both((string Name, string Value)[] former, (string Name, string Value)[] latter) =>
        [latter[0], latter[1], ("webhook-signature", $"{former[2].Value} {latter[2].Value}")];

    static async Task ShouldBeRefusedAsync(HttpResponseMessage response, int status, string detail)
    {
        ((int)response.StatusCode).ShouldBe(status);
        (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldBe(detail);
    }

    static async Task ShouldBeUnsignedAsync(HttpResponseMessage response, string fault)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldStartWith($"Invalid or missing signature: {fault}.");
    }
}
