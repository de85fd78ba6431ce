using System.Globalization;
using System.Text;

namespace FlowStudio.Engine.Components;

/// <summary>
/// A command line as words, by the rules of the shell it was copied from: bash and its kin, or Windows' cmd, which is known by its carets. Nothing is run:
/// what only a shell could answer (another command's output) is refused. A variable, <c>$NAME</c>, becomes what the caller says it is.
/// </summary>
sealed class ShellWords
{
    readonly string text;
    readonly Func<string, string> variable;
    readonly List<string> words = [];
    readonly StringBuilder word = new();
    bool inWord;
    int at;

    ShellWords(string text, Func<string, string> variable) => (this.text, this.variable) = (text, variable);

    /// <summary>What ended the command before the text did, such as a pipe; empty when nothing did.</summary>
    public string Rest { get; private set; } = "";

    public IReadOnlyList<string> Words => words;

    /// <exception cref="CurlException">A quote is never closed, or the shell would have to run something.</exception>
    public static ShellWords Split(string command, Func<string, string> variable)
    {
        var line = command.ReplaceLineEndings("\n").Trim();
        var split = IsCmd(line) ? new ShellWords(WithoutCarets(line), variable) : new ShellWords(line, variable);
        if (IsCmd(line))
            split.ReadCmd();
        else
            split.ReadBash();
        return split;
    }

    static bool IsCmd(string text) => text.Contains("^\n", StringComparison.Ordinal) || text.Contains("^\"", StringComparison.Ordinal);

    void ReadBash()
    {
        while (at < text.Length)
        {
            var c = text[at];
            switch (c)
            {
                case ' ' or '\t' or '\n':
                    End();
                    at++;
                    break;
                case '\\':
                    Backslash();
                    break;
                case '\'':
                    SingleQuoted();
                    break;
                case '"':
                    DoubleQuoted();
                    break;
                case '$' when Next(1) is '\'':
                    at++;
                    AnsiQuoted();
                    break;
                case '$' when Next(1) is '"':
                    at++;
                    break;
                case '$':
                    Dollar();
                    break;
                // PowerShell's way to go on in the next line.
                case '`' when Next(1) is '\n':
                    at += 2;
                    break;
                case '`':
                    throw new CurlException("The command has a backtick, which would run another command. Put its output there instead.");
                case '#' when !inWord:
                    at = text.IndexOf('\n', at) is >= 0 and var line ? line : text.Length;
                    break;
                case '|' or '>' or '<' or ';':
                    Stop();
                    break;
                // An address whose quotes were forgotten has it between two letters; the shell's own stands alone.
                case '&' when !inWord || at + 1 == text.Length || text[at + 1] is ' ' or '\t' or '\n' or '&':
                    Stop();
                    break;
                default:
                    Add(c);
                    at++;
                    break;
            }
        }
        End();
    }

    void Backslash()
    {
        if (Next(1) is not '\n')
            Add(at + 1 < text.Length ? text[at + 1] : '\\');
        at += 2;
    }

    void SingleQuoted()
    {
        var end = text.IndexOf('\'', at + 1);
        if (end < 0)
            throw Unclosed('\'');
        Add(text.AsSpan(at + 1, end - at - 1));
        at = end + 1;
    }

    void DoubleQuoted()
    {
        var start = at++;
        Add([]);
        while (at < text.Length && text[at] != '"')
        {
            switch (text[at])
            {
                case '\\' when Next(1) is '"' or '\\' or '$' or '`':
                    Add(text[at + 1]);
                    at += 2;
                    break;
                case '\\' when Next(1) is '\n':
                    at += 2;
                    break;
                case '$':
                    Dollar();
                    break;
                case '`':
                    throw new CurlException("The command has a backtick, which would run another command. Put its output there instead.");
                default:
                    Add(text[at++]);
                    break;
            }
        }
        if (at >= text.Length)
        {
            at = start;
            throw Unclosed('"');
        }
        at++;
    }

    /// <summary><c>$'…'</c>, as browsers copy bodies with line breaks and other signs.</summary>
    void AnsiQuoted()
    {
        var start = at++;
        Add([]);
        while (at < text.Length && text[at] != '\'')
        {
            if (text[at] != '\\' || at + 1 >= text.Length)
            {
                Add(text[at++]);
                continue;
            }
            var escaped = text[at + 1];
            at += 2;
            switch (escaped)
            {
                case 'x':
                    Code(2, 16);
                    break;
                case 'u':
                    Code(4, 16);
                    break;
                case 'U':
                    Code(8, 16);
                    break;
                case >= '0' and <= '7':
                    at--;
                    Code(3, 8);
                    break;
                default:
                    Add(escaped switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'a' => '\a', 'b' => '\b', 'e' or 'E' => '\e', 'f' => '\f', 'v' => '\v', _ => escaped });
                    break;
            }
        }
        if (at >= text.Length)
        {
            at = start;
            throw Unclosed('\'');
        }
        at++;
    }

    /// <summary>A character by its number. Two halves of a pair, as browsers write what lies beyond U+FFFF, come one after the other.</summary>
    void Code(int digits, int radix)
    {
        var start = at;
        while (at < text.Length && at - start < digits && (radix is 16 ? char.IsAsciiHexDigit(text[at]) : text[at] is >= '0' and <= '7'))
            at++;
        if (at == start)
            throw new CurlException("The command has a \\x or \\u without digits. Correct it, or paste the text itself.");
        var code = radix is 16 ? uint.Parse(text.AsSpan(start, at - start), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : Convert.ToUInt32(text[start..at], 8);
        if (code > 0x10FFFF)
            throw new CurlException("The command has a \\U that is no character. Correct it, or paste the text itself.");
        Add(code > 0xFFFF ? char.ConvertFromUtf32((int)code) : [(char)code]);
    }

    void Dollar()
    {
        if (Next(1) is '(')
            throw new CurlException("The command has $(…), which would run another command. Put its output there, or a variable such as $NAME.");
        var braces = Next(1) is '{';
        var start = at + (braces ? 2 : 1);
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
            end++;
        var name = text[start..end];
        if (braces ? end < text.Length && text[end] == '}' && VariableReference.IsName(name) : VariableReference.IsName(name))
        {
            Add(variable(name));
            at = braces ? end + 1 : end;
        }
        else if (braces)
        {
            throw new CurlException("The command has a ${…} that is more than a name. Write $NAME, and keep the value under Variables.");
        }
        else
        {
            Add(text[at++]);
        }
    }

    /// <summary>As Windows programs take their line apart: quotes group, backslashes matter before quotes only.</summary>
    void ReadCmd()
    {
        var quoted = false;
        while (at < text.Length)
        {
            var c = text[at];
            if (!quoted && c is ' ' or '\t' or '\n' && !quoted)
            {
                End();
                at++;
            }
            else if (c == '\\')
            {
                var count = 0;
                while (Next(count) is '\\')
                    count++;
                var beforeQuote = Next(count) is '"';
                Add(new string('\\', beforeQuote ? count / 2 : count));
                at += count;
                if (beforeQuote && count % 2 == 1)
                {
                    Add('"');
                    at++;
                }
            }
            else if (c == '"' && quoted && Next(1) is '"')
            {
                Add('"');
                at += 2;
            }
            else if (c == '"')
            {
                quoted = !quoted;
                Add([]);
                at++;
            }
            else if (!quoted && c is '|' or '>' or '&' && !quoted)
            {
                Stop();
            }
            else
            {
                Add(c);
                at++;
            }
        }
        if (quoted)
            throw Unclosed('"');
        End();
    }

    /// <summary>cmd's own pass: outside of quotes a caret makes the next character an ordinary one, and at a line's end joins the lines.</summary>
    static string WithoutCarets(string text)
    {
        var plain = new StringBuilder(text.Length);
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '^' && !quoted && i + 1 < text.Length)
            {
                i++;
                if (text[i] != '\n')
                    plain.Append(text[i]);
                else if (i + 1 < text.Length && text[i + 1] is '\n')
                    plain.Append(text[++i]);
                continue;
            }
            if (text[i] == '"')
                quoted = !quoted;
            plain.Append(text[i]);
        }
        return plain.ToString();
    }

    char? Next(int offset) => at + offset < text.Length ? text[at + offset] : null;

    void Add(char c) => Add([c]);

    void Add(ReadOnlySpan<char> part)
    {
        word.Append(part);
        inWord = true;
    }

    void End()
    {
        if (inWord)
            words.Add(word.ToString());
        word.Clear();
        inWord = false;
    }

    void Stop()
    {
        End();
        Rest = text[at..];
        at = text.Length;
    }

    CurlException Unclosed(char quote) => new(string.Create(CultureInfo.InvariantCulture,
        $"The quote {quote} in line {text.AsSpan(0, at).Count('\n') + 1} is never closed. Copy the command whole."));
}
