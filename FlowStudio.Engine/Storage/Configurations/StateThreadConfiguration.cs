using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A <see cref="Threads.StateThread"/> as stored; metadata and state are JSON. Whether it is busy is in its runs.</summary>
sealed class StateThreadRow
{
    public Guid Id { get; set; }

    public Guid? FlowId { get; set; }

    public string Metadata { get; set; } = "{}";

    public string? Values { get; set; }

    public string Status { get; set; } = "";

    public string? Error { get; set; }

    public Guid? HeadId { get; set; }

    /// <summary><c>[{"id","node","value"}]</c>; null: none.</summary>
    public string? Interrupts { get; set; }

    public Guid? WaitingRunId { get; set; }

    public long WaitingSeq { get; set; }

    public double? TtlMinutes { get; set; }

    public bool TtlKeepLatest { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public DateTimeOffset? StateAt { get; set; }
}

sealed class StateThreadConfiguration : IEntityTypeConfiguration<StateThreadRow>
{
    /// <summary>See <see cref="RunConfiguration.Unfinished"/>.</summary>
    public const string Waiting = "waiting_run_id IS NOT NULL";

    /// <summary>See <see cref="RunConfiguration.Unfinished"/>.</summary>
    public const string Limited = "ttl_minutes IS NOT NULL";

    public void Configure(EntityTypeBuilder<StateThreadRow> builder)
    {
        builder.ToTable("state_threads");
        builder.HasKey(t => t.Id);
        builder.HasIndex(t => new { t.CreatedAt, t.Id }, "ix_state_threads_created");
        builder.HasIndex(t => t.WaitingRunId, "ix_state_threads_waiting").HasFilter(Waiting);
        builder.HasIndex(t => t.TtlMinutes, "ix_state_threads_ttl").HasFilter(Limited);
    }
}

/// <summary>A <see cref="Threads.ThreadRun"/> as stored.</summary>
sealed class ThreadRunRow
{
    public Guid Id { get; set; }

    public Guid ThreadId { get; set; }

    public Guid FlowId { get; set; }

    /// <summary>Null: the flow's own.</summary>
    public Guid? AssistantId { get; set; }

    public string Status { get; set; } = "";

    public string Strategy { get; set; } = "";

    public string? Presets { get; set; }

    public bool Continues { get; set; }

    public string? Resume { get; set; }

    public string? Update { get; set; }

    /// <summary><c>{"before":[…],"after":[…]}</c>; null: nowhere.</summary>
    public string? Stops { get; set; }

    /// <summary>By the ids of their questions; null: none.</summary>
    public string? Answers { get; set; }

    /// <summary>What waited when it went on; null: nothing.</summary>
    public string? Waited { get; set; }

    public long FromSeq { get; set; }

    public long? UntilSeq { get; set; }

    public string? Interrupts { get; set; }

    public string Input { get; set; } = "null";

    public string Metadata { get; set; } = "{}";

    public string Request { get; set; } = "{}";

    public Guid? NativeRunId { get; set; }

    public Guid? FromId { get; set; }

    public Guid? InputId { get; set; }

    public Guid? BeforeId { get; set; }

    public Guid? ScheduleId { get; set; }

    public DateTimeOffset? ScheduledAt { get; set; }

    public bool Temporary { get; set; }

    public string? WebhookUrl { get; set; }

    public string? WebhookKind { get; set; }

    /// <summary>Null, <c>interrupt</c> or <c>rollback</c>: how it was told to end.</summary>
    public string? Stop { get; set; }

    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public DateTimeOffset StartAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }
}

sealed class ThreadRunConfiguration : IEntityTypeConfiguration<ThreadRunRow>
{
    /// <summary>See <see cref="RunConfiguration.Unfinished"/>.</summary>
    public const string Unfinished = "status IN ('pending', 'running')";

    public void Configure(EntityTypeBuilder<ThreadRunRow> builder)
    {
        builder.ToTable("thread_runs");
        builder.HasKey(r => r.Id);
        builder.HasIndex(r => new { r.ThreadId, r.Id }, "ix_thread_runs_thread");
        builder.HasIndex(r => new { r.ThreadId, r.StartAt }, "ix_thread_runs_unfinished").HasFilter(Unfinished);
        builder.HasIndex(r => new { r.ScheduleId, r.ScheduledAt }, "ux_thread_runs_scheduled").IsUnique();
    }
}

/// <summary>A <see cref="Threads.Checkpoint"/> as stored; the state and the names of what was next are JSON.</summary>
sealed class CheckpointRow
{
    public Guid Id { get; set; }

    public Guid ThreadId { get; set; }

    public Guid? ParentId { get; set; }

    public Guid? RunId { get; set; }

    public string Values { get; set; } = "{}";

    public string Next { get; set; } = "[]";

    public string? Error { get; set; }

    public string? Interrupts { get; set; }

    public string Source { get; set; } = "";

    public int Step { get; set; }

    public string? Node { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

sealed class CheckpointConfiguration : IEntityTypeConfiguration<CheckpointRow>
{
    public void Configure(EntityTypeBuilder<CheckpointRow> builder)
    {
        builder.ToTable("checkpoints");
        builder.HasKey(c => c.Id);
        builder.HasIndex(c => new { c.ThreadId, c.Id }, "ix_checkpoints_thread");
    }
}
