using System.Collections.Frozen;

namespace FlowStudio.Engine.Components;

/// <summary>What an option of curl means here.</summary>
enum CurlOption
{
    /// <summary>Of no consequence here.</summary>
    Ignored,

    /// <summary>The same, and a value follows.</summary>
    IgnoredWithValue,

    /// <summary>Something that FlowStudio does not do; the reason stands in <see cref="CurlOptions.Refused"/>.</summary>
    Refused,

    Url,
    Method,
    Header,
    Data,
    DataRaw,
    DataUrlEncoded,
    Json,
    Form,
    FormText,
    User,
    Get,
    Head,
    UserAgent,
    Referer,
    Cookie,
    Follow,
    MaxTime,
    Save,
    SaveAs,
}

/// <summary>The options of curl that commands to be copied have.</summary>
static class CurlOptions
{
    static readonly FrozenDictionary<string, CurlOption> Known = Entries().ToFrozenDictionary(e => e.Name, e => e.Option, StringComparer.Ordinal);

    /// <summary>Why an option is refused, and what to do.</summary>
    public static readonly FrozenDictionary<string, string> Refused = Reasons().ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>By its name with hyphens, <c>-H</c> or <c>--header</c>; null when nobody knows it.</summary>
    public static CurlOption? Find(string name) =>
        Refused.ContainsKey(name) ? CurlOption.Refused : Known.TryGetValue(name, out var option) ? option : null;

    public static bool TakesValue(CurlOption option) => option is not (CurlOption.Ignored or CurlOption.Refused or CurlOption.Get or CurlOption.Head or CurlOption.Follow or CurlOption.Save);

    static IEnumerable<(string Name, CurlOption Option)> Entries()
    {
        foreach (var (option, names) in ((CurlOption, string)[])
        [
            (CurlOption.Url, "--url"),
            (CurlOption.Method, "-X --request"),
            (CurlOption.Header, "-H --header"),
            (CurlOption.Data, "-d --data --data-ascii --data-binary"),
            (CurlOption.DataRaw, "--data-raw"),
            (CurlOption.DataUrlEncoded, "--data-urlencode"),
            (CurlOption.Json, "--json"),
            (CurlOption.Form, "-F --form"),
            (CurlOption.FormText, "--form-string"),
            (CurlOption.User, "-u --user"),
            (CurlOption.Get, "-G --get"),
            (CurlOption.Head, "-I --head"),
            (CurlOption.UserAgent, "-A --user-agent"),
            (CurlOption.Referer, "-e --referer"),
            (CurlOption.Cookie, "-b --cookie"),
            (CurlOption.Follow, "-L --location --location-trusted"),
            (CurlOption.MaxTime, "-m --max-time"),
            (CurlOption.Save, "-O --remote-name"),
            (CurlOption.SaveAs, "-o --output"),
            (CurlOption.Ignored, "-s --silent -S --show-error -v --verbose -i --include --show-headers -f --fail --fail-with-body -N --no-buffer -g --globoff "
                + "-# --progress-bar --no-progress-meter -4 --ipv4 -6 --ipv6 -0 --http1.0 --http1.1 --http2 --http2-prior-knowledge --http3 --compressed "
                + "--tlsv1.2 --tlsv1.3 --ssl-reqd --no-keepalive --path-as-is --tcp-nodelay --basic -J --remote-header-name --create-dirs -j --junk-session-cookies "
                + "-q --disable --retry-all-errors --retry-connrefused --raw --styled-output"),
            (CurlOption.IgnoredWithValue, "--connect-timeout --retry --retry-delay --retry-max-time -w --write-out --max-redirs -D --dump-header --stderr --limit-rate "
                + "-c --cookie-jar --keepalive-time --trace --trace-ascii --max-filesize"),
        ])
        {
            foreach (var name in names.Split(' '))
                yield return (name, option);
        }
    }

    static IEnumerable<KeyValuePair<string, string>> Reasons()
    {
        foreach (var (names, reason) in ((string, string)[])
        [
            ("-k --insecure", "would skip the check of the other side's certificate, which is always made. Give that server a certificate that is valid."),
            ("-x --proxy --preproxy --socks4 --socks4a --socks5 --socks5-hostname -p --proxytunnel", "names a proxy; calls go out directly. Leave it out."),
            ("-T --upload-file", "reads a file of the machine that curl runs on. Upload it (POST /v1/files) and set Body type to file."),
            ("-K --config -n --netrc --netrc-file", "reads settings or passwords from a file of the machine that curl runs on. Write them out, secrets as variables."),
            ("-E --cert --key --cacert --capath --cert-type --key-type --pinnedpubkey", "is about certificates of the caller's own, which are not supported."),
            ("--unix-socket --abstract-unix-socket --resolve --connect-to --interface --doh-url", "would send the call elsewhere than the address says. Write the address itself."),
            ("--digest --ntlm --negotiate --anyauth --aws-sigv4 --oauth2-bearer", "is a way to sign in that is not supported. Send the header Authorization."),
            ("-: --next -Z --parallel", "makes several calls. Use one API Request for each."),
            ("-C --continue-at -r --range -z --time-cond", "asks for a part of the answer. Send the header Range or If-Modified-Since instead."),
            ("-Q --quote --ftp-pasv -t --telnet-option --mail-from --mail-rcpt", "is not about HTTP."),
        ])
        {
            foreach (var name in names.Split(' '))
                yield return KeyValuePair.Create(name, reason);
        }
    }
}
