using System.ComponentModel;
using FlowStudio.Engine.Bins;
using FlowStudio.Web.Bins;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlowStudio.Web.Api.Native;

/// <summary><c>/v1/bins</c>: what the request bins caught.</summary>
static class BinsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var bins = api.ServiceProvider.GetRequiredService<IBinStore>();
        var group = api.MapGroup("/bins").WithTags("Bins");
        group.MapGet("", async (CancellationToken cancellationToken) =>
            TypedResults.Ok(new ListOf<BinView>([.. (await bins.BinsAsync(cancellationToken)).Select(BinView.Of)])))
            .WithSummary("List request bins").WithDescription("The one that caught something last first.");
        group.MapGet("/{name}", async Task<Ok<ListOf<BinRequestView>>> (string name, [Description("1 to 200; default 50")] string? limit,
            CancellationToken cancellationToken) =>
            TypedResults.Ok(new ListOf<BinRequestView>([.. (await bins.ListAsync(Checked(name), Paging.Limit(limit), cancellationToken))
                .Select(BinRequestView.Of)])))
            .WithSummary("What a bin caught").WithDescription("Newest first, 100 at most. A bin that caught nothing is empty.").Errors(400);
        group.MapDelete("/{name}", async (string name, CancellationToken cancellationToken) =>
        {
            await bins.ClearAsync(Checked(name), cancellationToken);
            return TypedResults.NoContent();
        }).WithSummary("Empty a bin").Errors(400);
    }

    static string Checked(string name) => BinNames.IsName(name) ? name : throw ApiException.BadRequest("invalid_bin_name", BinNames.Rule);
}
