using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FlowStudio.Engine.Components;

/// <summary>A curl command cannot be taken over; the message says which part, why, and what to do.</summary>
public sealed class CurlException(string message) : Exception(message);

/// <summary>
/// A curl command as settings of an API Request. Values of shell variables, <c>$NAME</c>, come from variables of that name; files are named by their ids
/// (<c>-F doc=@{file id}</c>), because what lies on the machine that the command was copied from is not here.
/// </summary>
public sealed class CurlCommand
{
    /// <summary>The longest command that is read, in characters.</summary>
    public const int MaxLength = 1_000_000;

    // A variable in a text that stays a reference: between two characters that nobody types.
    const char Begin = '\uE000', End = '\uE001';
    const string FormType = "application/x-www-form-urlencoded";

    static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

    /// <summary>Headers that the connection sets itself.</summary>
    static readonly string[] ConnectionHeaders =
        ["Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", "TE", "Trailer", "Expect", "Accept-Encoding"];

    readonly Func<string, string?>? lookup;
    readonly List<string> notes = [];
    readonly List<KeyValuePair<string, string>> headers = [];
    readonly List<string> data = [];
    readonly List<KeyValuePair<string, string>> form = [];
    readonly StringBuilder json = new();
    string? url, method, bodyFile;
    double? maxTime;
    bool get, head, isJson, isForm, follow, saves;

    CurlCommand(Func<string, string?>? lookup) => this.lookup = lookup;

    /// <summary>What a person should know of what was left out or taken otherwise.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>Takes a command apart.</summary>
    /// <param name="lookup">The value of a variable, null when it is not set; without it variables stay references.</param>
    /// <exception cref="CurlException">It is no curl command, or has what FlowStudio does not do.</exception>
    public static CurlCommand Parse(string command, Func<string, string?>? lookup = null)
    {
        if (command.Length > MaxLength)
            throw new CurlException($"The command has more than {MaxLength} characters. Send large bodies as a file.");
        if (command.AsSpan().ContainsAny(Begin, End))
            throw new CurlException("The command has a character for private use (U+E000 or U+E001). Take it out.");
        var parsed = new CurlCommand(lookup);
        var split = ShellWords.Split(command, parsed.Variable);
        if (split.Rest.Length > 0)
            parsed.notes.Add($"What follows curl was left out: {Excerpt.Of(split.Rest, 60)}");
        parsed.Read(split.Words);
        return parsed;
    }

    /// <summary>The variables that a command names, each once; none when it cannot be taken over.</summary>
    public static IReadOnlyList<string> Variables(string command)
    {
        var names = new List<string>();
        try
        {
            Parse(command, name =>
            {
                if (!names.Contains(name, StringComparer.Ordinal))
                    names.Add(name);
                return "";
            });
        }
        catch (CurlException)
        {
            // What cannot be called reads nothing; the flow's problems say why.
            return [];
        }
        return names;
    }

    /// <summary>The settings of an API Request that makes the same call: all that <see cref="ApiRequest"/> needs, defaults left out.</summary>
    public IReadOnlyDictionary<string, JsonElement> ToSettings()
    {
        var settings = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var sent = Method();
        if (sent != "GET")
            settings["method"] = JsonText.Element(sent);
        var address = url ?? throw new CurlException("The command has no address. Copy it whole.");
        settings["url_input"] = Setting(get && data.Count > 0 ? WithQuery(address, string.Join('&', data)) : address);
        if (!get)
            AddBody(settings);
        if (headers.Count > 0)
            settings["headers"] = Rows(headers);
        if (follow)
            settings["follow_redirects"] = JsonText.True;
        if (saves)
            settings["save_to_file"] = JsonText.True;
        if (maxTime is { } seconds)
            settings["timeout"] = JsonSerializer.SerializeToElement(Math.Clamp(seconds, 0.1, 3600));
        return settings;
    }

    void Read(IReadOnlyList<string> words)
    {
        var at = words is ["$" or "%" or ">", ..] ? 1 : 0;
        if (at >= words.Count || !(words[at] is "curl" or "curl.exe" || words[at].EndsWith("/curl", StringComparison.Ordinal)))
            throw new CurlException("This is no curl command: it must begin with curl.");
        for (at++; at < words.Count; at++)
        {
            var word = words[at];
            if (word.StartsWith("--", StringComparison.Ordinal))
                Take(word, () => Value(word));
            else if (word is ['-', _, ..])
                TakeShort(word);
            else
                SetUrl(word);
        }

        string Value(string option) => ++at < words.Count ? words[at] : throw new CurlException($"The option {option} has no value. Copy the command whole.");

        // Letters without values may stand together, -sSL; the value of the last may stand right after it, -XPOST.
        void TakeShort(string word)
        {
            for (var i = 1; i < word.Length; i++)
            {
                var name = "-" + word[i];
                if (CurlOptions.Find(name) is { } option && CurlOptions.TakesValue(option) && i + 1 < word.Length)
                {
                    var rest = word[(i + 1)..];
                    Take(name, () => rest);
                    return;
                }
                Take(name, () => Value(name));
            }
        }
    }

    void Take(string name, Func<string> value)
    {
        switch (CurlOptions.Find(name))
        {
            case null:
                throw new CurlException($"The option {Excerpt.Of(Plain(name), 40)} of curl is not known here. Leave it out, or set what it does by hand.");
            case CurlOption.Refused:
                throw new CurlException($"The option {name} {CurlOptions.Refused[name]}");
            case CurlOption.IgnoredWithValue:
                value();
                break;
            case CurlOption.Url:
                SetUrl(value());
                break;
            case CurlOption.Method:
                method = value();
                break;
            case CurlOption.Header:
                AddHeader(value());
                break;
            case CurlOption.Data:
                AddData(name, value());
                break;
            case CurlOption.DataRaw:
                data.Add(value());
                break;
            case CurlOption.DataUrlEncoded:
                data.Add(Encoded(value()));
                break;
            case CurlOption.Json:
                isJson = true;
                json.Append(NoFile(name, value()));
                break;
            case CurlOption.Form:
                AddForm(value());
                break;
            case CurlOption.FormText:
                AddForm(value(), literal: true);
                break;
            case CurlOption.User:
                AddUser(value());
                break;
            case CurlOption.UserAgent:
                SetHeader("User-Agent", value());
                break;
            case CurlOption.Referer:
                SetHeader("Referer", value());
                break;
            case CurlOption.Cookie:
                AddCookie(value());
                break;
            case CurlOption.MaxTime:
                maxTime = double.TryParse(value(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds > 0 ? seconds : null;
                break;
            case CurlOption.SaveAs:
                saves |= value() is not ("-" or "/dev/null" or "NUL");
                break;
            case CurlOption.Save:
                saves = true;
                break;
            case CurlOption.Get:
                get = true;
                break;
            case CurlOption.Head:
                head = true;
                break;
            case CurlOption.Follow:
                follow = true;
                break;
        }
    }

    string Method()
    {
        var sent = method ?? (head ? "HEAD" : !get && (data.Count > 0 || isJson || isForm || bodyFile is not null) ? "POST" : "GET");
        if (!Methods.Contains(sent, StringComparer.Ordinal))
            throw new CurlException($"The method {Excerpt.Of(Plain(sent), 40)} is not among {string.Join(", ", Methods)}.");
        return sent;
    }

    void SetUrl(string word)
    {
        if (url is not null)
            throw new CurlException($"The command has two addresses, the second being {Excerpt.Of(Plain(word).Split('?')[0], 60)}. Use one API Request for each, or put quotes around what belongs together.");
        // As curl guesses; a path alone is for the guarded client to judge.
        url = word.Contains("://", StringComparison.Ordinal) || word.StartsWith('/') || word.StartsWith(Begin) ? word : "http://" + word;
    }

    void AddHeader(string line)
    {
        if (line.StartsWith('@'))
            throw new CurlException("The option -H reads headers from a file of the machine that curl runs on. Write them out.");
        var colon = line.IndexOf(':', 1 <= line.Length ? 1 : 0);
        // "Name;" sends an empty header, "Name:" takes one away that curl would send.
        if (colon < 0 && line.EndsWith(';'))
            SetHeader(line[..^1].Trim(), "");
        else if (colon > 0 && line[(colon + 1)..].Trim() is { Length: > 0 } value)
            SetHeader(line[..colon].Trim(), value);
    }

    void SetHeader(string name, string value)
    {
        // HTTP/2's own, as some browsers copy them.
        if (name.StartsWith(':') || ConnectionHeaders.Contains(name, StringComparer.OrdinalIgnoreCase))
            return;
        if (value.Length > 0 && !value.Contains(Begin) && lookup is null && name.ToLowerInvariant() is "authorization" or "x-api-key" or "cookie")
            notes.Add($"The header {name} holds its value in the clear. Keep it under Variables, and write $NAME in the command or choose the variable in the settings.");
        headers.Add(new(name, value));
    }

    void AddData(string option, string value)
    {
        if (value.StartsWith('@') && Guid.TryParse(value.AsSpan(1), CultureInfo.InvariantCulture, out var id))
            bodyFile = id.ToString();
        else
            data.Add(NoFile(option, value));
    }

    static string NoFile(string option, string value) => value.StartsWith('@')
        ? throw new CurlException($"The option {option} {Excerpt.Of(value, 60)} reads a file of the machine that curl runs on. Upload it (POST /v1/files) and write @ and its id.")
        : value;

    static string Encoded(string value)
    {
        var sign = value.IndexOfAny(['=', '@']);
        if (sign >= 0 && value[sign] == '@')
            throw new CurlException("The option --data-urlencode reads a file of the machine that curl runs on. Write its content out.");
        return sign <= 0 ? Escape(value[(sign + 1)..]) : $"{value[..sign]}={Escape(value[(sign + 1)..])}";
    }

    void AddForm(string value, bool literal = false)
    {
        isForm = true;
        var sign = value.IndexOf('=', StringComparison.Ordinal);
        if (sign <= 0)
            throw new CurlException($"The form field {Excerpt.Of(Plain(value), 40)} has no name. Write name=value.");
        var (name, content) = (value[..sign], value[(sign + 1)..]);
        if (!literal && content.IndexOf(";type=", StringComparison.Ordinal) is > 0 and var type)
            content = content[..type];
        if (!literal && content is ['@' or '<', ..])
        {
            var file = content[1..].Split(';')[0];
            if (!Guid.TryParse(file, CultureInfo.InvariantCulture, out var id))
                throw new CurlException($"The form field {Excerpt.Of(Plain(name), 40)} reads a file of the machine that curl runs on. Upload it (POST /v1/files) and write {name}=@ and its id.");
            content = "@" + id;
        }
        form.Add(new(name, content));
    }

    void AddUser(string user)
    {
        if (user.Contains(Begin))
            throw new CurlException("The option -u has a variable in it. Keep user:password in Base64 as a variable, and send the header Authorization: Basic $NAME.");
        SetHeader("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(user.Contains(':', StringComparison.Ordinal) ? user : user + ":")));
    }

    void AddCookie(string cookie)
    {
        if (!cookie.Contains('=', StringComparison.Ordinal) && !cookie.Contains(Begin))
            throw new CurlException("The option -b reads cookies from a file of the machine that curl runs on. Write name=value.");
        SetHeader("Cookie", cookie);
    }

    void AddBody(Dictionary<string, JsonElement> settings)
    {
        if (bodyFile is not null)
        {
            if (data.Count > 0 || isForm || isJson)
                throw new CurlException("The command has a file and other data for one body. Send one of them.");
            (settings["body_type"], settings["file"]) = (JsonText.Element("file"), JsonText.Element(bodyFile));
            DefaultHeader("Content-Type", FormType);
        }
        else if (isForm)
        {
            if (data.Count > 0 || isJson)
                throw new CurlException("The command has a form (-F) and other data for one body. Send one of them.");
            (settings["body_type"], settings["form"]) = (JsonText.Element("multipart"), Rows(form));
        }
        else if (isJson)
        {
            DefaultHeader("Accept", "application/json");
            DefaultHeader("Content-Type", "application/json");
            AddText(settings, json.ToString());
        }
        else if (data.Count > 0)
        {
            var text = string.Join('&', data);
            DefaultHeader("Content-Type", FormType);
            if (ContentType() == FormType && Pairs(text) is { } pairs)
            {
                headers.RemoveAll(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase));
                (settings["body_type"], settings["form"]) = (JsonText.Element("form"), Rows(pairs));
            }
            else
            {
                AddText(settings, text);
            }
        }
    }

    void AddText(Dictionary<string, JsonElement> settings, string text)
    {
        settings["body_type"] = JsonText.Element("text");
        if (!text.Contains(Begin) && ContentType().Contains("json", StringComparison.OrdinalIgnoreCase) && JsonCheck.TryParse(Encoding.UTF8.GetBytes(text), out var value, out _)
            && value.ValueKind is JsonValueKind.Object or JsonValueKind.Array && !VariableReference.TryRead(value, out _))
        {
            // Easier to edit than a text of it.
            settings["body_type"] = JsonText.Element("json");
            settings["body"] = value;
        }
        else
        {
            settings["body"] = Setting(text);
        }
    }

    string ContentType() => headers.Find(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value ?? "";

    void DefaultHeader(string name, string value)
    {
        if (!headers.Exists(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)))
            headers.Add(new(name, value));
    }

    /// <summary>The fields of a form, when encoding them again gives the same bytes; a body that is no form, such as JSON sent as one, is left alone.</summary>
    static List<KeyValuePair<string, string>>? Pairs(string text)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var part in text.Split('&'))
        {
            var sign = part.IndexOf('=', StringComparison.Ordinal);
            if (sign <= 0)
                return null;
            var pair = KeyValuePair.Create(Unescape(part[..sign]), Unescape(part[(sign + 1)..]));
            if (!part.Contains(Begin) && FormEncoding.Pair(pair.Key, pair.Value) is var again && again != part && again.Replace("%20", "+", StringComparison.Ordinal) != part)
                return null;
            pairs.Add(pair);
        }
        return pairs;

        static string Unescape(string value) => Uri.UnescapeDataString(value.Replace('+', ' '));
    }

    static string Escape(string value)
    {
        // What stands for a variable is encoded when its value is known.
        var escaped = new StringBuilder();
        var from = 0;
        while (value.IndexOf(Begin, from) is >= 0 and var begin)
        {
            var end = value.IndexOf(End, begin);
            escaped.Append(Uri.EscapeDataString(value[from..begin])).Append(value, begin, end + 1 - begin);
            from = end + 1;
        }
        return escaped.Append(Uri.EscapeDataString(value[from..])).ToString();
    }

    internal static string WithQuery(string address, string query)
    {
        var fragment = address.IndexOf('#', StringComparison.Ordinal);
        var before = fragment < 0 ? address : address[..fragment];
        var separator = !before.Contains('?', StringComparison.Ordinal) ? "?" : before[^1] is '?' or '&' ? "" : "&";
        return before + separator + query;
    }

    string Variable(string name)
    {
        if (lookup is null)
            return $"{Begin}{name}{End}";
        return lookup(name) ?? throw new CurlException($"The command names the variable {name}, which is not set. Set {name} under Variables.");
    }

    static JsonElement Rows(IEnumerable<KeyValuePair<string, string>> rows) => JsonText.Element(rows, static (writer, all) =>
    {
        writer.WriteStartArray();
        foreach (var (key, value) in all)
        {
            writer.WriteStartObject();
            writer.WriteString("key"u8, Plain(key));
            writer.WritePropertyName("value"u8);
            Setting(value).WriteTo(writer);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    });

    /// <summary>The text, or the reference to the one variable in it.</summary>
    static JsonElement Setting(string text)
    {
        var begin = text.IndexOf(Begin, StringComparison.Ordinal);
        if (begin < 0)
            return JsonText.Element(text);
        var end = text.IndexOf(End, begin);
        var (name, format) = (text[(begin + 1)..end], text[..begin] + "{value}" + text[(end + 1)..]);
        if (format.Contains(Begin))
            throw new CurlException($"One value has two variables, {name} and another. A setting can hold one: join them in a variable of their own.");
        return JsonText.Element((name, format), static (writer, state) =>
        {
            writer.WriteStartObject();
            writer.WriteString("variable"u8, state.name);
            if (state.format != "{value}")
                writer.WriteString("format"u8, state.format);
            writer.WriteEndObject();
        });
    }

    static string Plain(string text) => text.Replace(Begin, '$').Replace(End.ToString(), "", StringComparison.Ordinal);
}
