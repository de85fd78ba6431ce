using System.Text;

namespace FlowStudio.Engine.Components;

/// <summary>Texts one after the other, up to a limit: many short ones, or a long separator between many, could otherwise fill the memory.</summary>
sealed class JoinedText(string separator)
{
    readonly StringBuilder text = new();
    bool any;

    /// <exception cref="NodeException">Together they are longer than <see cref="TextTemplate.MaxLength"/>.</exception>
    public void Add(string next)
    {
        var length = (long)text.Length + next.Length + (any ? separator.Length : 0);
        if (length > TextTemplate.MaxLength)
        {
            throw new NodeException("text_too_long", $"The texts have more than {TextTemplate.MaxLength:N0} characters together, which is the limit.",
                "Take fewer of them, or shorter ones.");
        }
        if (any)
            text.Append(separator);
        text.Append(next);
        any = true;
    }

    public override string ToString() => text.ToString();

    /// <inheritdoc cref="Add" path="/exception"/>
    public static string Of(IEnumerable<string> texts, string separator)
    {
        var joined = new JoinedText(separator);
        foreach (var next in texts)
            joined.Add(next);
        return joined.ToString();
    }
}
