using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>A problem's words beside the node, or the field, that they are about: without naming it again. Pure.</summary>
public static class ProblemText
{
    /// <param name="help">The field's help, which stands there anyway.</param>
    public static string Of(FlowProblem problem, Node node, string help = "")
    {
        var message = problem.Message;
        if (message.StartsWith($"{node.Label}: ", StringComparison.Ordinal))
            message = message[(node.Label.Length + 2)..];
        else if (message.StartsWith($"{node.Label} ", StringComparison.Ordinal))
            message = $"This node{message[node.Label.Length..]}";
        var advice = help.Length > 0 ? problem.Advice.Replace(help, "", StringComparison.Ordinal).Trim() : problem.Advice;
        return message.Length == 0 ? advice : $"{char.ToUpperInvariant(message[0])}{message[1..]} {advice}".TrimEnd();
    }
}
