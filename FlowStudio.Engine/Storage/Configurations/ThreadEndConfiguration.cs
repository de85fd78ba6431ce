using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>How a thread's run ended, for messages about it: the run may be gone by then. It goes with the native run.</summary>
sealed class ThreadEndRow
{
    public Guid RunId { get; set; }

    /// <summary>Null when it ended before it had begun: then it goes when it is old.</summary>
    public Guid? NativeRunId { get; set; }

    public DateTimeOffset At { get; set; }

    /// <summary>The <see cref="ThreadRunRow"/> as it was, as JSON.</summary>
    public string Run { get; set; } = "{}";

    public string Values { get; set; } = "{}";
}

sealed class ThreadEndConfiguration : IEntityTypeConfiguration<ThreadEndRow>
{
    public void Configure(EntityTypeBuilder<ThreadEndRow> builder)
    {
        builder.ToTable("thread_ends");
        builder.HasKey(e => e.RunId);
        builder.HasIndex(e => e.NativeRunId, "ix_thread_ends_run");
    }
}
