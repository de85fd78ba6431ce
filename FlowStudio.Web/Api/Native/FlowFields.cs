using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api.Native;

/// <summary>What may be set of a flow, from JSON that anyone may have written.</summary>
static class FlowFields
{
    const int MaxName = 200;
    const int MaxDescription = 10_000;

    static readonly string[] Settable = ["name", "description", "endpoint_name", "tags", "enabled", "access", "limits", "completion_webhook", "document"];

    /// <summary>What the API itself gives with a flow or a file: read, changed and sent back, it is passed over.</summary>
    static readonly string[] Given = ["id", "draft_revision", "live_version", "created_at", "updated_at", "format", "schema"];

    static readonly string[] Limits = ["run_timeout", "max_concurrent_runs", "retries", "keep_days", "keep_runs"];

    /// <summary>The flow with what the body sets.</summary>
    /// <param name="isNew">Whether a name must be given.</param>
    /// <param name="callbacks">Reads the completion webhook; without it, as of a file, the flow keeps its own.</param>
    /// <exception cref="ApiException">Something is wrong with the body; the message has it all.</exception>
    public static Flow Apply(JsonElement body, Flow flow, bool isNew, CallbackFields? callbacks = null)
    {
        var fields = new BodyFields(body, "a flow", [.. Settable, .. Given]);
        var name = fields.Text("name", MaxName, required: isNew || fields.Has("name"));
        var description = fields.Text("description", MaxDescription);
        var tags = fields.Texts("tags", maxCount: 50, maxLength: 50);
        var enabled = fields.Flag("enabled");
        var access = Access(fields);
        var endpoint = Endpoint(fields, flow.EndpointName);
        var limits = ReadLimits(fields, flow.Limits);
        var document = Document(fields, flow.Draft);
        var webhook = callbacks is null ? flow.CompletionWebhook : callbacks.Read(fields, "completion_webhook", flow.CompletionWebhook);
        fields.Done();
        return flow with
        {
            Name = name ?? flow.Name,
            Description = description ?? flow.Description,
            EndpointName = endpoint,
            Tags = tags ?? flow.Tags,
            Enabled = enabled ?? flow.Enabled,
            WebhookAccess = access ?? flow.WebhookAccess,
            Limits = limits,
            CompletionWebhook = webhook,
            Draft = document,
        };
    }

    /// <summary>The document that a body is or has.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static FlowDocument ReadDocument(JsonElement body) =>
        Parse(body.ValueKind is JsonValueKind.Object && body.TryGetProperty("document", out var inner) ? inner : body);

    static FlowDocument Parse(JsonElement document)
    {
        try
        {
            return FlowJson.Parse(JsonText.Utf8(document));
        }
        catch (FlowFormatException e)
        {
            throw ApiException.BadRequest("invalid_document", e.Message);
        }
    }

    static FlowDocument Document(BodyFields fields, FlowDocument otherwise)
    {
        if (fields.Json("document") is not { } document)
            return otherwise;
        try
        {
            return Parse(document);
        }
        catch (ApiException e)
        {
            fields.Add(e.Message);
            return otherwise;
        }
    }

    static WebhookAccess? Access(BodyFields fields)
    {
        if (fields.Text("access", maxLength: 20) is not { } name)
            return null;
        var access = WebhookAccessNames.Find(name);
        if (access is null)
            fields.Add($"'access' must be {WebhookAccessNames.Known}.");
        return access;
    }

    static string? Endpoint(BodyFields fields, string? otherwise)
    {
        if (!fields.Has("endpoint_name"))
            return otherwise;
        var name = fields.Text("endpoint_name", FlowNames.MaxLength);
        if (string.IsNullOrEmpty(name))
            return null;
        if (FlowNames.Refuse(name) is { } reason)
            fields.Add(reason);
        return name;
    }

    static FlowLimits ReadLimits(BodyFields fields, FlowLimits otherwise)
    {
        if (fields.Object("limits", Limits) is not { } limits)
            return fields.Has("limits") ? new FlowLimits() : otherwise;
        var read = new FlowLimits
        {
            RunTimeout = limits.Number("run_timeout", 1, 604_800),
            MaxConcurrentRuns = limits.Integer("max_concurrent_runs", 1, 10_000),
            Retries = limits.Integer("retries", 0, 20),
            KeepDays = limits.Number("keep_days", 0.01, 36_500),
            KeepRuns = limits.Integer("keep_runs", 1, 1_000_000_000),
        };
        fields.AddFrom(limits);
        return read;
    }
}
