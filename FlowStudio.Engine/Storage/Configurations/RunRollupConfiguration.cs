using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>What the runs of a flow that ended within a minute or an hour add up to; the empty id stands for all flows together.</summary>
sealed class RunRollupRow
{
    /// <summary>Seconds that the row covers: 60 or 3,600.</summary>
    public int Step { get; set; }

    public Guid FlowId { get; set; }

    /// <summary>When they begin, in seconds since the Unix epoch.</summary>
    public long At { get; set; }

    public long Succeeded { get; set; }

    public long Failed { get; set; }

    public long Canceled { get; set; }

    public long TimedOut { get; set; }

    public long TokensIn { get; set; }

    public long TokensOut { get; set; }

    /// <summary>See <see cref="Runs.DurationHistogram"/>.</summary>
    public byte[] Durations { get; set; } = [];
}

sealed class RunRollupConfiguration : IEntityTypeConfiguration<RunRollupRow>
{
    public void Configure(EntityTypeBuilder<RunRollupRow> builder)
    {
        builder.ToTable("run_rollups");
        builder.HasKey(r => new { r.Step, r.FlowId, r.At });
        builder.HasIndex(r => new { r.Step, r.At }, "ix_run_rollups_age");
    }
}
