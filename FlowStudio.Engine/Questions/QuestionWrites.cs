using System.Text.Json;

namespace FlowStudio.Engine.Questions;

/// <summary>
/// What one change of a run does to its questions, stored in the same transaction as the events that tell of it: so the list of open questions never says
/// anything else than the run itself.
/// </summary>
public sealed class QuestionWrites
{
    public List<OpenQuestion> Asked { get; } = [];

    public List<QuestionClose> Closed { get; } = [];

    /// <summary>Set by the writer: somebody is to be told of a question, and the message is due now.</summary>
    public bool TellsReceivers { get; set; }
}

/// <summary>A question that waits no more.</summary>
/// <param name="Status">How it ended; not <see cref="QuestionStatus.Open"/>.</param>
/// <param name="Answer">Null when it is over without one.</param>
public sealed record QuestionClose(Guid Id, QuestionStatus Status, DateTimeOffset At, JsonElement? Answer = null, Answerer? By = null);
