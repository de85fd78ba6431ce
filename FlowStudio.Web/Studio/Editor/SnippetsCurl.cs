namespace FlowStudio.Web.Studio.Editor;

/// <summary>Commands for bash, and for any other POSIX shell: nothing but curl, sed and grep.</summary>
public static partial class Snippets
{
    /// <summary>The command that starts a run.</summary>
    public static string Curl(WebhookCall call) => Curl(call, SnippetMode.Start);

    static string Curl(WebhookCall call, SnippetMode mode) => mode switch
    {
        SnippetMode.Wait => Post(call.WaitUrl, ApiHeaders(call), call.RunBody, silent: false, ApiComment("#", call)),
        SnippetMode.Stream => $"""
            {Answer(call)}
            events_url=$({Member("events_url")})
            [ -n "$events_url" ] && curl -sSN "$events_url" || printf '%s\n' "$answer"
            """,
        // Only what comes before the first nested value is looked at: a result may have anything in it.
        SnippetMode.Poll => $$"""
            {{Answer(call)}}
            status_url=$({{Member("status_url")}})
            while [ -n "$status_url" ]; do
              answer=$(curl -sS "$status_url")
              printf '%s' "$answer" | grep -qE '^[{][^{]*"status":"(queued|running|waiting)"' || break
              sleep 1
            done
            printf '%s\n' "$answer"
            """,
        SnippetMode.Cron => Post(call.SchedulesUrl, ApiHeaders(call), ScheduleBody(call), silent: false, ApiComment("#", call)),
        _ => Post(call.Url, WebhookHeaders(call), call.Body, silent: false, ""),
    };

    static string Answer(WebhookCall call) => $"answer=$({Post(call.Url, WebhookHeaders(call), call.Body, silent: true, "")})";

    static string Member(string name) => $"""printf '%s' "$answer" | sed -n 's/.*"{name}":"\([^"]*\)".*/\1/p'""";

    static string Post(string url, IEnumerable<string> quotedHeaders, string body, bool silent, string before) =>
        $"{before}curl {(silent ? "-sS " : "")}-X POST \\\n  \"{url}\"{string.Concat(quotedHeaders.Select(h => $" \\\n  -H {h}"))} \\\n  -d {Shell(body)}";

    static IEnumerable<string> WebhookHeaders(WebhookCall call)
    {
        yield return Shell("Content-Type: application/json");
        if (call.WebhookToken is { } token)
            yield return Shell($"{WebhookCall.TokenHeader}: {token}");
    }

    static IEnumerable<string> ApiHeaders(WebhookCall call)
    {
        yield return Shell("Content-Type: application/json");
        if (call.ApiToken)
            yield return $"\"Authorization: Bearer ${WebhookCall.ApiTokenVariable}\"";
    }

    static string ApiComment(string mark, WebhookCall call) =>
        call.ApiToken ? $"{mark} {WebhookCall.ApiTokenVariable} is the access token of the server, as its administrator knows it.\n" : "";

    /// <summary>In single quotes, as POSIX shells read it: nothing inside is special but the quote itself.</summary>
    public static string Shell(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
