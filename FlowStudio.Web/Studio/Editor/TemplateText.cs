namespace FlowStudio.Web.Studio.Editor;

/// <summary>A template in pieces, so that what is filled in can be marked.</summary>
public static class TemplateText
{
    /// <summary>Text and <c>{paths}</c> in turn; doubled braces are text. What is no template is one piece.</summary>
    public static IReadOnlyList<(string Text, bool Variable)> Parts(string text, bool template)
    {
        if (!template)
            return [(text, false)];
        var parts = new List<(string, bool)>();
        var from = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not '{')
                continue;
            if (i + 1 < text.Length && text[i + 1] is '{')
            {
                i++;
                continue;
            }
            var close = text.IndexOfAny(['{', '}', '\n'], i + 1);
            if (close < 0 || text[close] is not '}' || close == i + 1)
                continue;
            if (i > from)
                parts.Add((text[from..i], false));
            parts.Add((text[i..(close + 1)], true));
            from = close + 1;
            i = close;
        }
        if (from < text.Length)
            parts.Add((text[from..], false));
        return parts;
    }
}
