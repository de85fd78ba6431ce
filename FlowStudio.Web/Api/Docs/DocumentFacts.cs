using FlowStudio.Engine.Flows;
using FlowStudio.Web.Configuration;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace FlowStudio.Web.Api.Docs;

/// <summary>What the description says beyond the endpoints' own metadata: who may call, and the endpoints that take any body.</summary>
sealed class DocumentFacts : IOpenApiDocumentTransformer
{
    const string Bearer = "bearer", Key = "api_key";

    static readonly string[] CaughtMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "FlowStudio",
            Version = StartReport.Version,
            Description = "Flows are started by their webhooks (Langflow's address and answers) or over /v1. Times are ISO 8601 in UTC. Errors under /v1 " +
                "are problem details (RFC 9457) with a stable code; under /api they are {\"detail\"}. " +
                "A server that others can reach asks for an API key, made under Settings or with POST /v1/keys: send it as x-api-key or as a bearer. " +
                "Webhooks have an access of their own, by flow. Programs for every kind of client, ready to copy: [/docs/clients](/docs/clients).",
        };
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key; not asked for on loopback in Development.",
            },
            [Key] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = "x-api-key",
                Description = "The same, as a header of its own.",
            },
        };
        document.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Key, document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] },
        ];
        AddWebhook(document);
        AddBins(document);
        Complete(document);
        return Task.CompletedTask;
    }

    /// <summary>Gives every operation an id, by which generated clients name their methods, and the parameters of its path where the endpoint did not declare them.</summary>
    static void Complete(OpenApiDocument document)
    {
        foreach (var (path, item) in document.Paths)
        {
            foreach (var (method, operation) in item.Operations ?? [])
            {
                operation.OperationId ??= IdOf(method, path);
                operation.Parameters ??= [];
                foreach (var name in path.Split('/').Where(IsParameter).Select(s => s[1..^1]))
                {
                    if (!operation.Parameters.Any(p => p.Name == name && p.In is ParameterLocation.Path))
                        operation.Parameters.Add(Parameter(name, ParameterLocation.Path, description: null));
                }
            }
        }
    }

    /// <summary>Method and path as one word: <c>GET /v1/runs/{id}/events</c> is <c>getV1RunsByIdEvents</c>.</summary>
    static string IdOf(HttpMethod method, string path) => method.Method.ToLowerInvariant() + string.Concat(path.Split('/', StringSplitOptions.RemoveEmptyEntries)
        .Select(s => IsParameter(s) ? "By" + Pascal(s[1..^1]) : Pascal(s)));

    static string Pascal(string words) => string.Concat(words.Split(['-', '_', '.'], StringSplitOptions.RemoveEmptyEntries).Select(w => char.ToUpperInvariant(w[0]) + w[1..]));

    static bool IsParameter(string segment) => segment is ['{', .., '}'];

    static void AddWebhook(OpenApiDocument document)
    {
        var flow = Parameter("flow", ParameterLocation.Path, "The flow's id or endpoint name");
        var run = Parameter("run", ParameterLocation.Path, "The run's id");
        var token = Parameter("token", ParameterLocation.Query, "The read token that status_url and events_url carry; not needed when the webhook is open");
        var start = new OpenApiOperation
        {
            OperationId = "startByWebhook",
            Summary = "Start a flow by its webhook",
            Description = "The body becomes the Webhook node's data: JSON as it is, any other UTF-8 text as {\"payload\":\"…\"}; JSON that could not be " +
                "kept (a name twice in an object, half a surrogate pair, a number beyond 1.8e308, more than 64 levels) is such text too. " +
                "The run is durable when the answer comes. The Webhook node says which methods are taken, and whether the answer is the receipt (202, the " +
                "default), what the run gives in the end, or what its Respond says; who has waited as long as the node allows gets the receipt after all. Such an " +
                "answer has the run's id as X-Run-Id. The content type does not matter. With Content-Encoding: gzip the body is unpacked first, and " +
                "its limit is that of the unpacked body.",
            Parameters =
            [
                flow,
                Parameter("token", ParameterLocation.Query, "The flow's webhook token; better sent as a header"),
                Parameter("X-Webhook-Token", ParameterLocation.Header, "The flow's webhook token, where its access is token"),
                Parameter("x-api-key", ParameterLocation.Header, "An API key, where its access is api_key; also taken from the query"),
                Parameter("webhook-signature", ParameterLocation.Header, "Where its access is signed: a signature by Standard Webhooks, with webhook-id and " +
                    "webhook-timestamp; or X-Hub-Signature-256, as GitHub has it. A webhook-id counts as Idempotency-Key"),
                Parameter("X-Session-Id", ParameterLocation.Header, "The session the run belongs to; else session_id in the body; else one of its own"),
                Parameter("X-Completion-Webhook", ParameterLocation.Header, "An address that is told of the run's end, signed with the flow's secret, beside the flow's own"),
                Parameter("Idempotency-Key", ParameterLocation.Header,
                    "256 characters at most, remembered for a day: the same key and body give the first run again"),
            ],
            RequestBody = new OpenApiRequestBody { Required = true, Content = Json(new OpenApiSchema()) },
            Responses = Responses(("200", "What the run gives, where the flow answers so; a Respond may choose any other status", null), ("202", "Accepted", Accepted()),
                ("400", "Empty body, or not UTF-8", Detail()), ("401", "Wrong or missing token or signature", Detail()),
                ("403", "Wrong or missing API key", Detail()), ("404", "No such flow", Detail()), ("405", "A method that the flow does not take; see Allow", Detail()),
                ("409", "The flow has no Webhook component, cannot run, or is switched off", Detail()), ("413", "Body too large", Detail()),
                    ("415", "A Content-Encoding other than gzip", Detail()), ("422", "The key was used with another body", Detail()),
                ("429", "Too many runs wait; see Retry-After", Detail()),
                ("500", "The run failed, where the flow answers with what it gives", Failed()), ("503", "Stopping, or the database cannot write; see Retry-After", Detail()),
                ("504", "The run's own time was over", Failed())),
        };
        Add(document, "/api/v1/webhook/{flow}", HttpMethod.Post, "Webhook", start);
        foreach (var method in WebhookDoor.Methods.Where(m => m != WebhookDoor.DefaultMethod))
        {
            Add(document, "/api/v1/webhook/{flow}", HttpMethod.Parse(method), "Webhook", new OpenApiOperation
            {
                OperationId = $"startByWebhook{method}",
                Summary = $"Start a flow by its webhook, where it takes {method}",
                Description = "As by POST. A call without a body has the query as its payload, all but the token or key that opens the webhook; none of it where calls " +
                    "must be signed, because a signature covers the body alone.",
                Parameters = start.Parameters,
                RequestBody = method is "PUT" or "PATCH" ? start.RequestBody : null,
                Responses = start.Responses,
            });
        }
        Add(document, "/api/v1/webhook/{flow}/runs/{run}", HttpMethod.Get, "Webhook", new OpenApiOperation
        {
            OperationId = "readWebhookRun",
            Summary = "What became of a webhook's run",
            Description = "Without input and steps, unless the call shows an API key.",
            Parameters = [flow, run, token],
            Responses = Responses(("200", "The run", new OpenApiSchemaReference("RunView", document)), ("401", "Wrong or missing token", Detail()),
                ("404", "No such run of this flow", Detail())),
        });
        Add(document, "/api/v1/webhook/{flow}/runs/{run}/events", HttpMethod.Get, "Webhook", new OpenApiOperation
        {
            OperationId = "followWebhookRun",
            Summary = "A webhook's run, as it goes (server-sent events)",
            Parameters = [flow, run, token, Parameter("Last-Event-ID", ParameterLocation.Header, "Go on after this event")],
            Responses = Responses(("200", "Events until the run has ended", null), ("204", "Nothing is left to tell", null),
                ("401", "Wrong or missing token", Detail()), ("404", "No such run of this flow", Detail())),
        });
    }

    static void AddBins(OpenApiDocument document)
    {
        var bin = Parameter("name", ParameterLocation.Path, "1 to 64 letters, digits, _ and -");
        foreach (var path in new[] { "/bin/{name}", "/bin/{name}/{rest}" })
        {
            var below = path.EndsWith("{rest}", StringComparison.Ordinal);
            foreach (var method in CaughtMethods)
            {
                Add(document, path, HttpMethod.Parse(method), "Bins", new OpenApiOperation
                {
                    OperationId = $"catch{method}{(below ? "Below" : "")}",
                    Summary = "Send a request to a bin",
                    Description = "A bin keeps the last 100 requests, any method, any path under it, for /v1/bins/{name} and the page /bins/{name}. Values " +
                        "of credentials are not kept.",
                    Parameters = below ? [bin, Parameter("rest", ParameterLocation.Path, "Anything")] : [bin],
                    Responses = Responses(("200", "Kept", Object(("ok", JsonSchemaType.Boolean), ("id", JsonSchemaType.String)))),
                });
            }
        }
    }

    static void Add(OpenApiDocument document, string path, HttpMethod method, string tag, OpenApiOperation operation)
    {
        operation.Tags = new HashSet<OpenApiTagReference> { new(tag, document) };
        operation.Security = [];
        document.Tags ??= new HashSet<OpenApiTag>();
        if (!document.Tags.Any(t => t.Name == tag))
            document.Tags.Add(new OpenApiTag { Name = tag });
        if (!document.Paths.TryGetValue(path, out var item))
            document.Paths[path] = item = new OpenApiPathItem();
        ((OpenApiPathItem)item).AddOperation(method, operation);
    }

    static OpenApiParameter Parameter(string name, ParameterLocation place, string? description) =>
        new()
        {
            Name = name,
            In = place,
            Required = place is ParameterLocation.Path,
            Description = description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        };

    static OpenApiResponses Responses(params ReadOnlySpan<(string Status, string Description, IOpenApiSchema? Schema)> all)
    {
        var responses = new OpenApiResponses();
        foreach (var (status, description, schema) in all)
            responses[status] = new OpenApiResponse { Description = description, Content = schema is null ? null : Json(schema) };
        return responses;
    }

    static Dictionary<string, OpenApiMediaType> Json(IOpenApiSchema schema) =>
        new(StringComparer.Ordinal) { ["application/json"] = new OpenApiMediaType { Schema = schema } };

    static OpenApiSchema Detail() => Object(("detail", JsonSchemaType.String));

    static OpenApiSchema Failed() => Object(("detail", JsonSchemaType.String), ("run_id", JsonSchemaType.String), ("status", JsonSchemaType.String),
        ("error", JsonSchemaType.Object));

    static OpenApiSchema Accepted() => Object(
        ("message", JsonSchemaType.String),
        ("status", JsonSchemaType.String),
        ("task_id", JsonSchemaType.String),
        ("run_id", JsonSchemaType.String),
        ("status_url", JsonSchemaType.String),
        ("events_url", JsonSchemaType.String));

    static OpenApiSchema Object(params ReadOnlySpan<(string Name, JsonSchemaType Type)> all)
    {
        var properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        foreach (var (name, type) in all)
            properties[name] = new OpenApiSchema { Type = type };
        return new OpenApiSchema { Type = JsonSchemaType.Object, Properties = properties };
    }
}
