namespace FlowStudio.Engine.Runs;

/// <summary>Who asked to be told of a run's end.</summary>
public enum CallbackSource
{
    /// <summary>The flow's own setting.</summary>
    Flow,

    /// <summary>The schedule that started the run.</summary>
    Schedule,

    /// <summary>The call that started the run.</summary>
    Call,
}

/// <summary>Whom to tell when a run has ended.</summary>
/// <param name="Url">Kept as it was given, query and all. It may hold a token: <see cref="CallbackUrl.Redact"/> before anybody sees it.</param>
/// <param name="Kind">The shape of the message: <see cref="NativeKind"/>, or one that a dialect brings.</param>
/// <param name="Context">What the dialect wants back when it writes the message; at most <see cref="MaxContext"/> characters.</param>
public sealed record CallbackTarget(string Url, CallbackSource Source, string Kind = CallbackTarget.NativeKind, string? Context = null)
{
    public const string NativeKind = "native";

    public const int MaxContext = 64 * 1024;

    const string OfQuestion = "question:";

    /// <summary>The question that the message is about; null when it is about the run's end.</summary>
    public Guid? QuestionId => Kind == NativeKind && Context is { } context && context.StartsWith(OfQuestion, StringComparison.Ordinal) && Guid.TryParse(context.AsSpan(OfQuestion.Length), out var id) ? id : null;

    /// <summary>The context of a message about a question.</summary>
    public static string ContextOf(Guid questionId) => OfQuestion + questionId;

    /// <summary>Without what it holds: it ends up in logs.</summary>
    public override string ToString() => $"{Kind} {CallbackUrl.Redact(Url)}";
}

/// <summary>A message that waits for its run's end.</summary>
/// <param name="Id">UUIDv7; what the receiver knows the message by.</param>
public sealed record ArmedDelivery(Guid Id, CallbackTarget Target);

/// <summary>Whom runs were to tell.</summary>
public interface IRunCallbacks
{
    /// <summary>All targets that a run has, told or not.</summary>
    Task<IReadOnlyList<CallbackTarget>> TargetsOfAsync(Guid runId, CancellationToken cancellationToken);
}

/// <summary>Says that messages may be due. Raised after the transaction that made them so.</summary>
public sealed class DeliverySignal
{
    public event Action? Due;

    public void Tell() => Due?.Invoke();
}
