using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>What was done to a flow's draft up to a revision; compressed, for it is rewritten with every save.</summary>
sealed class DraftHistoryRow
{
    public Guid FlowId { get; set; }

    public int Revision { get; set; }

    public byte[] Steps { get; set; } = [];
}

sealed class DraftHistoryConfiguration : IEntityTypeConfiguration<DraftHistoryRow>
{
    public void Configure(EntityTypeBuilder<DraftHistoryRow> builder)
    {
        builder.ToTable("draft_histories");
        builder.HasKey(h => h.FlowId);
        builder.Property(h => h.FlowId).ValueGeneratedNever();
    }
}
