namespace FlowStudio.Engine.Llm;

/// <summary>The JSON in a model's answer.</summary>
public static class JsonAnswer
{
    /// <summary>The answer without the code fence around it that models like to draw.</summary>
    public static string Unfenced(string text)
    {
        var trimmed = text.Trim();
        if (!trimmed.StartsWith("```", StringComparison.Ordinal) || !trimmed.EndsWith("```", StringComparison.Ordinal) || trimmed.Length < 6)
            return trimmed;
        var inside = trimmed[3..^3];
        var line = inside.IndexOf('\n', StringComparison.Ordinal);
        // The first line names the language, or is the JSON itself.
        return line >= 0 && inside.AsSpan(0, line).IndexOfAny('{', '[') < 0 ? inside[(line + 1)..].Trim() : inside.Trim();
    }
}
