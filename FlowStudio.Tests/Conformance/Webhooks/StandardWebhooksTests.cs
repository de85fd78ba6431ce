using System.Text.Json;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Tests.Api;
using FlowStudio.Tests.Callbacks;
using FlowStudio.Tests.Conformance.LangGraph;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Conformance.Webhooks;

/// <summary>Completion webhooks as the receivers' own library sees them (standardwebhooks, from npm, in a Node process).</summary>
public sealed class StandardWebhooksTests(StudioServer server) : IClassFixture<StudioServer>
{
    [Fact]
    public async Task The_library_of_the_specification_accepts_what_is_sent_and_nothing_else()
    {
        await using var receiver = await Receiver.StartAsync();
        var flow = await server.AddFlowAsync("signed", more: new { completion_webhook = receiver.Url() });
        var run = await StudioServer.RunIdAsync(await server.PostWebhookAsync("signed", """{"text":"Zoë O'Hara 🙂 \"x\""}"""));
        await receiver.UntilAsync(1);
        var call = receiver.Calls.First();
        var secret = (await server.Get<CompletionWebhooks>().Secrets.FindAsync(flow, CancellationToken.None)).ShouldNotBeNull();

        var accepted = await VerifyAsync(call.Headers, call.Body, secret.Current);
        accepted.GetProperty("payload").GetProperty("run_id").GetGuid().ShouldBe(run);
        accepted.GetProperty("payload").GetProperty("type").GetString().ShouldBe("run.completed");

        (await VerifyAsync(call.Headers, [.. call.Body, (byte)' '], secret.Current)).TryGetProperty("refused", out _).ShouldBeTrue();
        var other = "whsec_" + Convert.ToBase64String(new byte[32]);
        (await VerifyAsync(call.Headers, call.Body, other)).TryGetProperty("refused", out _).ShouldBeTrue();

        // While a new secret takes over, receivers with either are served.
        var rotated = await server.Get<CompletionWebhooks>().Secrets.RotateAsync(flow, CancellationToken.None);
        await StudioServer.RunIdAsync(await server.PostWebhookAsync("signed", "{}"));
        await receiver.UntilAsync(2);
        foreach (var live in new[] { rotated.Current, secret.Current })
            (await VerifyAsync(receiver.Calls.Last().Headers, receiver.Calls.Last().Body, live)).TryGetProperty("payload", out _).ShouldBeTrue();
    }

    static async Task<JsonElement> VerifyAsync(IReadOnlyDictionary<string, string> headers, byte[] body, string secret) =>
        JsonDocument.Parse(await NodeClients.RunAsync("webhooks.mjs", JsonSerializer.Serialize(new { headers, body = Convert.ToBase64String(body), secret }))).RootElement;
}
