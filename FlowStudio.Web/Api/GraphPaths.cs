namespace FlowStudio.Web.Api;

/// <summary>Which requests are LangGraph's: its paths lie at the root, some of them beside the studio's pages.</summary>
static class GraphPaths
{
    const string Mount = "/langgraph";

    /// <summary>Whether LangGraph's dialect answers: of <c>/runs</c>, what is no page.</summary>
    public static bool Has(string method, PathString path)
    {
        if (path.Value is not { Length: > 2 } text)
            return false;
        if (text is "/ok" or "/info")
            return true;
        if (Under(path, "/assistants") || Under(path, "/threads") || Under(path, "/thread") || Under(path, Mount))
            return true;
        if (!Under(path, "/runs"))
            return false;
        return !(HttpMethods.IsGet(method) || HttpMethods.IsHead(method)) || text.StartsWith("/runs/crons", StringComparison.Ordinal)
            || text.EndsWith("/stream", StringComparison.Ordinal) || text.EndsWith("/join", StringComparison.Ordinal);
    }

    static bool Under(PathString path, string prefix) => path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The same dialect also answers under <c>/langgraph</c>, and where its guide writes <c>/thread/…</c>. Goes before routing: each path has one route.
    /// </summary>
    public static void UseGraphPaths(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        var request = context.Request;
        if (request.Path.Value is not ['/', 'l' or 'L' or 't' or 'T', ..])
            return next(context);
        if (request.Path.StartsWithSegments(Mount, StringComparison.OrdinalIgnoreCase, out var rest) && Has(request.Method, rest))
        {
            request.PathBase = request.PathBase.Add(Mount);
            request.Path = rest;
        }
        if (request.Path.StartsWithSegments("/thread", StringComparison.OrdinalIgnoreCase, out var below) && below.HasValue)
            request.Path = "/threads" + below;
        return next(context);
    });
}
