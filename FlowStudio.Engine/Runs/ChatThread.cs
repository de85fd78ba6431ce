using System.Text.Json;

namespace FlowStudio.Engine.Runs;

/// <summary>A session: messages that belong together, over any number of runs of one flow.</summary>
/// <param name="ExternalKey">The caller's own session id, unique per flow; null when the thread is one run's own.</param>
public sealed record ChatThread(Guid Id, Guid FlowId, string? ExternalKey, DateTimeOffset CreatedAt);

/// <summary>A message of a thread.</summary>
/// <param name="Id">UUIDv7: later messages sort later.</param>
/// <param name="Sender"><c>User</c> or <c>Machine</c>.</param>
/// <param name="Text">What was said.</param>
/// <param name="Json">The whole message object, as components pass it on.</param>
public sealed record ThreadMessage(Guid Id, Guid RunId, string NodeId, string Sender, string SenderName, string Text, JsonElement Json, DateTimeOffset At);
