using FlowStudio.Engine.Journal;
using Microsoft.EntityFrameworkCore;

namespace FlowStudio.Engine.Storage;

/// <summary>EF Core in the write lane.</summary>
static class LaneContext
{
    /// <summary>
    /// Runs <paramref name="work"/> with a tracking context on the lane's connection, inside its transaction. The lane is held meanwhile: use
    /// the synchronous calls, and prepare (parse, hash, serialise) before.
    /// </summary>
    /// <inheritdoc cref="IWriteLane.RunAsync"/>
    public static Task<T> WriteAsync<T>(this IWriteLane lane, Func<StudioDbContext, T> work, CancellationToken cancellationToken) =>
        lane.RunAsync(
            (connection, transaction) =>
            {
                using var context = new StudioDbContext(new DbContextOptionsBuilder<StudioDbContext>().UseSqlite(connection).Options);
                context.Database.UseTransaction(transaction);
                context.Database.AutoSavepointsEnabled = false;
                return work(context);
            },
            cancellationToken);
}
