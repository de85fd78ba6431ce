using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A version of an <see cref="Threads.Assistant"/> as stored; what is an object is JSON.</summary>
sealed class AssistantRow
{
    public Guid Id { get; set; }

    public int Version { get; set; }

    /// <summary>The version in use: one of each assistant's.</summary>
    public bool IsLatest { get; set; }

    public Guid FlowId { get; set; }

    public string Name { get; set; } = "";

    public string? Description { get; set; }

    public string Config { get; set; } = "{}";

    public string Context { get; set; } = "{}";

    public string Metadata { get; set; } = "{}";

    /// <summary>The assistant's, in each of its versions.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When the version was made, or last taken up.</summary>
    public DateTimeOffset UpdatedAt { get; set; }
}

sealed class AssistantConfiguration : IEntityTypeConfiguration<AssistantRow>
{
    /// <summary>See <see cref="RunConfiguration.Unfinished"/>.</summary>
    public const string Latest = "is_latest";

    public void Configure(EntityTypeBuilder<AssistantRow> builder)
    {
        builder.ToTable("assistants");
        builder.HasKey(a => new { a.Id, a.Version });
        builder.HasIndex(a => a.Id, "ux_assistants_latest").IsUnique().HasFilter(Latest);
    }
}
