using System.Text;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>Langflow's <c>202</c>, with the run's id and where to look at it. Written as bytes: it is the answer that is given most.</summary>
sealed class WebhookAnswer(RunLinks links, WebOptions options)
{
    const int IdLength = 36;

    readonly string publicUrl = options.PublicUrl.TrimEnd('/');

    static ReadOnlySpan<byte> Task => """{"message":"Task started in the background","status":"in progress","task_id":" """u8[..^1];

    static ReadOnlySpan<byte> Run => "\",\"run_id\":\""u8;

    static ReadOnlySpan<byte> Status => "\",\"status_url\":\""u8;

    static ReadOnlySpan<byte> Path => "/api/v1/webhook/"u8;

    static ReadOnlySpan<byte> Runs => "/runs/"u8;

    static ReadOnlySpan<byte> Token => "?token="u8;

    static ReadOnlySpan<byte> EventsKey => "\",\"events_url\":\""u8;

    static ReadOnlySpan<byte> Events => "/events"u8;

    static ReadOnlySpan<byte> End => "\"}"u8;

    /// <param name="name">How the caller named the flow: its id or endpoint name, so letters, digits, <c>_</c> and <c>-</c> only.</param>
    public void Write(HttpContext context, Flow flow, string name, Guid runId)
    {
        // Kestrel lets no quote, backslash or control character into a Host header.
        var host = publicUrl.Length > 0 ? publicUrl : context.Request.Host.Value ?? "";
        var scheme = publicUrl.Length > 0 || host.Length == 0 ? "" : context.Request.IsHttps ? "https://" : "http://";
        var token = flow.WebhookAccess is not WebhookAccess.Open;
        var link = Encoding.UTF8.GetByteCount(host) + scheme.Length + Path.Length + name.Length + Runs.Length + IdLength +
            (token ? Token.Length + RunLinks.Length : 0);
        var length = Task.Length + IdLength + Run.Length + IdLength + Status.Length + link + EventsKey.Length + link + Events.Length + End.Length;

        var response = context.Response;
        response.StatusCode = StatusCodes.Status202Accepted;
        response.ContentType = "application/json";
        response.ContentLength = length;

        Span<byte> id = stackalloc byte[IdLength];
        runId.TryFormat(id, out _);
        Span<byte> proof = stackalloc byte[RunLinks.Length];
        if (token)
            links.Write(runId, proof);
        else
            proof = [];

        var output = new Output(response.BodyWriter.GetSpan(length));
        output.Add(Task);
        output.Add(id);
        output.Add(Run);
        output.Add(id);
        output.Add(Status);
        output.AddLink(scheme, host, name, id);
        output.AddToken(proof);
        output.Add(EventsKey);
        output.AddLink(scheme, host, name, id);
        output.Add(Events);
        output.AddToken(proof);
        output.Add(End);
        response.BodyWriter.Advance(length);
    }

    ref struct Output(Span<byte> rest)
    {
        Span<byte> rest = rest;

        public void Add(scoped ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(rest);
            rest = rest[bytes.Length..];
        }

        public void Add(string text) => rest = rest[Encoding.UTF8.GetBytes(text, rest)..];

        public void AddLink(string scheme, string host, string name, scoped ReadOnlySpan<byte> id)
        {
            Add(scheme);
            Add(host);
            Add(Path);
            Add(name);
            Add(Runs);
            Add(id);
        }

        public void AddToken(scoped ReadOnlySpan<byte> proof)
        {
            if (proof.IsEmpty)
                return;
            Add(Token);
            Add(proof);
        }
    }
}
