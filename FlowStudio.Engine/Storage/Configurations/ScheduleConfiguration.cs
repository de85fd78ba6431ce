using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A <see cref="Schedules.Schedule"/> as stored; its input is JSON.</summary>
sealed class ScheduleRow
{
    public Guid Id { get; set; }

    public Guid FlowId { get; set; }

    public string Name { get; set; } = "";

    public string Cron { get; set; } = "";

    public string Zone { get; set; } = "";

    public string Input { get; set; } = "";

    public string Misfire { get; set; } = "";

    public string Overlap { get; set; } = "";

    public bool Paused { get; set; }

    /// <summary>See <see cref="Schedules.Schedule.CompletionWebhook"/>.</summary>
    public string? CompletionWebhook { get; set; }

    public DateTimeOffset? EndAt { get; set; }

    public string? Target { get; set; }

    public DateTimeOffset? NextAt { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

sealed class ScheduleConfiguration : IEntityTypeConfiguration<ScheduleRow>
{
    public void Configure(EntityTypeBuilder<ScheduleRow> builder)
    {
        builder.ToTable("schedules");
        builder.HasKey(s => s.Id);
        builder.Property(s => s.Name).UseCollation("NOCASE");
        builder.HasIndex(s => new { s.Name, s.Id }, "ix_schedules_name");
        builder.HasIndex(s => new { s.FlowId, s.NextAt }, "ix_schedules_flow");
    }
}
