using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Api.Docs;
using FlowStudio.Web.Security;
using FlowStudio.Web.Studio.Shared;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>The call that is made here and now.</summary>
public sealed partial class ApiTab
{
    async Task SendAsync()
    {
        sending = true;
        (answeredRun, answeredNow) = (null, null);
        try
        {
            // To the address that this page came from: the public one may be another, and a page may call none but its own.
            var call = Call(Navigation.BaseUri, hideToken: false);
            var (url, json) = mode switch
            {
                SnippetMode.Wait => (call.WaitUrl, call.RunBody),
                SnippetMode.Notify => (call.RunsUrl, call.NotifyBody),
                SnippetMode.FlowRun => (call.FlowRunUrl, call.FlowRunBody),
                SnippetMode.Agent => (call.AgentUrl, call.Body),
                _ => (call.Url, call.SentBody),
            };
            var signedIn = mode is SnippetMode.Wait or SnippetMode.Notify or SnippetMode.FlowRun;
            var headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["Content-Type"] = "application/json" };
            if (url == call.Url)
                Prove(headers, call);
            answer = await Browser.SendAsync(url == call.Url ? call.Method : WebhookDoor.DefaultMethod, url, headers, json, signedIn, gone.Token);
            (answerJson, answeredRun) = Read(answer);
            answeredRun ??= answer.RunId;
            if (answeredRun is { } run)
                answeredNow = await Store.FindAsync(run, gone.Token);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The page is gone.
        }
        finally
        {
            sending = false;
        }
    }

    /// <summary>Adds to a webhook call what its access asks for.</summary>
    void Prove(Dictionary<string, string> headers, WebhookCall call)
    {
        if (call.WebhookToken is { } token)
            headers[WebhookCall.TokenHeader] = token;
        if (call.Access is WebhookAccess.ApiKey)
            headers[ApiKeyHeaders.HeaderName] = Keys.Lend();
        if (call.Access is not WebhookAccess.Signed)
            return;
        var (id, now) = ($"msg_{Ids.New(Time)}", Time.GetUtcNow());
        headers[CallSignature.IdHeader] = id;
        headers[CallSignature.TimeHeader] = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        headers[CallSignature.SignatureHeader] = WebhookSignature.Sign(id, now, Encoding.UTF8.GetBytes(call.SentBody), call.SigningSecret);
    }

    static (JsonElement? Json, Guid? RunId) Read(SentRequest answer)
    {
        if (answer.Status == 0 || answer.Cut)
            return (null, null);
        try
        {
            var json = JsonText.Parse(Encoding.UTF8.GetBytes(answer.Body));
            return (json, json.ValueKind is not JsonValueKind.Object || answer.Status >= 300 ? null : Id(json, "run_id") ?? Id(json, "task_id") ?? Id(json, "id"));
        }
        catch (JsonException)
        {
            return (null, null); // shown as the text it is
        }

        static Guid? Id(JsonElement json, string name) =>
            json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String && value.TryGetGuid(out var id) ? id : null;
    }
}
