using FlowStudio.Web.Security;
using Microsoft.AspNetCore.Routing.Template;

namespace FlowStudio.Web.Api;

/// <summary>Under a dialect's prefix, unknown paths and wrong methods get that dialect's error body.</summary>
static class Fallbacks
{
    public static void Map(IEndpointRouteBuilder routes, string prefix, AccessRule rule = AccessRule.Open)
    {
        // At the first use, when all is mapped; once, as there are hundreds.
        var sources = routes.DataSources;
        var known = new Lazy<IReadOnlyList<KnownRoute>>(() => Known(sources));
        routes.Map(prefix + "/{**rest}", context => AnswerAsync(context, known.Value)).Access(rule).WithMetadata(new Marker()).ExcludeFromDescription();
    }

    static Task AnswerAsync(HttpContext context, IReadOnlyList<KnownRoute> routes)
    {
        var methods = routes.Where(r => r.Template.TryMatch(context.Request.Path, [])).SelectMany(r => r.Methods)
            .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal).ToArray();
        // Then it was not the method: a parameter has not the form that the route asks for.
        if (methods.Contains(context.Request.Method, StringComparer.OrdinalIgnoreCase))
            methods = [];
        var plain = ErrorAnswers.IsPlain(context.Request);
        if (methods.Length == 0 && !plain && !ErrorAnswers.IsApi(context.Request.Path)
            && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            // Left without a body: the studio shows its own page for it.
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        if (methods.Length == 0)
            return ErrorAnswers.WriteAsync(context, StatusCodes.Status404NotFound, "not_found", plain
                ? "Not Found" : "There is nothing at this path. See /docs for what there is.");
        context.Response.Headers.Allow = string.Join(", ", methods);
        return ErrorAnswers.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "method_not_allowed",
            plain ? "Method Not Allowed" : $"This path answers to {string.Join(", ", methods)}, not to {context.Request.Method}.");
    }

    static IReadOnlyList<KnownRoute> Known(ICollection<EndpointDataSource> sources) =>
    [
        .. sources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<Marker>() is null && e.Metadata.GetMetadata<IHttpMethodMetadata>() is not null && e.RoutePattern.RawText?.TrimStart('/').StartsWith("{**", StringComparison.Ordinal) == false)
            .Select(e => new KnownRoute(new TemplateMatcher(TemplateParser.Parse(e.RoutePattern.RawText?.TrimStart('/') ?? ""), []), e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])),
    ];

    sealed record KnownRoute(TemplateMatcher Template, IReadOnlyList<string> Methods);

    /// <summary>Tells fallbacks from routes.</summary>
    internal sealed class Marker;
}
