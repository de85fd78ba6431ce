using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace FlowStudio.Engine.Secrets;

/// <summary>A value that must not be shown, and the name to show instead.</summary>
public sealed record SecretText(string Name, string Value);

/// <summary>
/// The one place that keeps secrets out of what is stored, streamed, logged or shown, by their value: as they are, escaped as JSON, percent- or
/// HTML-encoded, in base64, and nested. In their place stands <c>***NAME***</c>. Values under six characters are not looked for.
/// One per process; the vault tells it what to look for. Thread-safe.
/// </summary>
/// <remarks>
/// A value that was replaced or deleted is still looked for until the process ends (the last <see cref="MaxRetired"/> of them): a run that
/// began with it may still get it echoed.
/// </remarks>
public sealed class SecretRedactor
{
    /// <summary>Former values that are still looked for.</summary>
    public const int MaxRetired = 128;

    readonly Lock changing = new();
    readonly List<SecretText> retired = [];
    readonly SecretRedactor? wider;
    readonly IReadOnlyList<SecretText> own = [];
    IReadOnlyList<SecretText> known = [];
    volatile Sought sought = new([], tokens: false, NeedleSet.Empty);
    volatile Joined? joined;

    public SecretRedactor()
    {
    }

    SecretRedactor(SecretRedactor wider, IReadOnlyList<SecretText> own) => (this.wider, this.own) = (wider, own);

    /// <summary>Whether there is nothing to look for.</summary>
    public bool IsEmpty => Needles.IsEmpty;

    internal NeedleSet Needles => wider is null ? sought.Needles : JoinedWith(wider.sought);

    /// <summary>A redactor that looks for these too, for work that alone knows them; what this one learns later, that one knows.</summary>
    public SecretRedactor With(IReadOnlyList<SecretText> secrets) => secrets.Count == 0 ? this : new(wider ?? this, [.. own, .. secrets]);

    /// <summary>Looks for these from now on.</summary>
    /// <param name="open">Values that may be shown: former secrets among them are secret no longer.</param>
    /// <param name="webhookTokens">Whether to look for tokens and keys that the server makes, whichever they are.</param>
    public void Use(IEnumerable<SecretText> secrets, IEnumerable<string> open, bool webhookTokens)
    {
        lock (changing)
        {
            IReadOnlyList<SecretText> next = [.. secrets];
            retired.AddRange(known.Where(k => next.All(n => n.Value != k.Value)));
            var current = next.Select(n => n.Value).Concat(open).ToHashSet(StringComparer.Ordinal);
            retired.RemoveAll(r => current.Contains(r.Value));
            if (retired.Count > MaxRetired)
                retired.RemoveRange(0, retired.Count - MaxRetired);
            known = next;
            IReadOnlyList<SecretText> texts = [.. next, .. retired];
            sought = new(texts, webhookTokens, NeedlesOf(texts, webhookTokens));
        }
    }

    /// <summary>The text without secrets; the same instance when there is none in it.</summary>
    public string Redact(string text) => Needles.Replace(text);

    /// <summary>The bytes without secrets, whatever they are: UTF-8, or else taken byte by byte; the same array when there is none in it.</summary>
    public byte[] Redact(byte[] bytes)
    {
        if (IsEmpty)
            return bytes;
        var encoding = Utf8.IsValid(bytes) ? Encoding.UTF8 : Encoding.Latin1;
        var text = encoding.GetString(bytes);
        var redacted = Redact(text);
        return ReferenceEquals(text, redacted) ? bytes : encoding.GetBytes(redacted);
    }

    /// <summary>
    /// Whether the UTF-8 JSON holds a secret, in a string, a key or a number; <paramref name="redacted"/> is then the JSON without it, and as
    /// valid as it was.
    /// </summary>
    public bool TryRedactJson(ReadOnlySpan<byte> json, out byte[]? redacted) => JsonRedaction.TryRedact(Needles, json, out redacted);

    /// <summary>The value without secrets; itself when there is none in it.</summary>
    public JsonElement Redact(JsonElement value) =>
        !IsEmpty && value.ValueKind is not JsonValueKind.Undefined && TryRedactJson(JsonText.Utf8(value), out var redacted) ? JsonText.Parse(redacted) : value;

    /// <summary>What an exception says, and those it was caused by, without secrets.</summary>
    public string RedactException(Exception exception)
    {
        var text = new StringBuilder(exception.Message);
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (!text.ToString().Contains(inner.Message, StringComparison.Ordinal))
                text.Append(" (").Append(inner.Message).Append(')');
        }
        return Redact(text.ToString());
    }

    /// <summary>A redactor for a text that comes in pieces.</summary>
    public StreamRedactor Stream() => new(this);

    NeedleSet JoinedWith(Sought theirs)
    {
        var both = joined;
        if (both?.Theirs != theirs)
            joined = both = new(theirs, NeedlesOf([.. own, .. theirs.Texts], theirs.Tokens));
        return both.Needles;
    }

    static NeedleSet NeedlesOf(IReadOnlyList<SecretText> texts, bool tokens)
    {
        Needle[] all = [.. texts.SelectMany(Secrets.Needles.Of), .. tokens ? Secrets.Needles.OfTokens() : []];
        return all.Length == 0 ? NeedleSet.Empty : new(all);
    }

    /// <summary>What is looked for, as one.</summary>
    sealed class Sought(IReadOnlyList<SecretText> texts, bool tokens, NeedleSet needles)
    {
        public IReadOnlyList<SecretText> Texts { get; } = texts;

        public bool Tokens { get; } = tokens;

        public NeedleSet Needles { get; } = needles;
    }

    sealed record Joined(Sought Theirs, NeedleSet Needles);
}

/// <summary>
/// Redacts a text that comes in pieces: what could be the beginning of a secret is held back until it is clear. However the text is cut,
/// the pieces that come out make the same text that <see cref="SecretRedactor.Redact(string)"/> makes of the whole. Not thread-safe.
/// </summary>
public sealed class StreamRedactor
{
    readonly SecretRedactor redactor;
    string held = "";

    internal StreamRedactor(SecretRedactor redactor) => this.redactor = redactor;

    /// <summary>What can be shown once <paramref name="piece"/> has come; may be empty.</summary>
    public string Push(string piece)
    {
        if (held.Length == 0 && redactor.IsEmpty)
            return piece;
        return Next(held.Length == 0 ? piece : held + piece, final: false);
    }

    /// <summary>The rest, when no more comes.</summary>
    public string Flush() => held.Length == 0 ? "" : Next(held, final: true);

    string Next(string text, bool final)
    {
        var needles = redactor.Needles;
        var from = 0;
        StringBuilder? output = null;
        int clear;
        while (needles.TryNext(text, from, final, out var hit, out clear))
        {
            (output ??= new(text.Length)).Append(text, from, hit.Start - from).Append(hit.Mark);
            from = hit.End;
        }
        held = text[clear..];
        return output is null ? text[..clear] : output.Append(text, from, clear - from).ToString();
    }
}
