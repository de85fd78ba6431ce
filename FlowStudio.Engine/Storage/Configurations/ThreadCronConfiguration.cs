using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A <see cref="Threads.ThreadCron"/> as stored; it goes with its schedule, whose id it has.</summary>
sealed class ThreadCronRow
{
    public Guid Id { get; set; }

    public Guid FlowId { get; set; }

    /// <summary>Null: the flow's own.</summary>
    public Guid? AssistantId { get; set; }

    public string? Presets { get; set; }

    public string? Stops { get; set; }

    public Guid? ThreadId { get; set; }

    public bool Keep { get; set; }

    public string Strategy { get; set; } = "";

    public string Request { get; set; } = "{}";

    public string? WebhookUrl { get; set; }

    public string? WebhookKind { get; set; }

    public string RunMetadata { get; set; } = "{}";

    public string ThreadMetadata { get; set; } = "{}";

    public string Metadata { get; set; } = "{}";

    public string Payload { get; set; } = "{}";

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

sealed class ThreadCronConfiguration : IEntityTypeConfiguration<ThreadCronRow>
{
    public void Configure(EntityTypeBuilder<ThreadCronRow> builder)
    {
        builder.ToTable("thread_crons");
        builder.HasKey(c => c.Id);
        builder.HasIndex(c => c.ThreadId, "ix_thread_crons_thread");
    }
}
