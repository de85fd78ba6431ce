using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>How far something that follows history has come, as a number of <see cref="RunRow.EndedSeq"/>.</summary>
sealed class HistoryMarkRow
{
    /// <summary>The highest number of a run that was deleted, so that it is given to no other.</summary>
    public const string Ended = "ended";

    /// <summary>Runs up to this number are in the rollups.</summary>
    public const string Rollups = "rollups";

    public string Name { get; set; } = "";

    public long Value { get; set; }
}

sealed class HistoryMarkConfiguration : IEntityTypeConfiguration<HistoryMarkRow>
{
    public void Configure(EntityTypeBuilder<HistoryMarkRow> builder)
    {
        builder.ToTable("history_marks");
        builder.HasKey(m => m.Name);
    }
}
