using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A run as lists show it. The journal writes these rows with prepared commands; this class gives them their columns.</summary>
sealed class RunRow
{
    public Guid Id { get; set; }

    public Guid FlowId { get; set; }

    public Guid FlowVersionId { get; set; }

    public int? FlowVersion { get; set; }

    public string Status { get; set; } = "";

    public string Trigger { get; set; } = "";

    public Guid ThreadId { get; set; }

    public Guid? ReplayOf { get; set; }

    public Guid RootRunId { get; set; }

    /// <summary>See <see cref="Runs.Run.ParentRunId"/>.</summary>
    public Guid? ParentRunId { get; set; }

    public int Depth { get; set; }

    /// <summary>What a run with a parent stands for: see <see cref="Execution.ParentStep.Key"/>.</summary>
    public Guid? ChildKey { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    public DateTimeOffset? WakeAt { get; set; }

    /// <summary>Crashes in a row that found it in flight.</summary>
    public int Crashes { get; set; }

    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public string? ErrorNode { get; set; }

    public string? ErrorRemedy { get; set; }

    public string? ResultPreview { get; set; }

    /// <summary>In what order runs ended, as the database has it: set with the end, never twice the same. What is derived from history follows it.</summary>
    public long? EndedSeq { get; set; }

    public long TokensIn { get; set; }

    public long TokensOut { get; set; }
}

sealed class RunConfiguration : IEntityTypeConfiguration<RunRow>
{
    /// <summary>
    /// Filters of partial indexes: a query must repeat them word for word, or SQLite does not use the index. They name a column of the index, or it
    /// would have to look at the row.
    /// </summary>
    public const string Unfinished = "status IN ('queued','running','waiting')";

    /// <inheritdoc cref="Unfinished"/>
    public const string Ended = "status IN ('succeeded','failed','canceled','timed_out')";

    /// <inheritdoc cref="Unfinished"/>
    public const string WithParent = "parent_run_id IS NOT NULL";

    /// <inheritdoc cref="Unfinished"/>
    public const string WithKey = "child_key IS NOT NULL";

    public void Configure(EntityTypeBuilder<RunRow> builder)
    {
        builder.ToTable("runs");
        builder.HasKey(r => r.Id);
        builder.Property(r => r.Crashes).HasDefaultValue(0);
        builder.Property(r => r.Depth).HasDefaultValue(0);
        builder.Property(r => r.TokensIn).HasDefaultValue(0L);
        builder.Property(r => r.TokensOut).HasDefaultValue(0L);
        builder.HasIndex(r => new { r.FlowId, r.Id }, "ix_runs_flow");
        // An ended run changes no more: each of these is written once, and none of them when a run is accepted or started. The unfinished are few,
        // so a flow among them is looked for in the index itself.
        builder.HasIndex(r => new { r.Status, r.Trigger, r.Id, r.FlowId }, "ix_runs_unfinished").HasFilter(Unfinished);
        builder.HasIndex(r => new { r.Status, r.Trigger, r.Id }, "ix_runs_ended").HasFilter(Ended);
        builder.HasIndex(r => new { r.FlowId, r.Status, r.Trigger, r.Id }, "ix_runs_flow_ended").HasFilter(Ended);
        builder.HasIndex(r => r.EndedSeq, "ix_runs_ended_seq").HasFilter("ended_seq IS NOT NULL");
        builder.HasIndex(r => r.WakeAt, "ix_runs_wake").HasFilter("status='waiting' AND wake_at IS NOT NULL");
        builder.HasIndex(r => r.ParentRunId, "ix_runs_parent").HasFilter(WithParent);
        builder.HasIndex(r => new { r.ChildKey, r.Id }, "ix_runs_child_key").HasFilter(WithKey);
    }
}
