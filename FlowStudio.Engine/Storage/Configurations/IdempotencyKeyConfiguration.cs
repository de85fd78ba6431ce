using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A caller's key, what it must agree with, and the run it made.</summary>
sealed class IdempotencyKeyRow
{
    public Guid FlowId { get; set; }

    public string Key { get; set; } = "";

    public byte[] BodyHash { get; set; } = [];

    public Guid RunId { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

sealed class IdempotencyKeyConfiguration : IEntityTypeConfiguration<IdempotencyKeyRow>
{
    public void Configure(EntityTypeBuilder<IdempotencyKeyRow> builder)
    {
        builder.ToTable("idempotency_keys");
        builder.HasKey(k => new { k.FlowId, k.Key });
        builder.HasIndex(k => k.CreatedAt, "ix_idempotency_keys_age");
    }
}
