using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A <see cref="Secrets.ApiKeyRow"/> as stored.</summary>
sealed class ApiKeyStoreRow
{
    public Guid Id { get; set; }

    public string Name { get; set; } = "";

    public string Prefix { get; set; } = "";

    public byte[] Hash { get; set; } = [];

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? LastUsedAt { get; set; }
}

sealed class ApiKeyConfiguration : IEntityTypeConfiguration<ApiKeyStoreRow>
{
    public void Configure(EntityTypeBuilder<ApiKeyStoreRow> builder)
    {
        builder.ToTable("api_keys");
        builder.HasKey(k => k.Id);
        builder.HasIndex(k => k.Hash, "ix_api_keys_hash").IsUnique();
    }
}
