using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Questions;

namespace FlowStudio.Web.Studio.Questions;

/// <summary>How the studio says what was asked and answered, by whom and how.</summary>
public static class AnswerWords
{
    const int MostWords = 160;

    /// <summary>The question in one line, without its Markdown's marks at the beginning of lines; what a stopped run asks when nobody wrote a question.</summary>
    public static string Line(Question question)
    {
        var text = question.Text.AsSpan().Trim();
        var end = text.IndexOfAny('\r', '\n');
        var first = (end < 0 ? text : text[..end]).TrimStart("#>*- ").TrimEnd().ToString().Replace("**", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal);
        if (first.Length == 0)
            return question.Kind is QuestionKind.Interrupt ? "Go on?" : "An answer is wanted";
        return first.Length > MostWords ? string.Concat(first.AsSpan(0, MostWords), "…") : first;
    }

    /// <summary>Whether <see cref="Line"/> says all of it.</summary>
    public static bool IsLine(Question question) => question.Text.Trim() is { Length: > 0 and <= MostWords } text && !text.Contains('\n', StringComparison.Ordinal);

    /// <summary>An answer in a line: "Approved: looks right", "Amount: 12, Paid: yes".</summary>
    public static string Of(Question? question, JsonElement answer) => question?.Kind switch
    {
        QuestionKind.Approval when Verdict(answer) is { } approved => Comment(answer) is { Length: > 0 } comment ? $"{Verdict(approved)}: {comment}" : Verdict(approved),
        QuestionKind.Form when answer.ValueKind is JsonValueKind.Object => string.Join(", ", Fields(question, answer).Select(f => $"{f.Label}: {f.Value}")),
        QuestionKind.Interrupt when answer.ValueKind is JsonValueKind.Null => "Went on",
        QuestionKind.Interrupt => $"Went on with {JsonText.Of(answer)}",
        _ => JsonText.OfMessage(answer),
    };

    /// <summary>The fields of a form that were filled, in their order.</summary>
    public static IEnumerable<(string Label, string Value)> Fields(Question question, JsonElement answer)
    {
        foreach (var field in question.Fields)
        {
            if (answer.TryGetProperty(field.Name, out var value) && value.ValueKind is not JsonValueKind.Null)
                yield return (field.Label.Length > 0 ? field.Label : field.Name, value.ValueKind switch { JsonValueKind.True => "yes", JsonValueKind.False => "no", _ => JsonText.Of(value) });
        }
    }

    /// <summary>The yes or no of an approval; null when it is none.</summary>
    public static bool? Verdict(JsonElement answer) => answer.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Object when answer.TryGetProperty("approved", out var said) && said.ValueKind is JsonValueKind.True or JsonValueKind.False => said.ValueKind is JsonValueKind.True,
        _ => null,
    };

    public static string Verdict(bool approved) => approved ? "Approved" : "Rejected";

    public static string Comment(JsonElement answer) =>
        answer.ValueKind is JsonValueKind.Object && answer.TryGetProperty("comment", out var said) && said.ValueKind is JsonValueKind.String ? said.GetString() ?? "" : "";

    /// <summary>"by Ada, in the chat"; "in the chat" when nobody gave a name.</summary>
    public static string By(string? who, AnswerVia? via)
    {
        var way = via switch
        {
            AnswerVia.Studio => "in the studio",
            AnswerVia.Chat => "in the chat",
            AnswerVia.Link => "by link",
            AnswerVia.LangGraph => "by a LangGraph client",
            _ => "by the API",
        };
        return string.IsNullOrWhiteSpace(who) ? way : $"by {who}, {way}";
    }
}
