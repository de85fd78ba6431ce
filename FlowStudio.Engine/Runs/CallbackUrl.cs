namespace FlowStudio.Engine.Runs;

/// <summary>Addresses that are told of runs: how they are shown, and how what was shown is taken back.</summary>
public static class CallbackUrl
{
    /// <summary>Longer ones are refused by many servers on the way.</summary>
    public const int MaxLength = 2048;

    /// <summary>Stands for a value that is not shown.</summary>
    public const string Hidden = "***";

    /// <summary>The endpoint of this server's own request bins.</summary>
    public const string Bins = "/bin";

    /// <summary>The address without the values of its query and without fragment: <c>https://a.example/hook?token=***</c>.</summary>
    public static string Redact(string url)
    {
        var fragment = url.IndexOf('#', StringComparison.Ordinal);
        var whole = fragment < 0 ? url : url[..fragment];
        var query = whole.IndexOf('?', StringComparison.Ordinal);
        if (query < 0)
            return whole;
        var parts = whole[(query + 1)..].Split('&').Select(part => part.IndexOf('=', StringComparison.Ordinal) switch
        {
            < 0 => part.Length == 0 ? "" : Hidden,
            var at when at == part.Length - 1 => part,
            var at => part[..(at + 1)] + Hidden,
        });
        return $"{whole[..query]}?{string.Join('&', parts)}";
    }

    /// <summary>
    /// The address that somebody means who was shown the stored one redacted: hidden values are taken from it by name, as long as they go to the same
    /// server. Null: a value is hidden that is not known there.
    /// </summary>
    public static string? Restore(string given, string? stored)
    {
        if (!given.Contains(Hidden, StringComparison.Ordinal))
            return given;
        var query = given.IndexOf('?', StringComparison.Ordinal);
        if (query < 0)
            return given;
        if (stored is not null && given == Redact(stored))
            return stored;
        var known = stored is null || Endpoint(stored) != Endpoint(given) ? [] : Values(stored);
        var parts = given[(query + 1)..].Split('&');
        for (var i = 0; i < parts.Length; i++)
        {
            if (!parts[i].EndsWith(Hidden, StringComparison.Ordinal) || parts[i].IndexOf('=', StringComparison.Ordinal) is not (>= 0 and var at) || parts[i][(at + 1)..] != Hidden)
                continue;
            if (!known.TryGetValue(parts[i][..at], out var value))
                return null;
            parts[i] = $"{parts[i][..at]}={value}";
        }
        return parts.Contains(Hidden, StringComparer.Ordinal) ? null : $"{given[..query]}?{string.Join('&', parts)}";
    }

    /// <summary>The server behind an address: scheme, host and port; the request bins of this server are one.</summary>
    public static string Endpoint(string url)
    {
        if (url.StartsWith('/'))
            return Bins;
        return Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.GetLeftPart(UriPartial.Authority).ToLowerInvariant() : "";
    }

    /// <summary>Hides the values of the address's query where a text repeats them.</summary>
    public static string Hide(string url, string text)
    {
        foreach (var value in Values(url).Values)
        {
            if (value.Length >= 4)
                text = text.Replace(value, Hidden, StringComparison.Ordinal).Replace(Uri.UnescapeDataString(value), Hidden, StringComparison.Ordinal);
        }
        return text;
    }

    static Dictionary<string, string> Values(string url)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var query = url.IndexOf('?', StringComparison.Ordinal);
        if (query < 0)
            return values;
        foreach (var part in url[(query + 1)..].Split('#')[0].Split('&'))
        {
            if (part.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at)
                values.TryAdd(part[..at], part[(at + 1)..]);
        }
        return values;
    }
}
