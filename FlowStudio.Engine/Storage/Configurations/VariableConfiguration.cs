using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A <see cref="Secrets.VariableRow"/> as stored.</summary>
sealed class VariableStoreRow
{
    public string Scope { get; set; } = "";

    public string Name { get; set; } = "";

    public bool Secret { get; set; }

    public byte[] Value { get; set; } = [];

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

sealed class VariableConfiguration : IEntityTypeConfiguration<VariableStoreRow>
{
    public void Configure(EntityTypeBuilder<VariableStoreRow> builder)
    {
        builder.ToTable("variables");
        builder.HasKey(v => new { v.Scope, v.Name });
    }
}
