using System.Globalization;
using FlowStudio.Engine.Questions;

namespace FlowStudio.Web.Studio.Questions;

/// <summary>The names of an answer's controls in a form that a browser posts, and what such a form says.</summary>
static class AnswerForm
{
    public const string Text = "text";
    public const string Choice = "choice";
    public const string Comment = "comment";
    public const string Approved = "approved";

    /// <summary>Who answers, if they say so.</summary>
    public const string Name = "by";

    /// <summary>By number: what a field is called in the answer may be anything.</summary>
    public static string Field(int index) => string.Create(CultureInfo.InvariantCulture, $"field-{index}");

    /// <summary>What stands in the controls; and the yes or no, when one was pressed.</summary>
    public static (AnswerDraft Draft, bool? Approved) Read(Question question, IFormCollection form)
    {
        var draft = new AnswerDraft(question) { Text = Said(Text), Choice = Said(Choice), Comment = Said(Comment) };
        for (var i = 0; i < question.Fields.Count; i++)
            draft[question.Fields[i].Name] = Said(Field(i));
        return (draft, form[Approved].ToString() switch { "true" => true, "false" => false, _ => null });

        // A browser writes line breaks as two characters; nobody typed the first.
        string Said(string name) => form[name].ToString().ReplaceLineEndings("\n");
    }
}
