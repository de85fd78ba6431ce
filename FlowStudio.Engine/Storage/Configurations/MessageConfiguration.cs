using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>A message of a thread; <see cref="Json"/> is the whole message object.</summary>
sealed class MessageRow
{
    public Guid Id { get; set; }

    public Guid ThreadId { get; set; }

    public Guid RunId { get; set; }

    public string NodeId { get; set; } = "";

    public string Sender { get; set; } = "";

    public string SenderName { get; set; } = "";

    public string Text { get; set; } = "";

    public string Json { get; set; } = "";

    public DateTimeOffset At { get; set; }
}

sealed class MessageConfiguration : IEntityTypeConfiguration<MessageRow>
{
    public void Configure(EntityTypeBuilder<MessageRow> builder)
    {
        builder.ToTable("messages");
        builder.HasKey(m => m.Id);
        builder.HasIndex(m => new { m.ThreadId, m.Id }, "ix_messages_thread");
    }
}
