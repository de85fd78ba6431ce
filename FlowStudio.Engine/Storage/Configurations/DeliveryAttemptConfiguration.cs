using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A <see cref="Callbacks.DeliveryAttempt"/> as stored.</summary>
sealed class DeliveryAttemptRow
{
    public Guid DeliveryId { get; set; }

    public int Number { get; set; }

    public DateTimeOffset At { get; set; }

    /// <summary>Microseconds.</summary>
    public long Duration { get; set; }

    public int? StatusCode { get; set; }

    public string? ErrorCode { get; set; }

    public string? Error { get; set; }

    public string? Answer { get; set; }
}

sealed class DeliveryAttemptConfiguration : IEntityTypeConfiguration<DeliveryAttemptRow>
{
    public void Configure(EntityTypeBuilder<DeliveryAttemptRow> builder)
    {
        builder.ToTable("delivery_attempts");
        builder.HasKey(a => new { a.DeliveryId, a.Number });
    }
}
