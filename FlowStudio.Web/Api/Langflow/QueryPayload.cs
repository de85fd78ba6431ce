using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>
/// The payload of calls that have no body: their query, as an object of texts; a name that came more than once has a list. All of it but what opened this
/// webhook: a sender's own token (Meta's <c>hub.verify_token</c>) is for the flow to check. Where calls must be signed it is empty: a signature covers the
/// body alone, so that whoever has seen one could put anything into the query.
/// </summary>
static class QueryPayload
{
    /// <summary>Whether a call by this method may do without a body.</summary>
    public static bool Stands(string method) => !HttpMethods.IsPost(method) && !HttpMethods.IsPut(method) && !HttpMethods.IsPatch(method);

    public static JsonElement Of(HttpRequest request, WebhookAccess access) => access is WebhookAccess.Signed ? JsonText.EmptyObject : JsonText.Element((request.Query, access), static (json, s) =>
    {
        json.WriteStartObject();
        foreach (var (name, values) in s.Query)
        {
            if (IsProof(name, s.access))
                continue;
            json.WritePropertyName(name);
            if (values.Count == 1)
            {
                json.WriteStringValue(values[0]);
                continue;
            }
            json.WriteStartArray();
            foreach (var value in values)
                json.WriteStringValue(value);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    });

    static bool IsProof(string name, WebhookAccess access) => access switch
    {
        WebhookAccess.Token => name.Equals("token", StringComparison.OrdinalIgnoreCase),
        WebhookAccess.ApiKey => name.Equals(ApiKeyHeaders.HeaderName, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
