using System.Text.Json;

namespace FlowStudio.Engine.Questions;

/// <summary>What kind of answer a question wants.</summary>
public enum QuestionKind
{
    /// <summary>Any text that is not blank: a JSON string.</summary>
    Text,

    /// <summary>One of <see cref="Question.Choices"/>: a JSON string.</summary>
    Choice,

    /// <summary><c>{"approved":true|false,"comment":"…"?}</c>; a bare <c>true</c> or <c>false</c> is taken too.</summary>
    Approval,

    /// <summary>An object with a member for each of <see cref="Question.Fields"/>.</summary>
    Form,

    /// <summary>The run was told to stop at a node: any JSON lets it go on, null too.</summary>
    Interrupt,
}

/// <summary>What a field of a form holds.</summary>
public enum QuestionFieldKind
{
    /// <summary>One line: a JSON string.</summary>
    Text,

    /// <summary>Many lines: a JSON string.</summary>
    LongText,

    /// <summary>A JSON number; a text that is one is taken too.</summary>
    Number,

    /// <summary>A JSON boolean; the texts <c>true</c> and <c>false</c> are taken too.</summary>
    Boolean,

    /// <summary>One of <see cref="QuestionField.Choices"/>: a JSON string.</summary>
    Choice,
}

/// <summary>On which side of its node a run was told to stop.</summary>
public enum InterruptWhen
{
    Before,
    After,
}

/// <summary>A field of a form.</summary>
public sealed record QuestionField
{
    /// <summary>The member of the answer; unique in its form.</summary>
    public required string Name { get; init; }

    /// <summary>What people read; the name when nothing else is said.</summary>
    public string Label { get => field ?? Name; init; }

    public QuestionFieldKind Kind { get; init; }

    public bool Required { get; init; }

    public IReadOnlyList<string> Choices { get; init; } = [];
}

/// <summary>What somebody is asked. Its JSON is the <c>question</c> of the event <c>node.waiting</c>.</summary>
public sealed record Question
{
    public required QuestionKind Kind { get; init; }

    /// <summary>Markdown; empty for an interrupt.</summary>
    public string Text { get; init; } = "";

    public IReadOnlyList<string> Choices { get; init; } = [];

    public IReadOnlyList<QuestionField> Fields { get; init; } = [];

    /// <summary>Where an interrupt stops; null for every other kind.</summary>
    public InterruptWhen? When { get; init; }

    /// <summary>A stop at a node.</summary>
    public static Question Interrupt(InterruptWhen when) => new() { Kind = QuestionKind.Interrupt, When = when };

    /// <inheritdoc cref="QuestionJson.Write"/>
    public JsonElement ToJson() => JsonText.Element(this, static (json, question) => QuestionJson.Write(json, question));

    /// <inheritdoc cref="QuestionJson.Read"/>
    public static Question Read(JsonElement json) => QuestionJson.Read(json);

    /// <summary>Whether an answer fits: then as the run takes it, else what is wrong with it, all at once.</summary>
    public AnswerCheck Check(JsonElement answer) => AnswerRules.Check(this, answer);
}

/// <summary>What became of a check: the answer in its normal form, or what is wrong with it.</summary>
/// <param name="Answer">Null when there is a problem.</param>
/// <param name="Problem">In words; null when there is none.</param>
public readonly record struct AnswerCheck(JsonElement? Answer, string? Problem);
