using System.Text.Json;

namespace FlowStudio.Engine.Questions;

/// <summary>A question of a run that waits for its answer.</summary>
public sealed record OpenQuestion
{
    /// <summary>UUIDv7: those asked later sort later.</summary>
    public required Guid Id { get; init; }

    public required Guid RunId { get; init; }

    public required Guid FlowId { get; init; }

    public required string NodeId { get; init; }

    /// <summary>The node's title when it asked.</summary>
    public required string NodeTitle { get; init; }

    /// <summary>Which iteration of the loops around it; empty outside of loops.</summary>
    public IReadOnlyList<int> Iteration { get; init; } = [];

    public required Question Question { get; init; }

    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>Until when it can be answered; null: as long as its run waits.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>What became of a question.</summary>
public enum QuestionStatus
{
    Open,
    Answered,

    /// <summary>Nobody waits for an answer any more: its time was over, or its run ended.</summary>
    Over,
}

/// <summary>A question, whether it is open still or not.</summary>
public sealed record QuestionState(OpenQuestion Asked, QuestionStatus Status)
{
    /// <summary>The answer in its normal form; null when there is none.</summary>
    public JsonElement? Answer { get; init; }

    public Answerer? By { get; init; }

    /// <summary>When it was answered, or was over; null while it is open.</summary>
    public DateTimeOffset? ClosedAt { get; init; }
}

/// <summary>By which way an answer came.</summary>
public enum AnswerVia
{
    Studio,
    Chat,
    Link,
    Api,
    LangGraph,
}

/// <summary>Who answers, and by which way.</summary>
/// <param name="Who">A name for people to read; <see cref="MaxWho"/> characters at most count. Empty: nobody said.</param>
public sealed record Answerer(string Who, AnswerVia Via)
{
    public const int MaxWho = 200;

    /// <summary>As it is stored and sent: lower case with underscores.</summary>
    public static string NameOf(AnswerVia via) => via switch
    {
        AnswerVia.Studio => "studio",
        AnswerVia.Chat => "chat",
        AnswerVia.Link => "link",
        AnswerVia.Api => "api",
        AnswerVia.LangGraph => "langgraph",
        _ => throw new ArgumentOutOfRangeException(nameof(via), via, message: null),
    };

    public static AnswerVia? ViaOf(string name) => Enum.GetValues<AnswerVia>().Cast<AnswerVia?>().FirstOrDefault(v => NameOf(v.GetValueOrDefault()) == name);
}
