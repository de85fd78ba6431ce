using System.Text.Json;

namespace FlowStudio.Engine.Questions;

/// <summary>What became of an answer.</summary>
public abstract record AnswerOutcome
{
    /// <summary>It is durable, and the run goes on with it.</summary>
    public sealed record Answered(OpenQuestion Question) : AnswerOutcome;

    /// <summary>Somebody else was first: exactly one answer counts.</summary>
    public sealed record AlreadyAnswered(OpenQuestion Question, DateTimeOffset When, Answerer By) : AnswerOutcome;

    /// <summary>The run does not wait for an answer, or not for this one any more.</summary>
    /// <param name="Why">In words.</param>
    public sealed record NotWaiting(string Why) : AnswerOutcome;

    /// <summary>There is no such run, or the run has no such question.</summary>
    public sealed record Unknown : AnswerOutcome;

    /// <summary>The answer does not fit the question; nothing has happened.</summary>
    /// <param name="Message">What is wrong with it, in words.</param>
    public sealed record Invalid(string Message) : AnswerOutcome;

    /// <summary>No question was named while several are open.</summary>
    public sealed record Which(IReadOnlyList<OpenQuestion> Open) : AnswerOutcome;
}

/// <summary>A page of questions, newest asked first; without a cursor it is the last.</summary>
public sealed record QuestionPage(IReadOnlyList<OpenQuestion> Items, string? NextCursor);

/// <summary>The questions of runs: who waits for an answer, and answering.</summary>
public interface IQuestions
{
    /// <summary>The open questions of a run, in the order in which they were asked.</summary>
    Task<IReadOnlyList<OpenQuestion>> OpenOfRunAsync(Guid runId, CancellationToken cancellationToken);

    /// <summary>A page of open questions, newest first; <paramref name="cursor"/> is what the page before gave.</summary>
    /// <param name="flowId">Null: of all flows.</param>
    /// <exception cref="FormatException">The cursor is not one of ours.</exception>
    Task<QuestionPage> ListAsync(Guid? flowId, string? cursor, int limit, CancellationToken cancellationToken);

    /// <summary>Like <see cref="ListAsync"/>, but those that have waited longest first.</summary>
    /// <inheritdoc cref="ListAsync" path="/param|/exception"/>
    Task<QuestionPage> ListOldestAsync(Guid? flowId, string? cursor, int limit, CancellationToken cancellationToken);

    /// <summary>How many are open, in all flows.</summary>
    Task<int> CountAsync(CancellationToken cancellationToken);

    /// <summary>A question, open or not; null when there is none, or its run was deleted.</summary>
    Task<QuestionState?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// Answers a question. When it completes with <see cref="AnswerOutcome.Answered"/> the answer is durable: the run goes on with it, whatever happens to this process.
    /// Of many answers at once one counts.
    /// </summary>
    /// <param name="questionId">Null: the only open one.</param>
    /// <exception cref="Journal.StorageException">The database cannot write now; nothing has happened.</exception>
    Task<AnswerOutcome> AnswerAsync(Guid runId, Guid? questionId, JsonElement answer, Answerer by, CancellationToken cancellationToken);
}
