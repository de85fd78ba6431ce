using System.Text.Json;
using System.Text.Json.Serialization;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Api;

/// <summary>Somebody is asked something, and a run waits for the answer.</summary>
/// <param name="Iteration">Which iteration of the loops around the node; empty outside of loops.</param>
/// <param name="Status"><c>open</c>, <c>answered</c>, or <c>over</c>: its time was over, or its run ended.</param>
/// <param name="Question"><c>kind</c> (text, choice, approval, form or interrupt), <c>text</c> (Markdown), and what belongs to the kind: <c>choices</c>, <c>fields</c>, <c>when</c>.</param>
/// <param name="Until">Until when it can be answered; null: as long as the run waits.</param>
/// <param name="AnswerUrl">A page that shows just this question and takes one answer, for whoever has the address.</param>
/// <param name="Answer">The answer, once there is one.</param>
/// <param name="AnsweredBy">Who answered; empty when nobody said.</param>
/// <param name="AnsweredVia">By which way: <c>studio</c>, <c>chat</c>, <c>link</c>, <c>api</c> or <c>langgraph</c>.</param>
sealed record QuestionView(
    Guid Id,
    Guid RunId,
    Guid FlowId,
    string NodeId,
    string NodeTitle,
    IReadOnlyList<int> Iteration,
    string Status,
    JsonElement Question,
    DateTimeOffset AskedAt,
    DateTimeOffset? Until,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AnswerUrl,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Answer = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AnsweredBy = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AnsweredVia = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? AnsweredAt = null)
{
    public static QuestionView Of(OpenQuestion question, string answerUrl) => new(question.Id, question.RunId, question.FlowId, question.NodeId, question.NodeTitle, question.Iteration, "open",
        question.Question.ToJson(), question.AskedAt, question.Until, answerUrl);

    public static QuestionView Of(QuestionState state, string answerUrl) => Of(state.Asked, answerUrl) with
    {
        Status = state.Status switch
        {
            QuestionStatus.Open => "open",
            QuestionStatus.Answered => "answered",
            _ => "over",
        },
        AnswerUrl = state.Status is QuestionStatus.Open ? answerUrl : null,
        Answer = state.Answer,
        AnsweredBy = state.By?.Who,
        AnsweredVia = state.By is { } by ? Answerer.NameOf(by.Via) : null,
        AnsweredAt = state.Status is QuestionStatus.Answered ? state.ClosedAt : null,
    };

    /// <summary>What the steps of a run wait for somebody to answer.</summary>
    public static IReadOnlyList<QuestionView> OpenOf(RunDetails details, Func<Guid, string> answerUrl) =>
        RunNames.IsFinal(details.Run.Status) ? [] : [.. details.Steps.Where(s => s is { Status: StepStatus.Waiting, QuestionId: not null, Answer: null }).Select(s => Of(details.Run, s, answerUrl))];

    static QuestionView Of(Run run, Step step, Func<Guid, string> answerUrl) => new(step.QuestionId ?? default, run.Id, run.FlowId, step.NodeId, step.Title, step.Iteration, "open",
        step.Question ?? default, step.AskedAt ?? run.CreatedAt, step.AnswerUntil, answerUrl(step.QuestionId ?? default));
}
