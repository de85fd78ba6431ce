using System.Buffers;
using System.Globalization;
using System.Text;

namespace FlowStudio.Engine.Secrets;

/// <summary>
/// Takes secrets out of JSON so that it stays JSON: strings and keys are looked at as what they mean, and only the characters of the secret
/// are replaced; everything else stays byte for byte. A number that is a secret becomes a string.
/// </summary>
ref struct JsonRedaction
{
    readonly NeedleSet needles;
    readonly ReadOnlySpan<char> json;
    readonly StringBuilder output;
    int copied;

    JsonRedaction(NeedleSet needles, ReadOnlySpan<char> json)
    {
        this.needles = needles;
        this.json = json;
        output = new StringBuilder();
    }

    /// <summary>Whether a secret was found; <paramref name="redacted"/> is then the JSON without it.</summary>
    public static bool TryRedact(NeedleSet needles, ReadOnlySpan<byte> utf8, out byte[]? redacted)
    {
        redacted = null;
        if (needles.IsEmpty)
            return false;
        var buffer = ArrayPool<char>.Shared.Rent(utf8.Length);
        try
        {
            var text = buffer.AsSpan(0, Encoding.UTF8.GetChars(utf8, buffer));
            if (!needles.MayOccur(text) || !NeedsReading(needles, text))
                return false;
            var result = new JsonRedaction(needles, text).Run();
            redacted = result is null ? null : Encoding.UTF8.GetBytes(result);
            return result is not null;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer, clearArray: true);
        }
    }

    // Read as a plain text, JSON shows secrets even where they are escaped; but for one whose escapes are themselves escaped.
    static bool NeedsReading(NeedleSet needles, ReadOnlySpan<char> json) =>
        json.Contains("\\u", StringComparison.Ordinal)
        || (needles.HasBackslash && json.Contains('\\'))
        || needles.TryNext(json, 0, final: true, out _, out _);

    string? Run()
    {
        var keys = new Stack<HashSet<string>?>();
        for (var at = 0; at < json.Length;)
        {
            switch (json[at])
            {
                case '"':
                    var end = EndOfString(at);
                    var written = output.Length + at + 1 - copied;
                    if (RedactString(at + 1, end) && IsKey(end + 1))
                        KeepKeysApart(keys, written);
                    at = end + 1;
                    break;
                case '-' or (>= '0' and <= '9'):
                    at = RedactNumber(at);
                    break;
                case '{' or '[':
                    keys.Push(null);
                    at++;
                    break;
                case '}' or ']':
                    keys.TryPop(out _);
                    at++;
                    break;
                default:
                    at++;
                    break;
            }
        }
        string? text = null;
        if (copied > 0)
        {
            CopyTo(json.Length);
            text = output.ToString();
        }
        // What is still there reaches over several values, as when the secret is itself JSON.
        return needles.FindLiteral(text ?? json) is { } mark ? $"\"{mark}\"" : text;
    }

    bool RedactString(int start, int end)
    {
        var content = json[start..end];
        if (!content.Contains('\\'))
            return Replace(content, start, map: null, end);
        var text = ArrayPool<char>.Shared.Rent(content.Length);
        var map = ArrayPool<int>.Shared.Rent(content.Length + 1);
        try
        {
            return Replace(text.AsSpan(0, Unescape(content, text, map)), start, map, end);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(text, clearArray: true);
            ArrayPool<int>.Shared.Return(map);
        }
    }

    int RedactNumber(int start)
    {
        var length = json[start..].IndexOfAnyExcept("+-.0123456789eE");
        var end = length < 0 ? json.Length : start + length;
        var quote = output.Length + start - copied;
        if (Replace(json[start..end], start, map: null, end))
            output.Insert(quote, '"').Append('"');
        return end;
    }

    /// <summary>Replaces what is found in <paramref name="text"/>, whose character i is at <paramref name="start"/> + map[i] of the JSON.</summary>
    bool Replace(ReadOnlySpan<char> text, int start, int[]? map, int end)
    {
        var found = false;
        for (var from = 0; needles.TryNext(text, from, final: true, out var hit, out _); from = hit.End)
        {
            CopyTo(start + (map is null ? hit.Start : map[hit.Start]));
            output.Append(hit.Mark);
            copied = start + (map is null ? hit.End : map[hit.End]);
            found = true;
        }
        if (found)
            CopyTo(end);
        return found;
    }

    void CopyTo(int end)
    {
        output.Append(json[copied..end]);
        copied = end;
    }

    // One secret written in two ways may have been two keys; as marks they would be one.
    readonly void KeepKeysApart(Stack<HashSet<string>?> keys, int written)
    {
        if (!keys.TryPop(out var seen))
            return;
        seen ??= new(StringComparer.Ordinal);
        var key = output.ToString(written, output.Length - written);
        var apart = key;
        for (var number = 2; !seen.Add(apart); number++)
            apart = string.Create(CultureInfo.InvariantCulture, $"{key} {number}");
        output.Append(apart, key.Length, apart.Length - key.Length);
        keys.Push(seen);
    }

    readonly int EndOfString(int quote)
    {
        for (var at = quote + 1; at < json.Length; at++)
        {
            var next = json[at..].IndexOfAny('"', '\\');
            if (next < 0)
                break;
            at += next;
            if (json[at] == '"')
                return at;
            at++;
        }
        return json.Length;
    }

    readonly bool IsKey(int at)
    {
        while (at < json.Length && json[at] is ' ' or '\t' or '\r' or '\n')
            at++;
        return at < json.Length && json[at] == ':';
    }

    // Halves of surrogate pairs pass as they are: this is for looking, not for keeping.
    static int Unescape(ReadOnlySpan<char> content, Span<char> text, Span<int> map)
    {
        var length = 0;
        var at = 0;
        while (at < content.Length)
        {
            map[length] = at;
            if (content[at] != '\\' || at + 1 >= content.Length)
            {
                text[length++] = content[at++];
                continue;
            }
            var c = content[at + 1];
            if (c == 'u' && at + 6 <= content.Length
                && ushort.TryParse(content.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            {
                text[length++] = (char)unit;
                at += 6;
                continue;
            }
            text[length++] = c switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', _ => c };
            at += 2;
        }
        map[length] = content.Length;
        return length;
    }
}
