using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Questions;

namespace FlowStudio.Web.Studio.Questions;

/// <summary>
/// An answer while it is given: what stands in the controls, and what is wrong with it. The same for a page that is alive and for a form that was posted.
/// No Blazor in it.
/// </summary>
public sealed class AnswerDraft(Question question)
{
    /// <summary>Characters of one control: it comes by the page's own connection, whose messages are small.</summary>
    public const int MaxText = 8_000;

    /// <summary>Choices that stand side by side as buttons; more are a list to pick one from.</summary>
    const int MostButtons = 5;

    /// <summary>Choices that are all to be seen; of more, a list opens.</summary>
    const int MostShown = 12;

    const int LongestButton = 32;

    readonly Dictionary<string, string> fields = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> problems = new(StringComparer.Ordinal);

    public Question Question => question;

    /// <summary>The answer in words, or the JSON value that an interrupted run goes on with.</summary>
    public string Text { get; set; } = "";

    /// <summary>The choice that is picked; empty while none is.</summary>
    public string Choice { get; set; } = "";

    /// <summary>Said with a yes or no.</summary>
    public string Comment { get; set; } = "";

    /// <summary>What stands in a field of the form; of a yes-or-no field, "true" or nothing.</summary>
    public string this[string field]
    {
        get => fields.GetValueOrDefault(field, "");
        set => fields[field] = value;
    }

    /// <summary>What is wrong with the answer as a whole; null when nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether each choice is a button that answers at once.</summary>
    public bool HasButtons => question.Choices.Count <= MostButtons && question.Choices.All(c => c.Length <= LongestButton);

    /// <summary>Whether all choices are to be seen at once.</summary>
    public bool ShowsAll => question.Choices.Count <= MostShown;

    /// <summary>What is wrong with a field of the form; null when nothing is.</summary>
    public string? ProblemOf(string field) => problems.GetValueOrDefault(field);

    /// <summary>Whether anything is wrong.</summary>
    public bool IsWrong => Problem is not null || problems.Count > 0;

    /// <summary>Says what is wrong with the answer as a whole.</summary>
    public void Refuse(string problem) => Problem = problem;

    /// <summary>The answer as it is to be sent; null when something is wrong, which is then said.</summary>
    /// <param name="approved">The yes or no of a question that asks for one.</param>
    public JsonElement? Take(bool approved = false)
    {
        Problem = null;
        problems.Clear();
        var answer = question.Kind switch
        {
            QuestionKind.Choice => Choice.Length > 0 ? JsonText.Element(Choice) : Wrong("Pick one."),
            QuestionKind.Approval => Approval(approved),
            QuestionKind.Form => Form(),
            QuestionKind.Interrupt => Value(),
            _ => string.IsNullOrWhiteSpace(Text) ? Wrong("Write an answer first.") : JsonText.Element(Text),
        };
        if (answer is not { } given || IsWrong)
            return null;
        var check = question.Check(given);
        return check.Problem is { } problem ? Wrong(problem) : check.Answer;
    }

    JsonElement? Wrong(string problem)
    {
        Problem = problem;
        return null;
    }

    JsonElement Approval(bool approved) => JsonText.Element((approved, Comment: Comment.Trim()), static (json, said) =>
    {
        json.WriteStartObject();
        json.WriteBoolean("approved"u8, said.approved);
        if (said.Comment.Length > 0)
            json.WriteString("comment"u8, said.Comment);
        json.WriteEndObject();
    });

    /// <summary>Nothing goes on without a value; anything else is the value.</summary>
    JsonElement? Value()
    {
        if (string.IsNullOrWhiteSpace(Text))
            return JsonText.Null;
        return JsonCheck.TryParse(Encoding.UTF8.GetBytes(Text), out var value, out var problem) ? value : Wrong($"This is no JSON value: {problem} A text stands in quotes.");
    }

    JsonElement? Form()
    {
        foreach (var field in question.Fields)
        {
            if (Check(field, this[field.Name]) is { } problem)
                problems[field.Name] = problem;
        }
        if (problems.Count > 0)
            return null;
        return JsonText.Element(this, static (json, draft) =>
        {
            json.WriteStartObject();
            foreach (var field in draft.Question.Fields)
                Write(json, field, draft[field.Name]);
            json.WriteEndObject();
        });
    }

    static string? Check(QuestionField field, string said)
    {
        if (field.Kind is QuestionFieldKind.Boolean)
            return null;
        if (string.IsNullOrWhiteSpace(said))
            return field.Required ? "This is needed." : null;
        return field.Kind switch
        {
            QuestionFieldKind.Number when Number(said) is null => $"“{said.Trim()}” is no number. Write digits, with a dot before decimals.",
            QuestionFieldKind.Choice when !field.Choices.Contains(said, StringComparer.Ordinal) => "Pick one of the list.",
            _ => null,
        };
    }

    static void Write(Utf8JsonWriter json, QuestionField field, string said)
    {
        if (field.Kind is QuestionFieldKind.Boolean)
            json.WriteBoolean(field.Name, said.Length > 0);
        else if (string.IsNullOrWhiteSpace(said))
            return;
        else if (field.Kind is QuestionFieldKind.Number && Number(said) is { } number)
            json.WriteNumber(field.Name, number);
        else
            json.WriteString(field.Name, said);
    }

    static double? Number(string said) =>
        double.TryParse(said.Trim().Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}
