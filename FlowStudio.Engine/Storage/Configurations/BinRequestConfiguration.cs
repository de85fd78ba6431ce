using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A request that a bin caught; headers are JSON, a list of pairs.</summary>
sealed class BinRequestRow
{
    public Guid Id { get; set; }

    public string Bin { get; set; } = "";

    public string Method { get; set; } = "";

    public string Path { get; set; } = "";

    public string Query { get; set; } = "";

    public string Headers { get; set; } = "[]";

    public byte[] Body { get; set; } = [];

    public string? ContentType { get; set; }

    public DateTimeOffset At { get; set; }
}

sealed class BinRequestConfiguration : IEntityTypeConfiguration<BinRequestRow>
{
    public void Configure(EntityTypeBuilder<BinRequestRow> builder)
    {
        builder.ToTable("bin_requests");
        builder.HasKey(r => r.Id);
        builder.HasIndex(r => new { r.Bin, r.Id }, "ix_bin_requests_bin");
    }
}
