using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>
/// A flow that was deleted a short while ago: its row, put away whole. What else belongs to it (versions, token) stays where it is until it is deleted for
/// good, so that bringing it back is one row's move.
/// </summary>
sealed class DeletedFlowRow
{
    public Guid Id { get; set; }

    public DateTimeOffset DeletedAt { get; set; }

    /// <summary>The <see cref="FlowRow"/> as JSON.</summary>
    public string Flow { get; set; } = "";
}

sealed class DeletedFlowConfiguration : IEntityTypeConfiguration<DeletedFlowRow>
{
    public void Configure(EntityTypeBuilder<DeletedFlowRow> builder)
    {
        builder.ToTable("deleted_flows");
        builder.HasKey(f => f.Id);
    }
}
