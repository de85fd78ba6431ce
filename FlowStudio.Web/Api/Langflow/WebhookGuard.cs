using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>Who may call a flow's webhook, by the flow's own setting.</summary>
sealed class WebhookGuard(SecretVault vault, ApiKeys keys, FlowSecrets secrets, TimeProvider time)
{
    const string SignatureHelp = "Invalid or missing signature: {0}. Sign the call with the flow's secret by Standard Webhooks (webhook-id, webhook-timestamp, " +
        "webhook-signature) or as GitHub does (X-Hub-Signature-256); the flow's API tab shows how.";

    /// <summary>Why the call is not taken, as far as its headers and address tell; null when they are as they should be.</summary>
    public WebhookRefusal? Refuse(HttpRequest request, Flow flow) => flow.WebhookAccess switch
    {
        WebhookAccess.Token => RefuseToken(request, flow.Id),
        WebhookAccess.ApiKey => RefuseKey(request),
        _ => null,
    };

    /// <summary>Why a call with this body is not taken; null when it need not be signed, or is.</summary>
    public WebhookRefusal? RefuseBody(HttpRequest request, Flow flow, ReadOnlySpan<byte> body)
    {
        if (flow.WebhookAccess is not WebhookAccess.Signed)
            return null;
        var fault = CallSignature.Fault(request.Headers, secrets.Find(FlowSecretKind.Signing, flow.Id), body, time.GetUtcNow());
        return fault is null ? null
            : new(StatusCodes.Status401Unauthorized, string.Format(System.Globalization.CultureInfo.InvariantCulture, SignatureHelp, fault), fault);
    }

    WebhookRefusal? RefuseToken(HttpRequest request, Guid flowId)
    {
        // The header is preferred: an address ends up in logs and histories.
        string? token = request.Headers["X-Webhook-Token"];
        if (string.IsNullOrEmpty(token) && request.QueryString.HasValue)
            token = request.Query["token"];
        if (!string.IsNullOrEmpty(token) && vault.WebhookTokenMatches(flowId, token))
            return null;
        return new(StatusCodes.Status401Unauthorized,
            "Invalid or missing webhook token. Send the flow's token as X-Webhook-Token, or as ?token= in the address; the flow's API tab shows it.",
            string.IsNullOrEmpty(token) ? "no token" : "wrong token");
    }

    /// <summary>Langflow's words, letter for letter; the header wins over the query, as there.</summary>
    WebhookRefusal? RefuseKey(HttpRequest request)
    {
        if ((ApiKeyHeaders.Header(request) ?? ApiKeyHeaders.Query(request)) is not { } key)
            return new(StatusCodes.Status403Forbidden, "API key required when webhook authentication is enabled", "no API key");
        return keys.Use(key) ? null : new(StatusCodes.Status403Forbidden, "Invalid API key", "wrong API key");
    }
}
