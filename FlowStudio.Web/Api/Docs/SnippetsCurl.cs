using FlowStudio.Engine.Flows;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Docs;

/// <summary>Commands for bash, and for any other POSIX shell: nothing but curl, sed and grep; and openssl where a call is signed.</summary>
public static partial class Snippets
{
    /// <summary>The command that starts a run.</summary>
    public static string Curl(WebhookCall call) => Curl(call, SnippetMode.Start);

    static string Curl(WebhookCall call, SnippetMode mode) => mode switch
    {
        SnippetMode.Wait => ApiComment("#", call) + Post(call.WaitUrl, ApiHeaders(call), Shell(call.RunBody), silent: false),
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
        SnippetMode.Agent => $$"""
            answer=$({{Post(call.AgentUrl, [Shell("Content-Type: application/json")], Shell(call.Body), silent: true)}})
            task_id=$({{Member("task_id")}})
            while [ -n "$task_id" ]; do
              answer=$(curl -sS "{{call.TaskUrl}}$task_id")
              printf '%s' "$answer" | grep -qE '^[{]"status":"(PENDING|STARTED)"' || break
              sleep 1
            done
            printf '%s\n' "$answer"
            """,
        SnippetMode.Cron => ApiComment("#", call) + Post(call.SchedulesUrl, ApiHeaders(call), Shell(ScheduleBody(call)), silent: false),
        _ => Before(call) + WebhookPost(call, silent: false),
    };

    static string Answer(WebhookCall call) => $"{Before(call)}answer=$({WebhookPost(call, silent: true)})";

    static string Member(string name) => $"""printf '%s' "$answer" | sed -n 's/.*"{name}":"\([^"]*\)".*/\1/p'""";

    /// <summary>What comes before a call of the webhook: where its key comes from, or how its signature is made.</summary>
    static string Before(WebhookCall call) => call.Access switch
    {
        WebhookAccess.ApiKey => KeyComment("#"),
        WebhookAccess.Signed => $$"""
            secret={{Shell(call.SigningSecret)}}
            id="msg_$(openssl rand -hex 12)"
            timestamp=$(date +%s)
            body={{Shell(call.SentBody)}}
            key=$(printf '%s' "${secret#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
            signature=$(printf '%s.%s.%s' "$id" "$timestamp" "$body" |
              openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)


            """,
        _ => "",
    };

    static string WebhookPost(WebhookCall call, bool silent) =>
        call.HasBody ? Post(call.Url, WebhookHeaders(call), call.Access is WebhookAccess.Signed ? "\"$body\"" : Shell(call.Body), silent, call.Method)
            : Curl(call.Url, WebhookHeaders(call), silent, call.Method);

    static string Post(string url, IEnumerable<string> quotedHeaders, string quotedBody, bool silent, string method = WebhookDoor.DefaultMethod) =>
        $"{Curl(url, quotedHeaders, silent, method)} \\\n  -d {quotedBody}";

    /// <summary>An answer to HEAD has no body to wait for, which curl knows by its own option only.</summary>
    static string Curl(string url, IEnumerable<string> quotedHeaders, bool silent, string method) =>
        $"curl {(silent ? "-sS " : "")}{(method == "HEAD" ? "--head" : $"-X {method}")} \\\n  \"{url}\"{string.Concat(quotedHeaders.Select(h => $" \\\n  -H {h}"))}";

    static IEnumerable<string> WebhookHeaders(WebhookCall call)
    {
        if (call.HasBody)
            yield return Shell("Content-Type: application/json");
        if (call.WebhookToken is { } token)
            yield return Shell($"{WebhookCall.TokenHeader}: {token}");
        if (call.Access is WebhookAccess.ApiKey)
            yield return KeyHeader;
        if (call.Access is not WebhookAccess.Signed)
            yield break;
        yield return $"\"{CallSignature.IdHeader}: $id\"";
        yield return $"\"{CallSignature.TimeHeader}: $timestamp\"";
        yield return $"\"{CallSignature.SignatureHeader}: v1,$signature\"";
    }

    static IEnumerable<string> ApiHeaders(WebhookCall call)
    {
        yield return Shell("Content-Type: application/json");
        if (call.AsksForKey)
            yield return KeyHeader;
    }

    static string KeyHeader => $"\"{ApiKeyHeaders.HeaderName}: ${WebhookCall.ApiKeyVariable}\"";

    static string ApiComment(string mark, WebhookCall call) => call.AsksForKey ? KeyComment(mark) : "";

    static string KeyComment(string mark) => $"{mark} {WebhookCall.ApiKeyVariable} is an API key of the server, made under Settings.\n";

    /// <summary>In single quotes, as POSIX shells read it: nothing inside is special but the quote itself.</summary>
    public static string Shell(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
