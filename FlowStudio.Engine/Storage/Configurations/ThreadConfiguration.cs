using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A session of one flow.</summary>
sealed class ThreadRow
{
    public Guid Id { get; set; }

    public Guid FlowId { get; set; }

    public string? ExternalKey { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

sealed class ThreadConfiguration : IEntityTypeConfiguration<ThreadRow>
{
    public void Configure(EntityTypeBuilder<ThreadRow> builder)
    {
        builder.ToTable("threads");
        builder.HasKey(t => t.Id);
        builder.HasIndex(t => new { t.FlowId, t.ExternalKey }, "ux_threads_external_key").IsUnique();
    }
}
