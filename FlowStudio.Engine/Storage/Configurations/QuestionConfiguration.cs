using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FlowStudio.Engine.Storage;

/// <summary>
/// A question of a run. What a run asked, and was answered, its events tell; these rows say the same in a form that can be listed, and cannot say anything else: each
/// is written, and closed, by the journal in the very transaction that stores the event (<see cref="Questions.QuestionWrites"/>), closed with the run's end in the
/// transaction that ends it, and deleted with the run.
/// </summary>
sealed class QuestionRow
{
    public Guid Id { get; set; }

    public Guid RunId { get; set; }

    public Guid FlowId { get; set; }

    public string NodeId { get; set; } = "";

    public string NodeTitle { get; set; } = "";

    /// <summary>See <see cref="Runs.StepKey.Path"/>.</summary>
    public string Iteration { get; set; } = "";

    /// <summary>See <see cref="Questions.Question.ToJson"/>.</summary>
    public string Question { get; set; } = "";

    public DateTimeOffset AskedAt { get; set; }

    public DateTimeOffset? Until { get; set; }

    /// <summary><c>open</c>, <c>answered</c> or <c>over</c>.</summary>
    public string Status { get; set; } = "";

    public DateTimeOffset? ClosedAt { get; set; }

    public string? Answer { get; set; }

    public string? AnsweredBy { get; set; }

    public string? AnsweredVia { get; set; }
}

sealed class QuestionConfiguration : IEntityTypeConfiguration<QuestionRow>
{
    /// <summary>See <see cref="RunConfiguration.Unfinished"/>.</summary>
    public const string Open = "status='open'";

    public void Configure(EntityTypeBuilder<QuestionRow> builder)
    {
        builder.ToTable("questions");
        builder.HasKey(q => q.Id);
        builder.HasIndex(q => new { q.RunId, q.Id }, "ix_questions_run");
        // The open ones are few, however many there have been. Ids are ordered by time.
        builder.HasIndex(q => new { q.Status, q.Id }, "ix_questions_open").HasFilter(Open);
        builder.HasIndex(q => new { q.FlowId, q.Status, q.Id }, "ix_questions_flow").HasFilter(Open);
    }
}
