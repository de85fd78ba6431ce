using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A <see cref="Schedules.ScheduleFire"/> as stored. Its key is what keeps a time from having two runs; the journal writes the line with the run.</summary>
sealed class ScheduleFireRow
{
    public Guid ScheduleId { get; set; }

    public DateTimeOffset ScheduledAt { get; set; }

    public DateTimeOffset At { get; set; }

    public string Outcome { get; set; } = "";

    public bool Manual { get; set; }

    public Guid? RunId { get; set; }

    public string? Code { get; set; }

    public string? Reason { get; set; }
}

sealed class ScheduleFireConfiguration : IEntityTypeConfiguration<ScheduleFireRow>
{
    /// <summary>See <see cref="RunConfiguration.Unfinished"/>.</summary>
    public const string Waiting = "outcome = 'waiting'";

    public void Configure(EntityTypeBuilder<ScheduleFireRow> builder)
    {
        builder.ToTable("schedule_fires");
        builder.HasKey(f => new { f.ScheduleId, f.ScheduledAt });
        builder.HasIndex(f => new { f.Outcome, f.ScheduleId, f.ScheduledAt }, "ix_schedule_fires_waiting").HasFilter(Waiting);
    }
}
