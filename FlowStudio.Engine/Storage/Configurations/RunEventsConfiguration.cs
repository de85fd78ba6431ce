using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A chunk of a run's events: one record a line, numbered from <see cref="Seq"/> to <see cref="ToSeq"/>.</summary>
sealed class RunEventsRow
{
    public Guid RunId { get; set; }

    public long Seq { get; set; }

    public long ToSeq { get; set; }

    public byte[] Lines { get; set; } = [];
}

sealed class RunEventsConfiguration : IEntityTypeConfiguration<RunEventsRow>
{
    public void Configure(EntityTypeBuilder<RunEventsRow> builder)
    {
        builder.ToTable("run_events");
        builder.HasKey(e => new { e.RunId, e.Seq });
    }
}
