using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Bins;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using Microsoft.AspNetCore.WebUtilities;

namespace FlowStudio.Web.Studio.Editor.Round;

/// <summary>What a completion webhook brought to its receiver.</summary>
/// <param name="TokenArrived">The query of the address came as it was given; null when the address has none.</param>
/// <param name="Signed">The signature is that of the flow's secret over this very body.</param>
public sealed record Told(BinRequest Request, JsonElement Body, bool? TokenArrived, bool Signed);

/// <summary>
/// The whole way of a payment: an event to the flow's webhook, a run, and the completion webhook in one of this server's own request bins. Starts a run as a
/// caller does, and checks what comes out at the other end as a receiver should.
/// </summary>
public sealed class RoundTrip(IFlowStore flows, IRunIntake intake, IRunControl control, IRunStore store, IBinStore bins, CompletionWebhooks webhooks, TimeProvider time)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Whether a flow has both ends: a webhook with a sample of what comes in, and a bin that is told.</summary>
    public static bool Fits(Flow flow) => BinOf(flow) is not null && Sample(flow.Draft) is not null;

    /// <summary>The bin that the flow's completion webhook goes to; null when it goes elsewhere or nowhere.</summary>
    public static string? BinOf(Flow flow) =>
        flow.CompletionWebhook is { } url && url.StartsWith(CallbackUrl.Bins + "/", StringComparison.Ordinal) ? url[(CallbackUrl.Bins.Length + 1)..].Split('/', '?', '#')[0] : null;

    /// <summary>The sample of the first Webhook; null when there is none, or none that is JSON.</summary>
    public static JsonElement? Sample(FlowDocument document)
    {
        var node = document.Nodes.FirstOrDefault(n => n is { Type: WebhookDoor.Component, Disabled: false } && n.Settings.ContainsKey("data"));
        return node?.Settings["data"] is { ValueKind: JsonValueKind.String } text && JsonCheck.TryParse(Encoding.UTF8.GetBytes(text.GetString() ?? ""), out var sample, out _) ? sample : null;
    }

    /// <summary>Sends the sample as the webhook's caller would: the run, or why there is none.</summary>
    public async Task<Started> StartAsync(Guid flowId, CancellationToken cancellationToken)
    {
        if (await flows.ResolveAsync(flowId.ToString(), draft: false, cancellationToken) is not { } runnable)
            return new(null, "The flow does not exist any more.");
        if (Sample(runnable.Version.Document) is not { } sample)
            return new(null, "What a call runs has no Webhook with a sample payload. Give it one, or publish the draft that has it.");
        var result = await intake.StartAsync(
            new RunRequest { Flow = runnable, Trigger = RunTrigger.Webhook, Input = sample, Call = new CallDetails(runnable.Webhook.Allowed is [var only] ? only : WebhookDoor.DefaultMethod, [], []) },
            cancellationToken);
        return result.Outcome is IntakeOutcome.Accepted or IntakeOutcome.Repeated ? new(result.RunId, null) : new(null, RunStarter.Words(result));
    }

    /// <summary>The run when it has ended, with what it gave; null when it has not within a minute.</summary>
    public async Task<RunDetails?> EndAsync(Guid runId, CancellationToken cancellationToken) =>
        await control.WaitForEndAsync(runId, Patience, cancellationToken) is { } run && RunNames.IsFinal(run.Status) ? await store.FindDetailsAsync(runId, cancellationToken) : null;

    /// <summary>What the bin caught of a run's end; null when nothing came within a minute.</summary>
    public async Task<Told?> CaughtAsync(Flow flow, Guid runId, CancellationToken cancellationToken)
    {
        if (BinOf(flow) is not { } bin)
            return null;
        var caught = new TaskCompletionSource<BinRequest>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(BinRequest request)
        {
            if (request.Bin == bin && RunOf(request) == runId)
                caught.TrySetResult(request);
        }
        // Watched first, so that nothing comes between looking and waiting.
        bins.Caught += Look;
        try
        {
            foreach (var request in await bins.ListAsync(bin, 100, cancellationToken))
                Look(request);
            await caught.Task.WaitAsync(Patience, time, cancellationToken);
            return await CheckAsync(flow, await caught.Task, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            bins.Caught -= Look;
        }
    }

    /// <summary>What a receiver checks: that the token is the one it gave out, and that nobody else wrote the message.</summary>
    async Task<Told> CheckAsync(Flow flow, BinRequest request, CancellationToken cancellationToken)
    {
        var url = flow.CompletionWebhook ?? "";
        var mark = url.IndexOf('?', StringComparison.Ordinal);
        var secret = await webhooks.Secrets.FindAsync(flow.Id, cancellationToken);
        return new(request, JsonText.Parse(request.Body), mark < 0 ? null : IsSame(url[(mark + 1)..], request.Query), secret is not null && IsSigned(request, secret.Current));
    }

    static bool IsSame(string given, string arrived) =>
        QueryHelpers.ParseQuery(given) is var sent && QueryHelpers.ParseQuery(arrived) is var got && sent.Count == got.Count
            && sent.All(q => got.TryGetValue(q.Key, out var values) && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(q.Value.ToString()), Encoding.UTF8.GetBytes(values.ToString())));

    static bool IsSigned(BinRequest request, string secret)
    {
        if (Header(request, WebhookSignature.IdHeader) is not { } id || Header(request, WebhookSignature.SignatureHeader) is not { } signatures
            || !long.TryParse(Header(request, WebhookSignature.TimestampHeader), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return false;
        var right = Encoding.ASCII.GetBytes(WebhookSignature.Sign(id, DateTimeOffset.FromUnixTimeSeconds(seconds), request.Body, secret));
        return signatures.Split(' ').Any(s => CryptographicOperations.FixedTimeEquals(right, Encoding.UTF8.GetBytes(s)));
    }

    static string? Header(BinRequest request, string name) => request.Headers.FirstOrDefault(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    static Guid? RunOf(BinRequest request) =>
        JsonCheck.TryParse(request.Body, out var body, out _) && body.ValueKind is JsonValueKind.Object && body.TryGetProperty("run_id", out var id)
            && id.ValueKind is JsonValueKind.String && id.TryGetGuid(out var run) ? run : null;
}
