using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Engine.Components;

/// <summary>Calls an HTTP address.</summary>
public sealed class ApiRequest(GuardedHttp http, SecretRedactor redactor, TimeProvider time) : IComponent
{
    const string JsonType = "application/json";
    const string TextType = "text/plain; charset=utf-8";
    const string IdempotencyHeader = "Idempotency-Key";
    const string Fail = "fail";
    const string AsData = "data";

    /// <summary>Characters of a failed call's answer that are looked at for the message.</summary>
    const int MaxErrorText = 64 * 1024;

    const double MaxBytesLimit = 1024.0 * 1024 * 1024;

    static readonly InputPort UrlInput = new("url_input", PortType.Message)
    {
        Title = "URL",
        Required = true,
        Help = "The address to call; goes before the setting.",
    };

    static readonly InputPort BodyInput = new("body", PortType.Data, PortType.Message, PortType.Table, PortType.Any)
    {
        Help = "What is sent; goes before the setting. Data and chat messages are sent as JSON, a plain text as it is.",
    };

    static readonly TextField Url = Field.Text("url_input",
        "The address to call, such as https://api.example.com/orders; or /bin/{name}, a request bin of this server.") with
    {
        Title = "URL",
        Placeholder = "https://",
    };

    static readonly TextField Method = Field.Choice("method", "What is asked of the address. GET and HEAD send no body.",
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD");

    static readonly KeyValuesField Query = Field.KeyValues("query_params", "Added to the address after the question mark.") with
    {
        Title = "Query parameters",
        Advanced = true,
    };

    static readonly KeyValuesField Headers = Field.KeyValues("headers", "Sent along. For keys, let the value come from a variable.");

    static readonly JsonField Body = Field.Json("body", "JSON, or any text, when nothing is connected to the body.") with
    {
        ShownWhen = ("method", ["POST", "PUT", "PATCH", "DELETE"]),
    };

    static readonly NumberField Timeout = Field.Number("timeout", "How long to wait for the whole answer.").Default(30).Between(0.1, 3600) with
    {
        Unit = "s",
        Advanced = true,
    };

    static readonly SwitchField Follow = Field.Switch("follow_redirects",
        "Go where the answer points, ten times at most; otherwise that answer is the result.").Default(value: false) with
    {
        Advanced = true,
    };

    static readonly TextField OnError = Field.Choice("on_error",
        "When the answer is not 2xx. fail: the step fails, and is repeated if that may help. data: the answer is the result, whatever it says.",
        Fail, AsData) with
    {
        Title = "On error",
        Advanced = true,
    };

    static readonly NumberField MaxBytes = Field.Integer("max_bytes", "The largest answer that is taken, uncompressed; the server may allow less.")
        .Default(16 * 1024 * 1024).Between(1, MaxBytesLimit) with
    {
        Title = "Max size",
        Unit = "bytes",
        Advanced = true,
    };

    static readonly OutputPort Data = new("data", PortType.Data)
    {
        Title = "Response",
        Help = "The answer: status, headers, body, url. A JSON body is taken apart, another text is a text.",
    };

    public static ComponentDescriptor Descriptor { get; } =
        new("ApiRequest", "API Request", Category.Out, Effects.External, "Calls an HTTP address, and passes the answer on.")
        {
            Inputs = [UrlInput, BodyInput],
            Fields = [Method, Url, Headers, Query, Body, Timeout, Follow, OnError, MaxBytes],
            Outputs = [Data],
            Highlights = ["method", "url_input"],
            Check = Check,
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        // Every setting is read before the call: one that is wrong must not be found after the other side has acted.
        var (request, fails) = (Request(node), node.Get(OnError) == Fail);
        GuardedResponse response;
        try
        {
            response = await http.SendAsync(request, cancellationToken);
        }
        catch (EgressException e)
        {
            throw new NodeException(EgressCodes.Of(e.Kind), $"{node.Node.Label}: {request.Method} failed. {e.Message}", retryable: e.IsTransient, inner: e);
        }
        var host = Host(response.FinalUrl);
        if (!response.IsSuccess && fails)
            throw Failed(node, request.Method, host, response);
        node.Log(string.Create(CultureInfo.InvariantCulture, $"{request.Method} {host} answered {response.Status}, {response.Body.Length:N0} bytes."));
        return NodeResult.Of(Data, ResponseData.Of(response, problem => node.Log(LogLevelName.Warning, problem)));
    }

    static GuardedRequest Request(NodeContext node)
    {
        var method = node.Get(Method);
        var headers = new List<KeyValuePair<string, string>>(node.Get(Headers));
        if (!headers.Exists(h => h.Key.Equals(IdempotencyHeader, StringComparison.OrdinalIgnoreCase)))
            headers.Add(new(IdempotencyHeader, node.IdempotencyKey));
        var (body, type) = RequestBody(node, method);
        return new GuardedRequest(method, WithQuery(Address(node.Text(UrlInput, Url)), node.Get(Query)))
        {
            Headers = headers,
            Body = body,
            ContentType = type,
            Timeout = TimeSpan.FromSeconds(node.Get(Timeout)),
            FollowRedirects = node.Get(Follow),
            MaxResponseBytes = (long)node.Get(MaxBytes),
        };
    }

    /// <summary>Without a scheme https is meant, as in a browser; a path alone is for the guarded client to judge.</summary>
    static string Address(string url)
    {
        url = url.Trim();
        return url.Length == 0 || url[0] is '/' or '\\' || url.Contains("://", StringComparison.Ordinal) ? url : "https://" + url;
    }

    static string WithQuery(string url, IReadOnlyList<KeyValuePair<string, string>> query)
    {
        if (query.Count == 0)
            return url;
        var fragment = url.IndexOf('#', StringComparison.Ordinal);
        var address = new StringBuilder(fragment < 0 ? url : url[..fragment]);
        var separator = !url.AsSpan(0, address.Length).Contains('?') ? '?' : address[^1] is '?' or '&' ? '\0' : '&';
        foreach (var (key, value) in query)
        {
            if (separator != '\0')
                address.Append(separator);
            address.Append(Uri.EscapeDataString(key)).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }
        return address.ToString();
    }

    static (ReadOnlyMemory<byte>? Body, string? Type) RequestBody(NodeContext node, string method)
    {
        var value = node.Input(BodyInput) ?? node.Get(Body);
        if (value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            return (null, null);
        if (method is "GET" or "HEAD")
        {
            node.Log(LogLevelName.Warning, $"The body was not sent: {method} has none. Choose POST, PUT or PATCH to send it.");
            return (null, null);
        }
        if (value.ValueKind is not JsonValueKind.String)
            return (JsonText.Utf8(value).ToArray(), JsonType);
        var text = Encoding.UTF8.GetBytes(value.GetString() ?? "");
        // A text that is JSON, such as a model's answer or what was typed as the body, is meant as such.
        var isJson = text.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..] && JsonCheck.TryParse(text, out _, out _);
        return (text, isJson ? JsonType : TextType);
    }

    NodeException Failed(NodeContext node, string method, string host, GuardedResponse response)
    {
        var retryable = response.Status is 429 or >= 500;
        var text = response.Text();
        var said = Excerpt.Of(redactor.Redact(text.Length > MaxErrorText ? text[..MaxErrorText] : text));
        var reason = response.Reason.Length > 0 ? " " + Excerpt.Of(redactor.Redact(response.Reason), 60) : "";
        var message = string.Create(CultureInfo.InvariantCulture,
            $"{node.Node.Label}: {method} {host} answered {response.Status}{reason}{(said.Length > 0 ? ": " + said : ".")}");
        var wait = retryable ? RetryAfter.Parse(response.Header("Retry-After"), time) : null;
        return new NodeException("http_status", message, Remedy(response.Status), retryable, wait);
    }

    static string Remedy(int status) => status switch
    {
        >= 300 and < 400 => "Turn on Follow redirects, or call the final address directly.",
        401 or 403 => "Check the key or token among the headers.",
        404 => "Check the address.",
        405 => "Choose another method.",
        >= 400 and < 500 and not 429 => "Check what is sent. To go on with such an answer, set On error to data.",
        _ => "",
    };

    /// <summary>Host and port, never the path: addresses of webhooks are secrets.</summary>
    static string Host(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? EgressErrors.Name(address) : "the request bin";

    static IEnumerable<FlowProblem> Check(Node node)
    {
        if (NodeSettings.Text(node, Method) is "GET" or "HEAD" && NodeSettings.Value(node, Body).ValueKind is not JsonValueKind.Null)
        {
            yield return new("unused_setting", ProblemSeverity.Warning, node.Id, Body.Name,
                $"{node.Label}: the body is not sent, because {NodeSettings.Text(node, Method)} has none.",
                "Choose POST, PUT or PATCH, or remove the body.");
        }
    }
}
