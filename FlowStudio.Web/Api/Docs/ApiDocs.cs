using FlowStudio.Web.Api.Json;
using FlowStudio.Web.Api.Native;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OpenApi;

namespace FlowStudio.Web.Api.Docs;

/// <summary><c>/openapi/v1.json</c>, and <c>/docs</c>, which shows it.</summary>
static class ApiDocs
{
    const string Page = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>API – FlowStudio</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="/docs/swagger-ui.css">
        </head>
        <body>
        <div id="docs"></div>
        <script src="/docs/swagger-ui-bundle.js"></script>
        <script src="/docs/init.js"></script>
        </body>
        </html>
        """;

    public static void AddApiDocs(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer<DocumentFacts>();
        options.AddOperationTransformer(async (operation, context, cancellationToken) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<FileBody>().Any())
                operation.RequestBody = FileForm();
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<JsonBodyType>().FirstOrDefault() is not { } body)
                return;
            var schema = await context.GetOrCreateSchemaAsync(body.Type, parameterDescription: null, cancellationToken);
            operation.RequestBody = new OpenApiRequestBody
            {
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/json"] = new() { Schema = schema } },
            };
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            // Their converters hide what they are.
            if (context.JsonTypeInfo.Type == typeof(DateTimeOffset) || context.JsonTypeInfo.Type == typeof(DateTimeOffset?))
            {
                schema.Type = context.JsonTypeInfo.Type == typeof(DateTimeOffset) ? JsonSchemaType.String : JsonSchemaType.String | JsonSchemaType.Null;
                schema.Format = "date-time";
            }
            return Task.CompletedTask;
        });
    });

    static OpenApiRequestBody FileForm() => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
        {
            ["multipart/form-data"] = new()
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
                    {
                        ["file"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
                    },
                },
            },
        },
    };

    public static void MapApiDocs(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi("/openapi/{documentName}.json").Access(AccessRule.Api);
        routes.MapGet("/docs/clients", (HttpRequest request, WebOptions options) => new RazorComponentResult<ClientsPage>(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [nameof(ClientsPage.Call)] = ClientsPage.Example(options.PublicUrl.Length > 0 ? options.PublicUrl : $"{request.Scheme}://{request.Host}", options.Access.AsksForKey),
        })).Access(AccessRule.Page).ExcludeFromDescription();
        routes.MapGet("/docs", (CancellationToken _) => TypedResults.Text(Page, "text/html; charset=utf-8")).Access(AccessRule.Page).ExcludeFromDescription();
    }
}
