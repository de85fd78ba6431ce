using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A <see cref="Callbacks.Delivery"/> as stored. The journal writes new ones with prepared commands; this class gives them their columns.</summary>
sealed class DeliveryRow
{
    public Guid Id { get; set; }

    public Guid RunId { get; set; }

    public Guid FlowId { get; set; }

    public string Source { get; set; } = "";

    public string Kind { get; set; } = "";

    /// <summary>See <see cref="Runs.CallbackUrl.Endpoint"/>.</summary>
    public string Endpoint { get; set; } = "";

    public string Url { get; set; } = "";

    public string? Context { get; set; }

    public string Status { get; set; } = "";

    public int Attempts { get; set; }

    public int Tries { get; set; }

    public DateTimeOffset? DueAt { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }
}

sealed class DeliveryConfiguration : IEntityTypeConfiguration<DeliveryRow>
{
    /// <summary>See <see cref="RunConfiguration.Unfinished"/>.</summary>
    public const string Pending = "status='pending'";

    public void Configure(EntityTypeBuilder<DeliveryRow> builder)
    {
        builder.ToTable("deliveries");
        builder.HasKey(d => d.Id);
        builder.HasIndex(d => new { d.RunId, d.Id }, "ix_deliveries_run");
        builder.HasIndex(d => new { d.FlowId, d.Id }, "ix_deliveries_flow");
        builder.HasIndex(d => new { d.Status, d.Id }, "ix_deliveries_status");
        // What waits, by receiver: found without looking at what another receiver has waiting, however much that is.
        builder.HasIndex(d => new { d.Endpoint, d.DueAt, d.Status }, "ix_deliveries_due").HasFilter(Pending);
    }
}
