using System.Text.Json;
using FlowStudio.Engine.Questions;

namespace FlowStudio.Engine.Threads;

/// <summary>Which question gets which answer, of those that somebody goes on with.</summary>
public static class ResumeAnswers
{
    /// <summary>
    /// Reads what a caller goes on with: an answer for the only open question, or answers by the ids of theirs. Without any, stops at nodes are passed, and
    /// questions stay open.
    /// </summary>
    /// <param name="resume">Null: it brings no answer.</param>
    /// <returns>The answers in their normal form; or what is wrong, in words, and nothing is to be answered.</returns>
    public static (IReadOnlyDictionary<Guid, JsonElement> Answers, string? Problem) Of(JsonElement? resume, IReadOnlyList<OpenQuestion> open)
    {
        var answers = new Dictionary<Guid, JsonElement>();
        if (resume is not { } given)
        {
            foreach (var stop in open.Where(static q => q.Question.Kind is QuestionKind.Interrupt))
                answers[stop.Id] = JsonText.Null;
            return (answers, null);
        }
        if (open.Count == 0)
            return (answers, "Nothing on this thread waits for an answer.");
        if (!IsById(given))
            return open is [var only] ? Check(answers, only, given) : (answers, $"{open.Count} questions are open. Say which is answered: {{\"{open[0].Id}\": …, \"{open[1].Id}\": …}}.");
        foreach (var member in given.EnumerateObject())
        {
            if (open.FirstOrDefault(q => Guid.TryParse(member.Name, out var id) && q.Id == id) is not { } question)
                return (answers, $"No open question has the id {member.Name}.");
            if (Check(answers, question, member.Value) is { Problem: { } problem })
                return (answers, problem);
        }
        return (answers, null);
    }

    static (IReadOnlyDictionary<Guid, JsonElement> Answers, string? Problem) Check(Dictionary<Guid, JsonElement> answers, OpenQuestion question, JsonElement answer)
    {
        var check = question.Question.Check(answer);
        if (check.Problem is null)
            answers[question.Id] = check.Answer ?? answer;
        return (answers, check.Problem is null ? null : $"The answer does not fit the question of {question.NodeTitle}: {check.Problem}");
    }

    /// <summary>Every member is named by an id: then they are not an answer themselves.</summary>
    static bool IsById(JsonElement given) => given.ValueKind is JsonValueKind.Object && given.GetPropertyCount() > 0 && given.EnumerateObject().All(static m => Guid.TryParse(m.Name, out _));
}
