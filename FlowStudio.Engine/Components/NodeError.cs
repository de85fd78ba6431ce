namespace FlowStudio.Engine.Components;

/// <summary>Why a node failed, in words for the person who must mend it.</summary>
/// <param name="Code">Stable, for programs: <c>http_status</c>, <c>timeout</c>, <c>invalid_template</c>…</param>
/// <param name="Message">What happened and where. No secrets: it is redacted before it is stored all the same.</param>
/// <param name="Remedy">What to do; empty when the message says it all.</param>
/// <param name="Retryable">Whether the same call may succeed later.</param>
/// <param name="RetryAfter">How long the other side asked to wait.</param>
public sealed record NodeError(string Code, string Message, string Remedy = "", bool Retryable = false, TimeSpan? RetryAfter = null);

/// <summary>A node failed with a <see cref="NodeError"/>.</summary>
public sealed class NodeException(NodeError error, Exception? inner = null) : Exception(error.Message, inner)
{
    public NodeException(string code, string message, string remedy = "", bool retryable = false, TimeSpan? retryAfter = null, Exception? inner = null)
        : this(new NodeError(code, message, remedy, retryable, retryAfter), inner)
    {
    }

    public NodeError Error { get; } = error;
}
