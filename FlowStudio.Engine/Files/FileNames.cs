using System.Collections.Frozen;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace FlowStudio.Engine.Files;

/// <summary>What strangers call their files, made harmless: names are for people to read and never name anything on this machine's disk.</summary>
static class FileNames
{
    public const string UnknownType = "application/octet-stream";

    const int MaxLength = 200;
    const string Nameless = "file";

    static readonly FrozenDictionary<string, string> TypeByEnding = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        [".txt"] = "text/plain",
        [".text"] = "text/plain",
        [".log"] = "text/plain",
        [".md"] = "text/markdown",
        [".markdown"] = "text/markdown",
        [".csv"] = "text/csv",
        [".tsv"] = "text/tab-separated-values",
        [".html"] = "text/html",
        [".htm"] = "text/html",
        [".xml"] = "application/xml",
        [".json"] = "application/json",
        [".jsonl"] = "application/jsonl",
        [".ndjson"] = "application/x-ndjson",
        [".yaml"] = "application/yaml",
        [".yml"] = "application/yaml",
        [".pdf"] = "application/pdf",
        [".zip"] = "application/zip",
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".gif"] = "image/gif",
        [".webp"] = "image/webp",
        [".mp3"] = "audio/mpeg",
        [".wav"] = "audio/wav",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The last part of a path of any system, without control and direction characters, 200 characters at most; never empty.</summary>
    public static string Clean(string? name)
    {
        var last = (name ?? "").AsSpan();
        if (last.LastIndexOfAny('/', '\\') is >= 0 and var at)
            last = last[(at + 1)..];
        var clean = new StringBuilder(Math.Min(last.Length, MaxLength));
        foreach (var rune in last.EnumerateRunes())
        {
            // Half surrogates come as U+FFFD; formats such as U+202E would show "fdp.exe" as "exe.pdf".
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                continue;
            if (clean.Length + rune.Utf16SequenceLength > MaxLength)
                break;
            clean.Append(rune);
        }
        var text = clean.ToString().Trim();
        return text is "" or "." or ".." ? Nameless : text;
    }

    /// <summary>The type that was given when it is one, else the one that the name's ending stands for.</summary>
    public static string TypeOf(string name, string? given)
    {
        if (given is { Length: > 0 and <= 200 } && given != UnknownType && MediaTypeHeaderValue.TryParse(given, out var type) && type.MediaType is not null)
            return type.ToString();
        return TypeByEnding.GetValueOrDefault(Path.GetExtension(name), UnknownType);
    }
}
