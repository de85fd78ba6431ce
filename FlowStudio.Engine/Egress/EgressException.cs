namespace FlowStudio.Engine.Egress;

/// <summary>How an outgoing call failed.</summary>
public enum EgressFailure
{
    /// <summary>A rule forbids the target; <see cref="EgressException.Refusal"/> says which.</summary>
    Refused,
    InvalidUrl,
    InvalidMethod,
    InvalidHeader,
    DnsFailed,
    ConnectFailed,
    TlsFailed,
    /// <summary>The call's total time ran out.</summary>
    TimedOut,
    /// <summary>The answer began and then fell silent.</summary>
    Idle,
    TooLarge,
    RedirectLimit,
    RedirectRefused,
    /// <summary>The connection broke, or what came is not HTTP.</summary>
    Protocol,
}

/// <summary>An outgoing call failed. The message is written for the person whose flow it was: it names the host, never the rest of the URL.</summary>
public sealed class EgressException(EgressFailure kind, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public EgressException(EgressRefusal refusal)
        : this(EgressFailure.Refused, refusal.Message) => Refusal = refusal;

    public EgressFailure Kind { get; } = kind;

    /// <summary>Set when <see cref="Kind"/> is <see cref="EgressFailure.Refused"/>.</summary>
    public EgressRefusal? Refusal { get; private init; }

    /// <summary>Whether the same call may well succeed later. Whether it may be repeated (has it effects?) is the caller's question.</summary>
    public bool IsTransient => Kind is EgressFailure.DnsFailed or EgressFailure.ConnectFailed or EgressFailure.TlsFailed
        or EgressFailure.TimedOut or EgressFailure.Idle or EgressFailure.Protocol;

    /// <summary>The same failure, met on the way of a redirect.</summary>
    internal EgressException After(string redirectingHost) =>
        new(Kind, $"{redirectingHost} redirects elsewhere. {Message}", InnerException) { Refusal = Refusal };
}
