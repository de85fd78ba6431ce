using System.Globalization;
using System.Text.Json.Serialization;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Queueing;
using FlowStudio.Engine.Storage.Sqlite;
using FlowStudio.Web.Api.Json;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Telemetry;

/// <summary>How the server is.</summary>
/// <param name="Status"><c>live</c>; or <c>ready</c>, <c>draining</c>, <c>unavailable</c>.</param>
/// <param name="Reason">Why it is not ready.</param>
sealed record HealthView(
    string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Version = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DatabaseView? Database = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] QueueView? Queue = null);

/// <summary>The database in use.</summary>
/// <param name="Source"><c>bundled</c> or <c>system</c>.</param>
/// <param name="Synchronous">SQLite's setting on the writing connection: <c>full</c> means that what is acknowledged survives a power cut.</param>
sealed record DatabaseView(string Engine, string Version, string Source, string? Synchronous);

/// <summary>The queue of runs.</summary>
/// <param name="Waiting">Runs that wait for their turn.</param>
sealed record QueueView(int Waiting);

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: it takes runs, and the database can write them.</summary>
sealed class Health(IWriteLane lane, IngressGate gate, IRunQueue queue, StudioAccess access, IHostApplicationLifetime lifetime, TimeProvider time)
{
    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var health = routes.ServiceProvider.GetRequiredService<Health>();
        routes.MapGet("/health/live", (CancellationToken _) => TypedResults.Ok(new HealthView("live"))).Access(AccessRule.Open)
            .WithTags("Health").WithSummary("Whether the process answers");
        routes.MapGet("/health/ready", health.ReadyAsync).Access(AccessRule.Open)
            .WithTags("Health").WithSummary("Whether the server takes runs")
                .WithDescription("503 while it stops, or while the database cannot write. Details for those who may use the API.")
            .Produces<HealthView>(200).Produces<HealthView>(503);
    }

    async Task ReadyAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var view = await SeeAsync(cancellationToken);
        if (!access.MayEnter(context) && !access.MayUseApi(context))
            view = new(view.Status);
        context.Response.StatusCode = view.Status is "ready" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(view, ApiJson.Relaxed.HealthView, contentType: null, cancellationToken);
    }

    /// <summary>How the server is, with all its details.</summary>
    public async Task<HealthView> SeeAsync(CancellationToken cancellationToken)
    {
        var (synchronous, broken) = await AskAsync(cancellationToken);
        var closed = lifetime.ApplicationStopping.IsCancellationRequested ? "The server is stopping." : gate.ClosedBecause;
        var (status, reason) = broken is not null ? ("unavailable", broken) : closed is not null ? ("draining", closed) : ("ready", null);
        return new(status, reason, StartReport.Version, new("SQLite", SqliteBridge.Version, SqliteBridge.Source, synchronous), new(queue.Count));
    }

    /// <summary>Takes a turn in the write lane: when that works, runs can be accepted.</summary>
    async Task<(string? Synchronous, string? Broken)> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            var level = await lane.RunAsync(
                static (connection, transaction) =>
                {
                    using var command = connection.CreateCommand();
                    command.Transaction = transaction;
                    command.CommandText = "PRAGMA synchronous";
                    return Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
                },
                cancellationToken).WaitAsync(Patience, time, cancellationToken);
            return (level switch { 0 => "off", 1 => "normal", 2 => "full", _ => "extra" }, null);
        }
        catch (StorageException e)
        {
            return (null, e.Message);
        }
        catch (TimeoutException)
        {
            return (null, "The database is busy: writing takes longer than a moment.");
        }
    }
}
