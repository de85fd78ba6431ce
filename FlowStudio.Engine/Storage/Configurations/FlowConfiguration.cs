using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A flow with its draft; tags, limits and draft are JSON.</summary>
sealed class FlowRow
{
    public Guid Id { get; set; }

    public string Name { get; set; } = "";

    public string Description { get; set; } = "";

    public string? EndpointName { get; set; }

    public string Tags { get; set; } = "[]";

    public bool Enabled { get; set; }

    public string WebhookAccess { get; set; } = "";

    public string Limits { get; set; } = "{}";

    /// <summary>See <see cref="Flows.Flow.CompletionWebhook"/>.</summary>
    public string? CompletionWebhook { get; set; }

    public string Draft { get; set; } = "";

    /// <summary>The types of the draft's nodes, as a JSON list; see <see cref="FlowMapping.Types"/>.</summary>
    public string ComponentTypes { get; set; } = "[]";

    public int DraftRevision { get; set; }

    public int? LiveVersion { get; set; }

    public string? OwnerId { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

sealed class FlowConfiguration : IEntityTypeConfiguration<FlowRow>
{
    public void Configure(EntityTypeBuilder<FlowRow> builder)
    {
        builder.ToTable("flows");
        builder.HasKey(f => f.Id);
        builder.Property(f => f.Name).UseCollation("NOCASE");
        builder.Property(f => f.ComponentTypes).HasDefaultValue("[]");
        builder.HasIndex(f => f.EndpointName, "ux_flows_endpoint_name").IsUnique();
        builder.HasIndex(f => new { f.Name, f.Id }, "ix_flows_name");
    }
}
