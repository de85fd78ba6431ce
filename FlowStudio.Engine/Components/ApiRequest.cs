using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Files;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FileOptions = FlowStudio.Engine.Files.FileOptions;

namespace FlowStudio.Engine.Components;

/// <summary>Calls an HTTP address.</summary>
public sealed class ApiRequest(GuardedHttp http, IFileStore files, FileOptions limits, SecretRedactor redactor, TimeProvider time) : IComponent
{
    const string ByUrl = "URL", ByCurl = "cURL";
    const string Auto = "auto", AsJson = "json", AsText = "text", AsForm = "form", AsMultipart = "multipart", AsFile = "file";
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
        OrField = "curl_input",
        ToolParameter = true,
        Help = "The address to call; goes before the setting.",
    };

    static readonly InputPort BodyInput = new("body", PortType.Data, PortType.Message, PortType.Table, PortType.Any)
    {
        ToolParameter = true,
        Help = "What is sent; goes before the setting. Data and chat messages are sent as JSON, a plain text as it is.",
    };

    static readonly TextField Mode = Field.Choice("mode", "URL: the settings say what is called. cURL: a command that was copied does.", ByUrl, ByCurl);

    static readonly TextField Curl = Field.Multiline("curl_input",
        "A curl command, as an API's documentation or a browser gives it. $NAME stands for a variable. Headers set below are sent too.") with
    {
        Title = "cURL",
        Required = true,
        ShownWhen = ("mode", [ByCurl]),
    };

    static readonly TextField Url = Field.Text("url_input",
        "The address to call, such as https://api.example.com/orders; or /bin/{name}, a request bin of this server.") with
    {
        Title = "URL",
        Placeholder = "https://",
        ShownWhen = ("mode", [ByUrl]),
    };

    static readonly TextField Method = Field.Choice("method", "What is asked of the address. GET and HEAD send no body.",
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD") with
    {
        ShownWhen = ("mode", [ByUrl]),
    };

    static readonly KeyValuesField Query = Field.KeyValues("query_params", "Added to the address after the question mark.") with
    {
        Title = "Query parameters",
        Advanced = true,
        ToolParameter = true,
    };

    static readonly KeyValuesField Headers = Field.KeyValues("headers", "Sent along. For keys, let the value come from a variable.");

    static readonly TextField BodyType = Field.Choice("body_type",
        "auto: JSON as JSON, another text as it is. form: fields, as web pages send them. multipart: fields and files. file: one file as it is.",
        Auto, AsJson, AsText, AsForm, AsMultipart, AsFile) with
    {
        ShownWhen = ("method", ["POST", "PUT", "PATCH", "DELETE"]),
    };

    static readonly JsonField Body = Field.Json("body", "JSON, or any text, when nothing is connected to the body.") with
    {
        ShownWhen = ("body_type", [Auto, AsJson, AsText]),
    };

    static readonly KeyValuesField Form = Field.KeyValues("form", "Fields, when nothing is connected to the body. With multipart, @ and a file's id sends that file.") with
    {
        ShownWhen = ("body_type", [AsForm, AsMultipart]),
    };

    static readonly FilesField FileBody = Field.Files("file", "The file that is sent, when none is connected to the body.") with { ShownWhen = ("body_type", [AsFile]) };

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

    static readonly SwitchField SaveToFile = Field.Switch("save_to_file",
        "Keep the answer's body as a file; what is passed on names it, for File or another API Request. An error's answer is not kept.").Default(value: false) with
    {
        Title = "Save to file",
        Advanced = true,
    };

    static readonly OutputPort Data = new("data", PortType.Data)
    {
        Title = "Response",
        Help = "The answer: status, headers, body (or file), url. A JSON body is taken apart, another text is a text.",
    };

    public static ComponentDescriptor Descriptor { get; } =
        new("ApiRequest", "API Request", Category.Out, Effects.External, "Calls an HTTP address, and passes the answer on.")
        {
            Inputs = [UrlInput, BodyInput],
            Fields = [Mode, Curl, Method, Url, Headers, Query, BodyType, Body, Form, FileBody, Timeout, Follow, OnError, MaxBytes, SaveToFile],
            Outputs = [Data],
            Highlights = ["method", "url_input", "curl_input"],
            Check = Check,
            ReadsVariables = static node => NodeSettings.Text(node, Mode) == ByCurl ? CurlCommand.Variables(NodeSettings.Text(node, Curl)).Select(name => (name, Curl.Name)) : [],
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        if (node.Get(Mode) == ByCurl)
            node = ReadCurl(node);
        // Every setting is read before the call: one that is wrong must not be found after the other side has acted.
        var (fails, saves) = (node.Get(OnError) == Fail, node.Get(SaveToFile));
        var request = await RequestAsync(node, cancellationToken);
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
        var saved = saves && response.IsSuccess ? await SaveAsync(node, response, cancellationToken) : null;
        return NodeResult.Of(Data, ResponseData.Of(response, problem => node.Log(LogLevelName.Warning, problem), saved));
    }

    /// <summary>The step as if its settings were what the command says; what the command leaves open stays as it is set.</summary>
    static NodeContext ReadCurl(NodeContext node)
    {
        try
        {
            var own = NodeSettings.Value(node.Node, Headers);
            var settings = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
            foreach (var field in (Field[])[Method, Url, Query, BodyType, Body, Form, FileBody])
                settings[field.Name] = JsonText.Null;
            foreach (var (name, value) in CurlCommand.Parse(node.Get(Curl), node.FindVariable).ToSettings())
                settings[name] = name == Headers.Name ? Joined(own, value) : value;
            return node.With(settings);
        }
        catch (CurlException e)
        {
            throw new NodeException("invalid_curl", $"{node.Node.Label}: the curl command cannot be taken over. {e.Message}", inner: e);
        }
    }

    /// <summary>The node's own headers, and those of the command that it does not set.</summary>
    static JsonElement Joined(JsonElement own, JsonElement more)
    {
        if (own.ValueKind is not JsonValueKind.Array)
            return more;
        var names = own.EnumerateArray().Select(Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return FileContent.List([.. own.EnumerateArray(), .. more.EnumerateArray().Where(row => !names.Contains(Key(row)))]);

        static string? Key(JsonElement row) => row.ValueKind is JsonValueKind.Object && row.TryGetProperty("key", out var key) ? JsonText.Of(key) : null;
    }

    async Task<StoredFile> SaveAsync(NodeContext node, GuardedResponse response, CancellationToken cancellationToken)
    {
        try
        {
            // A secret that was echoed must not lie on the disk in clear.
            using var body = new MemoryStream(redactor.Redact(response.Body.ToArray()), writable: false);
            var file = await files.SaveAsync(redactor.Redact(FileName(response)), response.Header("Content-Type"), body, cancellationToken);
            node.Log($"The answer was saved as the file {file.Name} ({file.Id}).");
            return file;
        }
        catch (FileTooLargeException e)
        {
            throw new NodeException("file_too_large", $"{node.Node.Label}: the answer was not saved. {e.Message}", "Ask for less, or let the administrator raise that limit.", inner: e);
        }
    }

    /// <summary>As the answer says, else the last part of its address; <see cref="IFileStore"/> makes it harmless.</summary>
    static string FileName(GuardedResponse response)
    {
        if (ContentDispositionHeaderValue.TryParse(response.Header("Content-Disposition"), out var said) && (said.FileNameStar ?? said.FileName?.Trim('"')) is { Length: > 0 } name)
            return name;
        return Uri.TryCreate(response.FinalUrl, UriKind.Absolute, out var url) && url.Segments[^1].Trim('/') is { Length: > 0 } last ? Uri.UnescapeDataString(last) : "response";
    }

    async ValueTask<GuardedRequest> RequestAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var method = node.Get(Method);
        var headers = new List<KeyValuePair<string, string>>(node.Get(Headers));
        if (!headers.Exists(h => h.Key.Equals(IdempotencyHeader, StringComparison.OrdinalIgnoreCase)))
            headers.Add(new(IdempotencyHeader, node.IdempotencyKey));
        var (body, type) = await BodyAsync(node, method, cancellationToken);
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
    internal static string Address(string url)
    {
        url = url.Trim();
        return url.Length == 0 || url[0] is '/' or '\\' || url.Contains("://", StringComparison.Ordinal) ? url : "https://" + url;
    }

    static string WithQuery(string url, IReadOnlyList<KeyValuePair<string, string>> query) =>
        query.Count == 0 ? url : CurlCommand.WithQuery(url, string.Join('&', query.Select(q => FormEncoding.Pair(q.Key, q.Value))));

    async ValueTask<(ReadOnlyMemory<byte>? Body, string? Type)> BodyAsync(NodeContext node, string method, CancellationToken cancellationToken)
    {
        var type = node.Get(BodyType);
        // A form that is typed in has rows of its own; what is connected goes for any type.
        var value = node.Input(BodyInput) ?? (type is AsForm or AsMultipart && node.Get(Form) is { Count: > 0 } rows ? FormRows(rows) : node.Get(Body));
        if (type is not AsFile && value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            return (null, null);
        if (method is "GET" or "HEAD")
        {
            node.Log(LogLevelName.Warning, $"The body was not sent: {method} has none. Choose POST, PUT or PATCH to send it.");
            return (null, null);
        }
        var bodies = new RequestBodies(files, limits.MaxBytes);
        return type switch
        {
            AsJson => RequestBodies.Json(value),
            AsText => RequestBodies.Text(value),
            AsForm => RequestBodies.Form(node, value),
            AsMultipart => await bodies.MultipartAsync(node, value, cancellationToken),
            AsFile => await bodies.FileAsync(node, node.Input(BodyInput) is { } given ? FileReference.ReadAll(given) : node.Get(FileBody), cancellationToken),
            _ => RequestBodies.Auto(value),
        };
    }

    static JsonElement FormRows(IReadOnlyList<KeyValuePair<string, string>> rows) => JsonText.Element(rows, static (writer, all) =>
    {
        writer.WriteStartArray();
        foreach (var (key, value) in all)
        {
            writer.WriteStartObject();
            writer.WriteString("key"u8, key);
            writer.WriteString("value"u8, value);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    });

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
        if (NodeSettings.Text(node, Mode) == ByCurl)
        {
            // What a variable holds is not known yet; all else can be told now.
            if (NodeSettings.Text(node, Curl) is { Length: > 0 } command && Problem(command) is { } problem)
                yield return new("invalid_curl", ProblemSeverity.Error, node.Id, Curl.Name, $"{node.Label}: the curl command cannot be taken over.", problem);
        }
        else if (NodeSettings.Text(node, Method) is "GET" or "HEAD" && NodeSettings.Value(node, Body).ValueKind is not JsonValueKind.Null)
        {
            yield return new("unused_setting", ProblemSeverity.Warning, node.Id, Body.Name,
                $"{node.Label}: the body is not sent, because {NodeSettings.Text(node, Method)} has none.",
                "Choose POST, PUT or PATCH, or remove the body.");
        }
    }

    static string? Problem(string command)
    {
        try
        {
            CurlCommand.Parse(command, static _ => "").ToSettings();
            return null;
        }
        catch (CurlException e)
        {
            return e.Message;
        }
    }
}
