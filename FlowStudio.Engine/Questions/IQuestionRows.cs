namespace FlowStudio.Engine.Questions;

/// <summary>Questions in the database. The journal writes them with their runs' events; this reads them.</summary>
public interface IQuestionRows
{
    /// <summary>The questions of a run that can be answered at a time, in the order in which they were asked.</summary>
    Task<IReadOnlyList<OpenQuestion>> OpenOfRunAsync(Guid runId, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>A page of what can be answered at a time, newest or oldest first.</summary>
    /// <inheritdoc cref="IQuestions.ListAsync" path="/exception"/>
    Task<QuestionPage> ListAsync(Guid? flowId, string? cursor, int limit, bool oldestFirst, DateTimeOffset now, CancellationToken cancellationToken);

    Task<int> CountAsync(DateTimeOffset now, CancellationToken cancellationToken);

    Task<QuestionState?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The question of a run that was closed last; null when none was.</summary>
    Task<QuestionState?> LastClosedAsync(Guid runId, CancellationToken cancellationToken);
}
