using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A published version (numbered), or a draft that ran (stored once per content).</summary>
sealed class FlowVersionRow
{
    public Guid Id { get; set; }

    public Guid FlowId { get; set; }

    public int? Number { get; set; }

    public string Hash { get; set; } = "";

    public string Document { get; set; } = "";

    public string? Note { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

sealed class FlowVersionConfiguration : IEntityTypeConfiguration<FlowVersionRow>
{
    public void Configure(EntityTypeBuilder<FlowVersionRow> builder)
    {
        builder.ToTable("flow_versions");
        builder.HasKey(v => v.Id);
        builder.HasIndex(v => new { v.FlowId, v.Number }, "ux_flow_versions_number").IsUnique();
        builder.HasIndex(v => new { v.FlowId, v.Hash }, "ux_flow_versions_snapshot").IsUnique().HasFilter("number IS NULL");
    }
}
