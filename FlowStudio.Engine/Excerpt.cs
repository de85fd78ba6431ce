using System.Text;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Engine;

/// <summary>Short pieces of text from outside, for messages.</summary>
static class Excerpt
{
    public const string Hidden = "•••";

    /// <summary>The first <paramref name="length"/> characters on one line, after <paramref name="secrets"/> were taken out, however they are encoded: once cut, they would not be recognised.</summary>
    public static string Of(string text, int length = 200, IReadOnlyList<string>? secrets = null)
    {
        if (secrets is { Count: > 0 })
        {
            text = new NeedleSet(secrets.SelectMany(s => Needles.Of(new SecretText("", s)))).Replace(text, Hidden);
            // What is too short to be looked for everywhere is known to be one here.
            foreach (var secret in secrets)
                text = text.Replace(secret, Hidden, StringComparison.Ordinal);
        }
        return OneLine(text, length);
    }

    static string OneLine(string text, int length)
    {
        var line = new StringBuilder(Math.Min(text.Length, length) + 1);
        var space = false;
        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c))
            {
                space = line.Length > 0;
                continue;
            }
            if (line.Length + (space ? 1 : 0) >= length)
            {
                // Never half a character.
                if (char.IsHighSurrogate(line[^1]))
                    line.Length--;
                return line.Append('…').ToString();
            }
            if (space)
                line.Append(' ');
            space = false;
            line.Append(c);
        }
        return line.ToString();
    }
}
