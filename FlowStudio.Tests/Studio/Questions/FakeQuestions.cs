using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Questions;

namespace FlowStudio.Tests.Studio.Questions;

/// <summary>Questions without runs: asked by the test, answered by what it tests.</summary>
sealed class FakeQuestions : IQuestions
{
    readonly List<QuestionState> all = [];

    /// <summary>What reached it, in order.</summary>
    public List<(Guid Question, string Answer, Answerer By)> Answers { get; } = [];

    /// <summary>What it says to the next answer instead of taking it.</summary>
    public AnswerOutcome? Next { get; set; }

    /// <summary>What every call throws; null for nothing.</summary>
    public Exception? Failure { get; set; }

    public OpenQuestion Ask(Question question, Guid? flowId = null, DateTimeOffset? askedAt = null, DateTimeOffset? until = null)
    {
        var at = askedAt ?? DateTimeOffset.UnixEpoch.AddYears(56);
        var asked = new OpenQuestion
        {
            Id = Guid.CreateVersion7(at),
            RunId = Guid.CreateVersion7(at),
            FlowId = flowId ?? Guid.CreateVersion7(at),
            NodeId = "ask",
            NodeTitle = "Ask a person",
            Question = question,
            AskedAt = at,
            Until = until,
        };
        all.Add(new(asked, QuestionStatus.Open));
        return asked;
    }

    /// <summary>Somebody else answers.</summary>
    public void Settle(OpenQuestion asked, string answer, Answerer by, DateTimeOffset at)
    {
        var index = all.FindIndex(q => q.Asked.Id == asked.Id);
        all[index] = new(asked, QuestionStatus.Answered) { Answer = JsonText.Parse(System.Text.Encoding.UTF8.GetBytes(answer)), By = by, ClosedAt = at };
    }

    /// <summary>Its time is over.</summary>
    public void End(OpenQuestion asked, DateTimeOffset at) => all[all.FindIndex(q => q.Asked.Id == asked.Id)] = new(asked, QuestionStatus.Over) { ClosedAt = at };

    public Task<IReadOnlyList<OpenQuestion>> OpenOfRunAsync(Guid runId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<OpenQuestion>>([.. Open.Where(q => q.RunId == runId)]);

    public Task<QuestionPage> ListAsync(Guid? flowId, string? cursor, int limit, CancellationToken cancellationToken) => throw new NotSupportedException("Pages list the oldest first.");

    public Task<QuestionPage> ListOldestAsync(Guid? flowId, string? cursor, int limit, CancellationToken cancellationToken)
    {
        if (Failure is not null)
            throw Failure;
        var from = cursor is null ? 0 : int.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture);
        var found = Open.Where(q => flowId is null || q.FlowId == flowId).OrderBy(q => q.AskedAt).Skip(from).ToList();
        return Task.FromResult(new QuestionPage([.. found.Take(limit)], found.Count > limit ? $"{from + limit}" : null));
    }

    public Task<int> CountAsync(CancellationToken cancellationToken) => Task.FromResult(Open.Count());

    public Task<QuestionState?> FindAsync(Guid id, CancellationToken cancellationToken) => Task.FromResult(all.Find(q => q.Asked.Id == id));

    public Task<AnswerOutcome> AnswerAsync(Guid runId, Guid? questionId, JsonElement answer, Answerer by, CancellationToken cancellationToken)
    {
        if (Failure is not null)
            throw Failure;
        if (Next is { } instead)
            return Task.FromResult(instead);
        var state = all.Find(q => q.Asked.Id == questionId);
        if (state is null)
            return Task.FromResult<AnswerOutcome>(new AnswerOutcome.Unknown());
        if (state is { Status: QuestionStatus.Answered, ClosedAt: { } at, By: { } other })
            return Task.FromResult<AnswerOutcome>(new AnswerOutcome.AlreadyAnswered(state.Asked, at, other));
        if (state.Status is QuestionStatus.Over)
            return Task.FromResult<AnswerOutcome>(new AnswerOutcome.NotWaiting("The time to answer was over."));
        Answers.Add((state.Asked.Id, answer.GetRawText(), by));
        Settle(state.Asked, answer.GetRawText(), by, state.Asked.AskedAt.AddMinutes(1));
        return Task.FromResult<AnswerOutcome>(new AnswerOutcome.Answered(state.Asked));
    }

    IEnumerable<OpenQuestion> Open => all.Where(q => q.Status is QuestionStatus.Open).Select(q => q.Asked);
}
