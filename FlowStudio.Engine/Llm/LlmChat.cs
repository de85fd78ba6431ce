using System.Text.Json;

namespace FlowStudio.Engine.Llm;

/// <summary>Who says a message of a chat. How the model shall behave is no message: see <see cref="LlmRequest.System"/>.</summary>
public enum LlmRole
{
    /// <summary>Who asks.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,

    /// <summary>What a tool gave that the model called.</summary>
    Tool,
}

/// <summary>A message of a chat with a model.</summary>
/// <param name="Text">What was said; the result, when a tool says it.</param>
public sealed record LlmMessage(LlmRole Role, string Text)
{
    /// <summary>Tools the model called with this message.</summary>
    public IReadOnlyList<LlmToolCall> ToolCalls { get; init; } = [];

    /// <summary>The call that a tool's message answers.</summary>
    public string ToolCallId { get; init; } = "";

    /// <summary>The tool failed, and <see cref="Text"/> says why.</summary>
    public bool IsError { get; init; }
}

/// <summary>A function the model may ask for.</summary>
/// <param name="Name">1 to 64 letters, digits, <c>_</c> and <c>-</c>; unique in a request.</param>
/// <param name="Description">What it does, for the model.</param>
/// <param name="Parameters">The JSON schema of its arguments, an object.</param>
public sealed record LlmTool(string Name, string Description, JsonElement Parameters);

/// <summary>A function the model asks for.</summary>
/// <param name="Id">Unique in an answer; the result refers to it.</param>
/// <param name="Arguments">As the model wrote them: meant to be a JSON object, and sometimes is not.</param>
public sealed record LlmToolCall(string Id, string Name, string Arguments);
