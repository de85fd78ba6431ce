using System.Text;
using System.Text.Encodings.Web;

namespace FlowStudio.Tests.Secrets;

/// <summary>A secret that is looked for after everything has run: whole, in parts, and in the encodings that others may have given it.</summary>
sealed class Canary(string name, string value)
{
    // Shorter parts occur by chance.
    const int Part = 9;

    readonly IReadOnlyList<(string What, byte[] Bytes)> traces = [.. Traces(value).DistinctBy(t => Convert.ToHexString(t.Bytes))];

    public string Name { get; } = name;

    public string Value { get; } = value;

    /// <summary>Every way in which the fake upstreams echo it.</summary>
    public IReadOnlyList<string> Echoes { get; } =
    [
        value,
        JavaScriptEncoder.Default.Encode(value),
        string.Concat(value.Select(c => $"\\u{(int)c:x4}")),
        Uri.EscapeDataString(value),
        string.Concat(Encoding.UTF8.GetBytes(value).Select(b => $"%{b:x2}")),
        System.Net.WebUtility.HtmlEncode(value),
        Convert.ToBase64String(Encoding.UTF8.GetBytes(value)),
        Convert.ToBase64String(Encoding.UTF8.GetBytes("u:" + value)),
        Convert.ToBase64String(Encoding.UTF8.GetBytes("a" + value)).Replace('+', '-').Replace('/', '_').TrimEnd('='),
    ];

    /// <summary>What was found of it, or null.</summary>
    public string? FindIn(ReadOnlySpan<byte> bytes)
    {
        foreach (var (what, trace) in traces)
        {
            var at = bytes.IndexOf(trace);
            if (at >= 0)
                return $"{Name} {what} at {at}: …{Encoding.UTF8.GetString(bytes[Math.Max(0, at - 60)..Math.Min(bytes.Length, at + trace.Length + 40)])}…";
        }
        return null;
    }

    static IEnumerable<(string What, byte[] Bytes)> Traces(string value)
    {
        var utf8 = Encoding.UTF8.GetBytes(value);
        foreach (var part in Parts(value))
            yield return ("in clear", Encoding.UTF8.GetBytes(part));
        yield return ("as UTF-16", Encoding.Unicode.GetBytes(value));
        yield return ("as hexadecimal digits", Encoding.UTF8.GetBytes(Convert.ToHexStringLower(utf8)));
        yield return ("escaped", Encoding.UTF8.GetBytes(string.Concat(value.Take(Part).Select(c => $"\\u{(int)c:x4}"))));
        yield return ("percent-encoded", Encoding.UTF8.GetBytes(string.Concat(utf8.Take(Part).Select(b => $"%{b:x2}"))));
        foreach (var part in Parts(JavaScriptEncoder.Default.Encode(value)))
            yield return ("as JSON", Encoding.UTF8.GetBytes(part));
        foreach (var part in Parts(Uri.EscapeDataString(value)))
            yield return ("percent-encoded", Encoding.UTF8.GetBytes(part));
        for (var before = 0; before < 3; before++)
        {
            // The characters at both ends depend on the neighbours too.
            var base64 = Convert.ToBase64String([.. new byte[before], .. utf8]).TrimEnd('=')[4..^2];
            foreach (var part in Parts(base64).SelectMany(p => new[] { p, p.Replace('+', '-').Replace('/', '_') }))
                yield return ("in base64", Encoding.UTF8.GetBytes(part));
        }
    }

    static IEnumerable<string> Parts(string text)
    {
        for (var i = 0; i + Part <= text.Length; i++)
            yield return text.Substring(i, Part);
    }
}
