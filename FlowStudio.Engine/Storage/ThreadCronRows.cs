using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using FlowStudio.Engine.Threads;
using Microsoft.EntityFrameworkCore;

namespace FlowStudio.Engine.Storage;

/// <inheritdoc/>
sealed class ThreadCronRows(SqliteConnections connections, IWriteLane lane) : IThreadCronRows
{
    public async Task<ThreadCron?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        return await db.ThreadCrons.FirstOrDefaultAsync(c => c.Id == id, cancellationToken) is { } row ? Read(row) : null;
    }

    public async Task<IReadOnlyList<ThreadCron>> ListAsync(Guid? threadId, CancellationToken cancellationToken)
    {
        await using var db = connections.Read();
        IQueryable<ThreadCronRow> rows = db.ThreadCrons;
        if (threadId is { } thread)
            rows = rows.Where(c => c.ThreadId == thread);
        return (await rows.OrderByDescending(c => c.Id).ToListAsync(cancellationToken)).ConvertAll(Read);
    }

    public Task SaveAsync(ThreadCron cron, CancellationToken cancellationToken) => lane.WriteAsync(
        db =>
        {
            db.ThreadCrons.Where(c => c.Id == cron.Id).ExecuteDelete();
            db.ThreadCrons.Add(Row(cron));
            return db.SaveChanges();
        },
        cancellationToken);

    public Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken) => lane.WriteAsync(db => db.ThreadCrons.Where(c => c.Id == id).ExecuteDelete() > 0, cancellationToken);

    static ThreadCron Read(ThreadCronRow row) => new()
    {
        Id = row.Id,
        FlowId = row.FlowId,
        AssistantId = row.AssistantId ?? row.FlowId,
        Presets = row.Presets is null ? null : ThreadMapping.Json(row.Presets),
        Stops = ThreadMapping.Stops(row.Stops),
        ThreadId = row.ThreadId,
        Keep = row.Keep,
        Strategy = ThreadNames.Strategy(row.Strategy) ?? MultitaskStrategy.Enqueue,
        Request = ThreadMapping.Json(row.Request),
        Callback = row.WebhookUrl is { } url ? new(url, CallbackSource.Schedule, row.WebhookKind ?? CallbackTarget.NativeKind) : null,
        RunMetadata = ThreadMapping.Json(row.RunMetadata),
        ThreadMetadata = ThreadMapping.Json(row.ThreadMetadata),
        Metadata = ThreadMapping.Json(row.Metadata),
        Payload = ThreadMapping.Json(row.Payload),
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
    };

    static ThreadCronRow Row(ThreadCron cron) => new()
    {
        Id = cron.Id,
        FlowId = cron.FlowId,
        AssistantId = cron.AssistantId,
        Presets = cron.Presets?.GetRawText(),
        Stops = ThreadMapping.Stops(cron.Stops),
        ThreadId = cron.ThreadId,
        Keep = cron.Keep,
        Strategy = ThreadNames.Of(cron.Strategy),
        Request = cron.Request.GetRawText(),
        WebhookUrl = cron.Callback?.Url,
        WebhookKind = cron.Callback?.Kind,
        RunMetadata = cron.RunMetadata.GetRawText(),
        ThreadMetadata = cron.ThreadMetadata.GetRawText(),
        Metadata = cron.Metadata.GetRawText(),
        Payload = cron.Payload.GetRawText(),
        CreatedAt = cron.CreatedAt,
        UpdatedAt = cron.UpdatedAt,
    };
}
