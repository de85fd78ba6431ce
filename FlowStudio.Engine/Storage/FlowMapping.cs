using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Storage;

/// <summary>Flows and versions to rows and back.</summary>
static class FlowMapping
{
    /// <summary>What people set; id, revision, live version, owner and times are the store's.</summary>
    public static void Fill(FlowRow row, Flow flow, string draft)
    {
        row.Name = flow.Name;
        row.Description = flow.Description;
        row.EndpointName = flow.EndpointName;
        row.Tags = JsonSerializer.Serialize(flow.Tags, StorageJson.Columns.IReadOnlyListString);
        row.Enabled = flow.Enabled;
        row.WebhookAccess = WebhookAccessNames.Of(flow.WebhookAccess);
        row.Limits = JsonSerializer.Serialize(flow.Limits, StorageJson.Columns.FlowLimits);
        row.CompletionWebhook = flow.CompletionWebhook;
        row.Draft = draft;
        row.ComponentTypes = Types(flow.Draft);
    }

    /// <summary>The types of a document's nodes for their column: lists show and search them without reading documents.</summary>
    public static string Types(FlowDocument document) =>
        JsonSerializer.Serialize([.. document.Nodes.Select(n => n.Type).Distinct(StringComparer.Ordinal)], StorageJson.Columns.IReadOnlyListString);

    /// <summary>A name of a later version means the strictest that this one knows.</summary>
    public static WebhookAccess Access(string column) => WebhookAccessNames.Find(column) ?? WebhookAccess.Signed;

    public static Flow Read(FlowRow row) => new()
    {
        Id = row.Id,
        Name = row.Name,
        Description = row.Description,
        EndpointName = row.EndpointName,
        Tags = JsonSerializer.Deserialize(row.Tags, StorageJson.Columns.IReadOnlyListString) ?? [],
        Enabled = row.Enabled,
        WebhookAccess = Access(row.WebhookAccess),
        Limits = JsonSerializer.Deserialize(row.Limits, StorageJson.Columns.FlowLimits) ?? new(),
        CompletionWebhook = row.CompletionWebhook,
        Draft = FlowJson.Parse(row.Draft),
        DraftRevision = row.DraftRevision,
        LiveVersion = row.LiveVersion,
        OwnerId = row.OwnerId,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
    };

    public static FlowVersion Read(FlowVersionRow row) => new()
    {
        Id = row.Id,
        FlowId = row.FlowId,
        Number = row.Number,
        Hash = row.Hash,
        Document = FlowJson.Parse(row.Document),
        Note = row.Note,
        CreatedAt = row.CreatedAt,
    };

    /// <summary>The identity of a stored document: its text is the canonical form already.</summary>
    public static string Hash(string document) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(document)));
}
